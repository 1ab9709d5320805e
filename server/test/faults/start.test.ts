import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ROOT } from "../sources.ts";
import { dataFolder, startServer, TEST_MODEL } from "../harness.ts";

test("a port that is in use ends the start with a sentence, and what was made is shown all the same", async () => {
  const { admin } = await startServer({ roles: ["api"] });
  const child = spawn(process.execPath, [join(ROOT, "cli/src/main.ts"), "serve"], {
    env: {
      ...process.env,
      USPEECH_PORT: new URL(admin.baseUrl).port,
      USPEECH_DATA_DIR: await dataFolder(),
      USPEECH_MODEL: TEST_MODEL,
      USPEECH_WORKERS: "1",
    },
    stdio: ["ignore", "ignore", "pipe"],
  });
  const exit = new Promise((resolve) => child.once("exit", resolve));
  const said = await text(child.stderr);
  expect(await exit).toBe(1);
  expect(said).toMatch(/uspeech: Port \d+ on 127\.0\.0\.1 is in use\./);
  expect(said).toMatch(/API key {4}\w+\.\w+/);
});
