/**
 * Measures the guard from both sides: text that nobody said is planted into real recordings, by a recognition server that
 * is told to, and should not be shown; what was really said should not be accused.
 *
 *     npm run bench:hallucinations -- [FOLDER with manifest.jsonl] [--limit N] [--kind NAME] [--missed]
 *
 * Without a folder, ../shared/speech is taken where it is there, else Debian's pocketsphinx-testdata and made noise.
 */
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { createLog } from "../server/src/observe/log.ts";
import { startOpenAiEngine } from "../server/src/speech/openai.ts";
import type { SpeechEngine } from "../server/src/speech/recogniser.ts";
import { testModels } from "../server/test/models.ts";
import { manifestFolder } from "./lib/folders.ts";
import { collectionOf, type Item } from "./lib/hallucinations/collection.ts";
import { Liar } from "./lib/hallucinations/liar.ts";
import { type Lane, measureRecording, type Measured } from "./lib/hallucinations/measure.ts";
import { reportOf } from "./lib/hallucinations/report.ts";
import { withEngine } from "./lib/with-engine.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    limit: { type: "string", default: "1000000" },
    kind: { type: "string" },
    missed: { type: "boolean", default: false },
  },
});

const collection = await collectionOf(manifestFolder(positionals[0]), Number(values.limit));
const workers = String(availableParallelism());
await withEngine({ model: "moonshine-base", workers }, (ears) => measure(collection, ears));

/** @param ears what is really said */
async function measure(items: readonly Item[], ears: SpeechEngine): Promise<void> {
  const modelsDir = await testModels();
  const log = createLog("warn");
  const engines: SpeechEngine[] = [];
  try {
    await using liar = await Liar.start(ears);
    const queue = items.entries();
    const measured: Measured[] = [];
    const run = async (_: unknown, lane: number): Promise<void> => {
      const name = `lane ${lane}`;
      const server = { url: liar.server.url, apiKey: null, model: name };
      const engine = await startOpenAiEngine({
        server,
        languages: ["en"],
        calls: 2,
        modelsDir,
        workers: 1,
        log,
      });
      engines.push(engine);
      const own: Lane = { name, engine, liar, kind: values.kind ?? null };
      for (const [index, item] of queue) measured.push(...(await measureRecording(item, index, own)));
    };
    await Promise.all(Array.from({ length: ears.workers }, run));
    console.log(reportOf(measured, { showMissed: values.missed }));
  } finally {
    for (const engine of engines) await engine.close();
  }
}
