/** The speech engine of a benchmark. */
import { availableParallelism } from "node:os";
import type { ParseArgsConfig } from "node:util";
import { createLog } from "../../server/src/observe/log.ts";
import type { SpeechEngine } from "../../server/src/speech/recogniser.ts";
import { startSpeechEngine } from "../../server/src/speech/worker-pool.ts";
import { testModels } from "../../server/test/models.ts";

/** Options of the command line, as they are written there. */
export interface EngineOptions {
  model: string;
  /** Where the models are; those of the tests where not given. */
  "models-dir"?: string | undefined;
  workers: string;
}

/** What {@link EngineOptions} are on the command line, for `parseArgs`. */
export const ENGINE_OPTIONS = {
  model: { type: "string", default: "moonshine-base" },
  "models-dir": { type: "string" },
  workers: { type: "string", default: String(availableParallelism()) },
} as const satisfies ParseArgsConfig["options"];

/**
 * Starts an engine, uses it and closes it, whatever happens.
 *
 * @throws SpeechEngineError when the model cannot be loaded; what `use` throws
 */
export async function withEngine(
  options: EngineOptions,
  use: (engine: SpeechEngine) => Promise<void>,
): Promise<void> {
  const engine = await startSpeechEngine({
    modelsDir: options["models-dir"] ?? (await testModels()),
    model: options.model,
    workers: Number(options.workers),
    log: createLog("warn"),
  });
  try {
    await use(engine);
  } finally {
    await engine.close();
  }
}
