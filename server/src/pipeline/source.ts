/** Decoded audio on disk, of the track with the most speech in it. */
import { rm } from "node:fs/promises";
import path from "node:path";
import { decode, type Decoded } from "../media/decode.ts";
import { listenTo } from "../media/levels.ts";
import type { AudioTrack, Probe } from "../media/probe.ts";
import {
  SAMPLE_RATE_HZ,
  type Clip,
  type Share,
  type SpeechEngine,
  type SpeechSpan,
} from "../speech/recogniser.ts";
import { speechSecondsOf } from "./segments.ts";

export interface Recording {
  path: string;
  probe: Probe;
}

export interface SourceOptions {
  engine: SpeechEngine;
  share: Share;
  /** Folder for this run alone. */
  folder: string;
  secondsMax: number;
}

/** One signal of a recording that is transcribed by itself. */
export interface Voice {
  /** The whole of the signal, with its gain. */
  clip: Clip;
  /** Index of its speaker where the signal is one person's; null where it may hold several. */
  speaker: number | null;
}

/**
 * Decodes a recording. Of several tracks each is decoded and listened to in turn, and the one with the most speech is
 * kept; the first of them where all are silent. At most two are on disk at a time.
 *
 * @throws what {@link decode} and the engine throw
 */
export async function openSource(recording: Recording, options: SourceOptions): Promise<Decoded> {
  const [first, ...others] = recording.probe.tracks;
  if (first === undefined) throw new Error("The probe lists no audio track.");
  let best = await decodeTrack(recording, first, options);
  if (others.length === 0) return best;
  let bestSeconds = await measureSpeech(best, options);
  for (const track of others) {
    const candidate = await decodeTrack(recording, track, options);
    const seconds = await measureSpeech(candidate, options);
    const loser = seconds > bestSeconds ? best : candidate;
    if (loser === best) [best, bestSeconds] = [candidate, seconds];
    await rm(loser.spool.path, { force: true });
  }
  return best;
}

function decodeTrack(
  { path: file, probe }: Recording,
  track: AudioTrack,
  options: SourceOptions,
): Promise<Decoded> {
  return decode(file, probe, track, {
    spoolPath: path.join(options.folder, `track-${track.index}.s16le`),
    secondsMax: options.secondsMax,
    signal: options.share.signal,
  });
}

async function measureSpeech(decoded: Decoded, { engine, share }: SourceOptions): Promise<number> {
  let seconds = 0;
  for (const { clip } of voicesOf(decoded))
    for await (const { spans } of findSpeech(clip, engine, share)) seconds += speechSecondsOf(spans);
  return seconds;
}

/** The signals of a recording that are listened to, in the order of their speakers. */
export function voicesOf({ spool, levels }: Decoded): Voice[] {
  const whole = { spool, startSample: 0, endSample: spool.samples };
  return [{ clip: { ...whole, ...listenTo(levels) }, speaker: null }];
}

/** Speech found so far, and how far the search has come. */
export interface Found {
  spans: SpeechSpan[];
  /** 0 to 1. */
  heardShare: number;
}

/** Searches a clip for speech, slice by slice. */
export async function* findSpeech(clip: Clip, engine: SpeechEngine, share: Share): AsyncGenerator<Found> {
  const samples = clip.endSample - clip.startSample;
  for (let startSample = clip.startSample; startSample < clip.endSample;) {
    const { spans, nextSample } = await engine.detect({ ...clip, startSample }, share);
    if (nextSample <= startSample) throw new Error(`The detector stays at sample ${startSample}.`);
    yield { spans, heardShare: (nextSample - clip.startSample) / samples };
    startSample = nextSample;
  }
}

/** Seconds of audio that came out of the decoder. */
export function durationOf({ spool }: Pick<Decoded, "spool">): number {
  return spool.samples / SAMPLE_RATE_HZ;
}
