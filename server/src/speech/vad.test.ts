import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { testModels } from "../../test/models.ts";
import {
  AMIABLE,
  clipOf,
  COLD_HEARTED,
  DASHWOOD,
  joined,
  sentence,
  silence,
  temporaryFolder,
  writeSpool,
  YOUNG_MAN,
} from "../../test/spools.ts";
import { findModel } from "./models/catalogue.ts";
import { modelFile } from "./models/installed.ts";
import { SAMPLE_RATE_HZ, type Clip, type Detection, type SpeechSpan } from "./recogniser.ts";
import { VAD_SETTINGS, type VadSettings } from "./vad-settings.ts";
import { loadDetector, quietest, type Detector } from "./vad.ts";

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let detectorPath: string;
let detector: Detector;
/** Two sentences with a pause around each, some seconds apart. */
let conversation: Clip;

beforeAll(async () => {
  folder = await temporaryFolder();
  detectorPath = modelFile(await testModels(), findModel("silero-vad-v6"), "model");
  detector = loadDetector(detectorPath);
  conversation = clipOf(
    await writeSpool(
      folder.path,
      joined(silence(2), await sentence(YOUNG_MAN), silence(3), await sentence(AMIABLE), silence(2)),
    ),
  );
});

afterAll(() => folder[Symbol.asyncDispose]());

/** Detects from slice to slice until nothing is left. */
async function slices(detector: Detector, clip: Clip): Promise<Detection[]> {
  const found: Detection[] = [];
  for (let startSample = clip.startSample; startSample < clip.endSample;) {
    const detection = await detector.detect({ ...clip, startSample });
    expect(detection.nextSample).toBeGreaterThan(startSample);
    found.push(detection);
    startSample = detection.nextSample;
  }
  return found;
}

function sliced(seconds: Partial<VadSettings>): Detector {
  return loadDetector(detectorPath, { ...VAD_SETTINGS, ...seconds });
}

function secondsOf(spans: readonly SpeechSpan[]): number {
  return spans.reduce((sum, span) => sum + span.endSample - span.startSample, 0) / SAMPLE_RATE_HZ;
}

describe("detection", () => {
  test("finds each sentence where it is, in samples from the spool's start", async () => {
    const { spans, nextSample } = await detector.detect(conversation);
    expect(nextSample).toBe(conversation.endSample);
    const [first] = spans;
    const last = spans.at(-1);
    if (first === undefined || last === undefined) throw new Error("No speech was found.");
    expect(first.startSample / SAMPLE_RATE_HZ).toBeGreaterThan(1.9);
    expect(first.startSample / SAMPLE_RATE_HZ).toBeLessThan(2.6);
    const end = conversation.endSample / SAMPLE_RATE_HZ - 2;
    expect(last.endSample / SAMPLE_RATE_HZ).toBeGreaterThan(end - 0.6);
    expect(last.endSample / SAMPLE_RATE_HZ).toBeLessThan(end + 0.1);
    for (const [i, span] of spans.entries()) {
      expect(span.startSample).toBeGreaterThanOrEqual(spans[i - 1]?.endSample ?? 0);
      expect(span.endSample).toBeGreaterThan(span.startSample);
    }
  });

  test("counts from the spool's start for a clip that begins later", async () => {
    const { spans } = await detector.detect(conversation);
    const second = spans.find(({ startSample }) => startSample > 6.5 * SAMPLE_RATE_HZ);
    const later = await detector.detect({ ...conversation, startSample: 6.5 * SAMPLE_RATE_HZ });
    expect(Math.abs((later.spans[0]?.startSample ?? 0) - (second?.startSample ?? 0))).toBeLessThan(1_600);
  });

  test("finds nothing in silence, and nothing in a clip of one sample", async () => {
    const quiet = clipOf(await writeSpool(folder.path, silence(5)));
    expect(await detector.detect(quiet)).toEqual({ spans: [], nextSample: quiet.endSample });
    const sample = clipOf(await writeSpool(folder.path, silence(1 / SAMPLE_RATE_HZ)));
    expect(await detector.detect(sample)).toEqual({ spans: [], nextSample: 1 });
  });

  test("ends a last sentence that has no silence after it at the clip's end", async () => {
    const cut = (await sentence(COLD_HEARTED)).slice(0, 3 * SAMPLE_RATE_HZ);
    const clip = clipOf(await writeSpool(folder.path, joined(silence(1), cut)));
    const { spans } = await detector.detect(clip);
    const end = spans.at(-1)?.endSample ?? 0;
    expect(end).toBeLessThanOrEqual(clip.endSample);
    expect(end).toBeGreaterThan(clip.endSample - SAMPLE_RATE_HZ / 4);
  });

  test("hears what the gain makes loud enough", async () => {
    const faint = Int16Array.from(await sentence(DASHWOOD), (sample) => sample / 1_500);
    const clip = clipOf(await writeSpool(folder.path, faint));
    const heard = await detector.detect({ ...clip, gainDb: 60 });
    expect(secondsOf(heard.spans)).toBeGreaterThan(5);
    expect(secondsOf(heard.spans)).toBeGreaterThan(secondsOf((await detector.detect(clip)).spans));
  });
});

