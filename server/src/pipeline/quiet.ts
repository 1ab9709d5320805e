/** Where speech without a pause can be cut with the least harm. */
import { readClip } from "../media/samples.ts";
import { SAMPLE_RATE_HZ, type Clip, type SpeechSpan } from "../speech/recogniser.ts";

/** 20 ms: two periods of a deep voice. */
const FRAME = SAMPLE_RATE_HZ / 50;

/** A gap between words or within a stop takes about 0.1 s. */
const FRAMES_AROUND = 2;

/**
 * The sample in the middle of the quietest 0.1 s of a clip; its middle where it is shorter than that.
 *
 * @throws Error when the spool cannot be read
 */
export async function quietestSample(clip: Clip): Promise<number> {
  const energies = energiesOf(await readClip(clip));
  let best = Math.floor(energies.length / 2);
  let least = Infinity;
  for (let i = FRAMES_AROUND; i < energies.length - FRAMES_AROUND; i += 1) {
    const around = energies.slice(i - FRAMES_AROUND, i + FRAMES_AROUND + 1);
    const energy = around.reduce((sum, value) => sum + value, 0);
    if (energy < least) [least, best] = [energy, i];
  }
  return Math.min(clip.startSample + Math.round((best + 0.5) * FRAME), clip.endSample);
}

function energiesOf(samples: Float32Array): number[] {
  const energies: number[] = [];
  for (let at = 0; at + FRAME <= samples.length; at += FRAME) {
    let sum = 0;
    for (const sample of samples.subarray(at, at + FRAME)) sum += sample * sample;
    energies.push(sum);
  }
  return energies;
}

/** How much of a span's end or beginning is searched for a quiet place. */
const SEARCHED_SHARE = 0.25;

/** Halves a span near its middle, where it is quietest. */
export async function halve(clip: Clip, span: SpeechSpan): Promise<[SpeechSpan, SpeechSpan]> {
  const length = span.endSample - span.startSample;
  const reach = Math.floor((length * SEARCHED_SHARE) / 2);
  const middle = span.startSample + Math.floor(length / 2);
  const cut = await quietestSample({ ...clip, startSample: middle - reach, endSample: middle + reach });
  return [
    { startSample: span.startSample, endSample: cut },
    { startSample: cut, endSample: span.endSample },
  ];
}

/** Spans none of which is longer than a bound: longer ones are halved as often as needed. */
export async function cutLong(
  clip: Clip,
  spans: readonly SpeechSpan[],
  samplesMax: number,
): Promise<SpeechSpan[]> {
  const cut: SpeechSpan[] = [];
  for (const span of spans) {
    if (span.endSample - span.startSample <= samplesMax) cut.push(span);
    else cut.push(...(await cutLong(clip, await halve(clip, span), samplesMax)));
  }
  return cut;
}
