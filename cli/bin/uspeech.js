#!/usr/bin/env node
// Starts the program on the Node it is written for. Plain JavaScript, so that it runs on any Node from 20.19 on.
import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import { constants } from "node:os";
import { fileURLToPath } from "node:url";

const NODE_MAJOR_MIN = 24;
const main = new URL("../src/main.ts", import.meta.url);

if (Number.parseInt(process.versions.node, 10) >= NODE_MAJOR_MIN) await import(main.href);
else startOn(bundledNode());

/** The Node that npm installed with the project; undefined where there is none for this machine. */
function bundledNode() {
  try {
    return createRequire(import.meta.url).resolve(`node-${process.platform}-${process.arch}/bin/node`);
  } catch {
    return undefined;
  }
}

function startOn(node) {
  if (node === undefined) {
    process.stderr.write(
      `uspeech runs on Node ${NODE_MAJOR_MIN} or newer, and this is Node ${process.versions.node}. ` +
        "On Linux with x64 or arm64, script/bootstrap brings the right one; elsewhere install it from https://nodejs.org.\n",
    );
    process.exit(1);
  }
  const child = spawn(node, [fileURLToPath(main), ...process.argv.slice(2)], { stdio: "inherit" });
  passSignalsTo(child);
  child.on("error", (error) => {
    process.stderr.write(
      `uspeech could not start ${node}: ${error.message}. Run script/bootstrap to install it anew.\n`,
    );
    process.exit(1);
  });
  child.on("exit", endAs);
}

/** Ctrl-C reaches the child from the terminal itself; a second one from here would cut its orderly stop short. */
function passSignalsTo(child) {
  process.on("SIGINT", () => process.stdin.isTTY || child.kill("SIGINT"));
  for (const signal of ["SIGTERM", "SIGHUP", "SIGUSR2"]) process.on(signal, () => child.kill(signal));
}

/** Ends as the child did: with its code, or by the same signal. */
function endAs(code, signal) {
  if (signal === null) process.exit(code);
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
  // Signals that Node keeps to itself do not end a process that way; a shell would report this code.
  process.exitCode = 128 + constants.signals[signal];
}