describe("slices", () => {
  test("end in pauses, and together give what one pass gives", async () => {
    const whole = await detector.detect(conversation);
    const parts = await slices(sliced({ sliceSeconds: 1 }), conversation);
    expect(parts.length).toBeGreaterThan(3);
    const spans = parts.flatMap((part) => part.spans);
    expect(spans).toHaveLength(whole.spans.length);
    for (const [i, span] of spans.entries()) {
      expect(Math.abs(span.startSample - (whole.spans[i]?.startSample ?? 0))).toBeLessThan(
        0.3 * SAMPLE_RATE_HZ,
      );
      expect(Math.abs(span.endSample - (whole.spans[i]?.endSample ?? 0))).toBeLessThan(0.1 * SAMPLE_RATE_HZ);
    }
    for (const { nextSample } of parts)
      for (const span of spans)
        expect(nextSample > span.startSample && nextSample < span.endSample).toBe(false);
  });

  test("are the same however often and in whatever order they are taken", async () => {
    const small = sliced({ sliceSeconds: 2 });
    const first = await slices(small, conversation);
    const starts = [conversation.startSample, ...first.map(({ nextSample }) => nextSample)].slice(0, -1);
    for (const [i, startSample] of [...starts.entries()].reverse())
      expect(await small.detect({ ...conversation, startSample })).toEqual(first[i]);
  });

  test("of speech that never pauses are cut, lose nothing, and stay short", async () => {
    const samples = (await sentence(DASHWOOD)).slice(0.4 * SAMPLE_RATE_HZ, 6.4 * SAMPLE_RATE_HZ);
    const clip = clipOf(await writeSpool(folder.path, joined(samples, samples, samples)));
    // Never a pause: none that short is seen, and no dip is looked for.
    const restless = sliced({
      silenceSecondsMin: 2,
      stretchSecondsMax: 4,
      stretchSecondsSoftMax: 100,
      cutSearchSeconds: 1,
    });
    const parts = await slices(restless, clip);
    const spans = parts.flatMap((part) => part.spans);
    expect(spans.length).toBeGreaterThan(3);
    for (const span of spans) expect(secondsOf([span])).toBeLessThan(4.6);
    expect(secondsOf(spans)).toBeGreaterThan((clip.endSample / SAMPLE_RATE_HZ) * 0.97);
  });
});

test("the quietest place is the middle of a dip, not a single quiet window", () => {
  expect(quietest([9, 9, 0, 9, 2, 2, 2, 9])).toBe(5);
  expect(quietest([5])).toBe(0);
});
