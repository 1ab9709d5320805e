/** Decoded audio on disk, of the track with the most speech in it. */
import { rm } from "node:fs/promises";
import path from "node:path";
import { decode, type Decoded } from "../media/decode.ts";
import { gainDbFor, listenTo } from "../media/levels.ts";
import { readClip } from "../media/samples.ts";
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
  /** The other party's signal where each has a channel of its own; null where one signal holds all. */
  other: Clip | null;
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
  for (const voice of voicesOf(decoded))
    for await (const { spans } of findSpeech(voice, engine, share)) seconds += speechSecondsOf(spans);
  return seconds;
}

/**
 * From here on two channels are two parties. Calls with one party a channel have 0.85 to 1 of their sounding frames
 * clearly on one side; music, interviews with two microphones and the same voice on both sides have next to none.
 */
const SEPARATION_MIN = 0.6;

/** The signals that are listened to: both channels of a call, else the one mix that holds everything. */
export function voicesOf(decoded: Decoded): Voice[] {
  const { spool, levels } = decoded;
  if (levels.separation < SEPARATION_MIN) return [mixedVoice(decoded)];
  const whole = { spool, startSample: 0, endSample: spool.samples };
  const left: Clip = { ...whole, mix: "left", gainDb: gainDbFor(levels, "left") };
  const right: Clip = { ...whole, mix: "right", gainDb: gainDbFor(levels, "right") };
  return [
    { clip: left, other: right },
    { clip: right, other: left },
  ];
}

/** Speech found so far, and how far the search has come. */
export interface Found {
  spans: SpeechSpan[];
  /** 0 to 1. */
  heardShare: number;
}

/** Searches a voice for speech, slice by slice. */
export async function* findSpeech(
  { clip, other }: Voice,
  engine: SpeechEngine,
  share: Share,
): AsyncGenerator<Found> {
  const samples = clip.endSample - clip.startSample;
  for (let startSample = clip.startSample; startSample < clip.endSample;) {
    const { spans, nextSample } = await engine.detect({ ...clip, startSample }, share);
    if (nextSample <= startSample) throw new Error(`The detector stays at sample ${startSample}.`);
    const own = other === null ? spans : await withoutLeaks(clip, other, spans);
    yield { spans: own, heardShare: (nextSample - clip.startSample) / samples };
    startSample = nextSample;
  }
}

/** Everybody in one signal: the mean of both channels, or the better of them. */
export function mixedVoice({ spool, levels }: Decoded): Voice {
  return { clip: { spool, startSample: 0, endSample: spool.samples, ...listenTo(levels) }, other: null };
}

/**
 * With both parties brought to the same level, what is this much fainter than the other side is the other side, leaking
 * through a telephone's hybrid or from a loudspeaker.
 */
const LEAK_DB = 10;

async function withoutLeaks(clip: Clip, other: Clip, spans: readonly SpeechSpan[]): Promise<SpeechSpan[]> {
  const own: SpeechSpan[] = [];
  for (const span of spans) {
    const power = meanPower(await readClip({ ...clip, ...span }));
    const otherPower = meanPower(await readClip({ ...other, ...span }));
    if (power >= otherPower * 10 ** (-LEAK_DB / 10)) own.push(span);
  }
  return own;
}

function meanPower(samples: Float32Array): number {
  let sum = 0;
  for (const sample of samples) sum += sample * sample;
  return sum / Math.max(1, samples.length);
}

/** Seconds of audio that came out of the decoder. */
export function durationOf({ spool }: Pick<Decoded, "spool">): number {
  return spool.samples / SAMPLE_RATE_HZ;
}
