/** What the machine can do at most: bare sherpa-onnx in as many processes as the product has workers. */
import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import type { RecognizerConfig } from "sherpa-onnx-node";
import { findRecogniser, type FileRole } from "../../../server/src/speech/models/catalogue.ts";
import { modelFile } from "../../../server/src/speech/models/installed.ts";
import { SAMPLE_RATE_HZ, type Clip } from "../../../server/src/speech/recogniser.ts";
import { SHERPA_FAMILIES } from "../../../server/src/speech/sherpa-families.ts";
import { testModels } from "../../../server/test/models.ts";
import { cpuSeconds } from "./process-tree.ts";
import { endWithUs } from "../temporary.ts";

const PROGRAM = path.join(import.meta.dirname, "bare-process.ts");

export interface BareOptions {
  model: string;
  workers: number;
  /** The model as it is published, or as the program prepares it. */
  files: "published" | "prepared";
}

export class BareSherpa {
  readonly #processes: ChildProcess[];

  /** Starts the processes and waits until they have loaded the model. */
  static async start(options: BareOptions): Promise<BareSherpa> {
    const config = JSON.stringify(await configOf(options));
    const processes = Array.from({ length: options.workers }, () =>
      endWithUs(fork(PROGRAM, [config], { serialization: "advanced", execArgv: [] })),
    );
    await Promise.all(processes.map(answer));
    return new BareSherpa(processes);
  }

  private constructor(processes: ChildProcess[]) {
    this.#processes = processes;
  }

  /** Recognises clips, each process taking the next one when it is done. @returns their texts, in the clips' order */
  async recognise(clips: readonly Clip[]): Promise<string[]> {
    const texts: string[] = [];
    const left = clips.entries();
    await Promise.all(
      this.#processes.map(async (child) => {
        for (const [index, clip] of left) {
          child.send(clip);
          texts[index] = await answer(child);
        }
      }),
    );
    return texts;
  }

  /** Processor time so far. */
  async cpuSeconds(): Promise<number> {
    const seconds = await Promise.all(this.#processes.map(({ pid }) => cpuSeconds(pid ?? 0)));
    return seconds.reduce((sum, one) => sum + one, 0);
  }

  close(): void {
    for (const child of this.#processes) child.disconnect();
  }
}

async function configOf({ model, files }: BareOptions): Promise<RecognizerConfig> {
  const modelsDir = await testModels();
  const entry = findRecogniser(model);
  const decoder = files === "published" ? "published-decoder" : "merged-decoder";
  const file = (role: FileRole): string =>
    modelFile(modelsDir, entry, role === "merged-decoder" ? decoder : role);
  return {
    featConfig: { sampleRate: SAMPLE_RATE_HZ, featureDim: 80 },
    modelConfig: {
      ...SHERPA_FAMILIES[entry.family].config(file, null),
      tokens: file("tokens"),
      numThreads: 1,
      provider: "cpu",
      debug: 0,
    },
  };
}

/** @throws Error when the process ends instead */
async function answer(child: ChildProcess): Promise<string> {
  const ended = new AbortController();
  const [text] = await Promise.race([
    once(child, "message", { signal: ended.signal }),
    once(child, "exit", { signal: ended.signal }).then(() => {
      throw new Error("A process of bare sherpa-onnx ended.");
    }),
  ]).finally(() => ended.abort());
  return String(text);
}
