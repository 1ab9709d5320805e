/**
 * Measures what the program does with time and memory, as a process that is spoken to over HTTP on loopback.
 *
 *     npm run bench:speed -- pipeline [--length 5m] [--files 3] [--file-length 2m] [--rounds 2]
 *     npm run bench:speed -- eta [--length 5m]
 *     npm run bench:speed -- fairness [--length 5m] [--file-length 2m] [--files 3] [--rounds 2]
 *     npm run bench:speed -- memory [--lengths 2m,10m]
 *     npm run bench:speed -- upload [--gigabytes 0.5]
 *     npm run bench:speed -- api [--rows 1000] [--users 1] [--connections 16] [--rate 500] [--seconds 5]
 *
 * For all: [--model NAME] [--workers N] [--audio FILE] [--json FILE]. Without the name of a section, all of them.
 */
import { writeFile } from "node:fs/promises";
import { availableParallelism, cpus, totalmem } from "node:os";
import { parseArgs } from "node:util";
import { measureApi } from "./lib/speed/api.ts";
import { measureEta } from "./lib/speed/eta.ts";
import { measureFairness } from "./lib/speed/fairness.ts";
import { measureMemory } from "./lib/speed/memory.ts";
import { measurePipeline } from "./lib/speed/pipeline.ts";
import { shown, type Measured } from "./lib/speed/table.ts";
import { secondsIn } from "./lib/speed/units.ts";
import { measureUpload } from "./lib/speed/upload.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    length: { type: "string", default: "5m" },
    files: { type: "string", default: "3" },
    "file-length": { type: "string", default: "2m" },
    rounds: { type: "string", default: "2" },
    lengths: { type: "string", default: "2m,10m" },
    gigabytes: { type: "string", default: "0.5" },
    rows: { type: "string", default: "1000" },
    users: { type: "string", default: "1" },
    connections: { type: "string", default: "16" },
    rate: { type: "string", default: "500" },
    seconds: { type: "string", default: "5" },
    model: { type: "string", default: "moonshine-base" },
    workers: { type: "string", default: String(availableParallelism()) },
    audio: { type: "string" },
    json: { type: "string" },
  },
});

const { model, audio } = values;
const workers = Number(values.workers);

const SECTIONS: Record<string, () => Promise<Measured>> = {
  pipeline: () =>
    measurePipeline({
      model,
      workers,
      audio,
      seconds: secondsIn(values.length),
      files: Number(values.files),
      fileSeconds: secondsIn(values["file-length"]),
      rounds: Number(values.rounds),
    }),
  eta: () => measureEta({ model, workers, audio, seconds: secondsIn(values.length) }),
  fairness: () =>
    measureFairness({
      model,
      workers,
      audio,
      longSeconds: secondsIn(values.length),
      shortSeconds: secondsIn(values["file-length"]),
      files: Number(values.files),
      rounds: Number(values.rounds),
    }),
  memory: () =>
    measureMemory({ model, workers, audio, lengthsSeconds: values.lengths.split(",").map(secondsIn) }),
  upload: () => measureUpload({ model, sizeBytes: Number(values.gigabytes) * 1e9 }),
  api: () =>
    measureApi({
      model,
      audio,
      rows: Number(values.rows),
      users: Number(values.users),
      connections: Number(values.connections),
      seconds: Number(values.seconds),
      ratePerSecond: Number(values.rate),
      recordingSeconds: 30,
    }),
};

await main(positionals.length > 0 ? positionals : Object.keys(SECTIONS));

async function main(names: readonly string[]): Promise<void> {
  const measured: Measured[] = [];
  const machine = `${cpus()[0]?.model ?? "unknown processor"}, ${availableParallelism()} processors, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}`;
  console.log(machine);
  for (const name of names) {
    const section = SECTIONS[name];
    if (!section)
      throw new Error(`There is no section "${name}". There are: ${Object.keys(SECTIONS).join(", ")}.`);
    const result = await section();
    console.log(shown(result));
    measured.push(result);
  }
  if (values.json !== undefined)
    await writeFile(
      values.json,
      JSON.stringify(
        measured.map(({ title, figures }) => ({ title, figures })),
        null,
        1,
      ),
    );
}
