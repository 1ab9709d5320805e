/**
 * A worker: one process that holds the models and answers one call after the other. Native code may crash or hang here
 * without harm to anything else. Started by `worker-child.ts` alone.
 */
import { alignWords } from "../alignment/align.ts";
import { LIMITS } from "../config/limits.ts";
import { readClip } from "../media/samples.ts";
import { SAMPLE_RATE_HZ, type Clip, type Recogniser } from "./recogniser.ts";
import { loadSherpa } from "./sherpa.ts";
import { loadDetector, type Detector } from "./vad.ts";
import type { Answer, Report, Request, WorkerModels } from "./worker-messages.ts";

// Never outlives its parent, not even one that was killed. No clean exit: a native thread may be at work.
process.on("disconnect", () => process.kill(process.pid, "SIGKILL"));
// A signal to the whole group is the parent's to act upon: it lets calls end before it ends the workers.
process.on("SIGINT", () => undefined);
process.on("SIGTERM", () => undefined);

/** Native streams are freed by the collector alone, which does not see their size. */
class Collector {
  #heardSamples = 0;

  heard(clip: Clip): void {
    this.#heardSamples += clip.endSample - clip.startSample;
    if (this.#heardSamples < LIMITS.speech.collectSeconds * SAMPLE_RATE_HZ) return;
    this.#heardSamples = 0;
    globalThis.gc?.();
  }
}

await serve(modelsOf(process.argv[2]));

/** The argument is written by `worker-child.ts`, from the same source. */
function modelsOf(argument: string | undefined): WorkerModels {
  if (argument === undefined || process.send === undefined)
    throw new Error("This is a part of the server, not a program: it is started by the speech engine.");
  return JSON.parse(argument);
}

async function serve(models: WorkerModels): Promise<void> {
  let recogniser: Recogniser | null;
  let detector: Detector;
  try {
    detector = loadDetector(models.detectorPath);
    recogniser = models.recogniser === null ? null : await loadSherpa(models.recogniser);
  } catch (error) {
    report({ kind: "unloadable", message: messageOf(error) });
    return;
  }
  const collector = new Collector();
  const serveOne = async (request: Request): Promise<void> => {
    report(await answer(request, recogniser, detector));
    collector.heard(request.clip);
  };
  process.on("message", (request: Request) => void serveOne(request));
  report({ kind: "ready", residentBytes: process.memoryUsage.rss() });
}

async function answer(request: Request, recogniser: Recogniser | null, detector: Detector): Promise<Report> {
  const { id } = request;
  try {
    const answer = await work(request, recogniser, detector);
    return { kind: "answered", id, answer, residentBytes: process.memoryUsage.rss() };
  } catch (error) {
    return { kind: "refused", id, message: messageOf(error) };
  }
}

async function work(request: Request, recogniser: Recogniser | null, detector: Detector): Promise<Answer> {
  if (request.kind === "detect") return { kind: "detected", detection: await detector.detect(request.clip) };
  if (request.kind === "align")
    return { kind: "aligned", words: alignWords(await readClip(request.clip), request.words) };
  if (recogniser === null) throw new Error("This worker finds speech and does not recognise it.");
  const samples = await readClip(request.clip);
  return { kind: "recognised", recognition: await recogniser.recognise(samples, request.options) };
}

function report(report: Report): void {
  process.send?.(report);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
