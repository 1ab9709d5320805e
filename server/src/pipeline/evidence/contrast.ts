/** How far speech stands out from the room around it. */
import { readClip } from "../../media/samples.ts";
import { SAMPLE_RATE_HZ, type Clip } from "../../speech/recogniser.ts";
import type { Segment } from "../segments.ts";

/** With less room than this around the speech there is nothing to compare it with. */
const ROOM_SECONDS_MIN = 0.2;

/**
 * Level of a segment's speech over that of its pauses and context, in decibels; null where it has next to none of these.
 *
 * @throws Error when the spool cannot be read
 */
export async function contrastDb(clip: Clip, segment: Segment): Promise<number | null> {
  const samples = await readClip({ ...clip, ...boundsOf(segment) });
  const all = powerOf(samples);
  const speech = segment.spans
    .map((span) =>
      powerOf(samples.subarray(span.startSample - segment.startSample, span.endSample - segment.startSample)),
    )
    .reduce(added, { sum: 0, samples: 0 });
  const room = { sum: all.sum - speech.sum, samples: all.samples - speech.samples };
  if (room.samples < ROOM_SECONDS_MIN * SAMPLE_RATE_HZ || speech.samples === 0) return null;
  if (room.sum <= 0) return Infinity;
  return 10 * Math.log10(speech.sum / speech.samples / (room.sum / room.samples));
}

/** 20 ms: two periods of a deep voice, and shorter than the closure of a stop. */
const FRAME = SAMPLE_RATE_HZ / 50;

/** A tenth of speech is pauses or closures, in which only the room is heard. */
const QUIET_SHARE = 0.1;

/**
 * Level of a segment over that of its quietest tenth, in decibels: how far down speech lets hear the room. Infinity in
 * digital silence; 0 where it is shorter than a few frames.
 *
 * @throws Error when the spool cannot be read
 */
export async function depthDb(clip: Clip, segment: Segment): Promise<number> {
  const samples = await readClip({ ...clip, ...boundsOf(segment) });
  const powers: number[] = [];
  for (let at = 0; at + FRAME <= samples.length; at += FRAME)
    powers.push(powerOf(samples.subarray(at, at + FRAME)).sum);
  const quiet = powers.sort((a, b) => a - b)[Math.floor(powers.length * QUIET_SHARE)];
  if (quiet === undefined) return 0;
  const mean = powers.reduce((sum, power) => sum + power, 0) / powers.length;
  return quiet > 0 ? 10 * Math.log10(mean / quiet) : Infinity;
}

interface Power {
  sum: number;
  samples: number;
}

function added(a: Power, b: Power): Power {
  return { sum: a.sum + b.sum, samples: a.samples + b.samples };
}

function boundsOf({ startSample, endSample }: Segment): Pick<Clip, "startSample" | "endSample"> {
  return { startSample, endSample };
}

function powerOf(samples: Float32Array): Power {
  let sum = 0;
  for (const sample of samples) sum += sample * sample;
  return { sum, samples: samples.length };
}
