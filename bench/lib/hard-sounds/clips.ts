/** The hard clips: sounds without a word, and speech under hard conditions. Made when they are needed, and never kept. */
import { SAMPLE_RATE_HZ } from "../../../server/src/speech/recogniser.ts";
import { samplesOf } from "../alignment/sound.ts";
import { chords, dtmf, holdMusic, laughter, siren, sung, type Vowel } from "./music.ts";
import {
  atLevel,
  filtered,
  joined,
  louder,
  looped,
  mixed,
  pinkNoise,
  reversed,
  silence,
  whiteNoise,
  withNoise,
  type Sound,
} from "./sound.ts";

/** A sound, in one or two channels. */
export interface Clip {
  kind: string;
  name: string;
  left: Sound;
  right?: Sound;
  /** What is said in it; null where nothing is, or nothing that anybody could understand. */
  text: string | null;
}

/** A sentence that clips are made of. */
export interface Sentence {
  name: string;
  sound: Sound;
  text: string;
}

/** Every clip holds so many seconds, where it is made without a sentence. */
const SECONDS = 12;

/** Clips in which nobody says a word that could be understood. */
export async function* wordless(
  sentences: readonly Sentence[],
  noises: readonly string[],
): AsyncGenerator<Clip> {
  yield* made();
  yield* ofVoices(sentences);
  for (const file of noises) {
    const left = await samplesOf(file);
    for (const level of [-50, -20])
      yield {
        kind: "effects with voices",
        name: `${file.split("/").at(-1)} at ${level} dB`,
        left: atLevel(left, level),
        text: null,
      };
  }
}

const plain = (kind: string, name: string, left: Sound): Clip => ({ kind, name, left, text: null });

async function* made(): AsyncGenerator<Clip> {
  const tunes: [string, number[]][] = [
    ["scale", [0, 2, 4, 5, 7, 9, 11, 12]],
    ["lullaby", [7, 7, 9, 7, 12, 11, 7, 7, 9, 7, 14, 12]],
    ["low hum", [-12, -10, -12, -7, -8, -12]],
  ];
  for (const [name, notes] of tunes)
    for (const vowel of ["a", "e", "i", "o", "u"] satisfies Vowel[])
      yield plain("singing on a vowel", `${name} on ${vowel}`, await sung(notes, vowel, 0.7));
  for (const pitch of [120, 180, 240, 330])
    yield plain("laughter", `at ${pitch} Hz`, await laughter(SECONDS, pitch));
  for (const level of [-60, -45, -30, -15]) {
    yield plain("noise", `pink at ${level} dB`, atLevel(pinkNoise(SECONDS), level));
    yield plain("noise", `white at ${level} dB`, atLevel(whiteNoise(SECONDS), level));
  }
  for (const level of [-45, -20]) {
    yield plain("music", `on hold at ${level} dB`, atLevel(holdMusic(SECONDS), level));
    yield plain("music", `chords at ${level} dB`, atLevel(chords(SECONDS), level));
    yield plain(
      "music",
      `on hold over a telephone at ${level} dB`,
      await telephone(atLevel(holdMusic(SECONDS), level)),
    );
  }
  yield plain("tones", "keys", joined(silence(1), dtmf("0123456789*#"), silence(2), dtmf("555#")));
  yield plain("tones", "siren", siren(SECONDS));
}

/** Voices that nobody can follow. */
async function* ofVoices(sentences: readonly Sentence[]): AsyncGenerator<Clip> {
  const voices = sentences.map(({ sound }) => atLevel(sound, -25));
  for (const { name, sound } of sentences)
    yield { kind: "one voice backwards", name, left: reversed(sound), text: null };
  for (const count of [4, 8, 16]) {
    const together = overlaid(voices, count);
    yield { kind: "babble", name: `${count} voices`, left: together, text: null };
    yield { kind: "babble backwards", name: `${count} voices`, left: reversed(together), text: null };
  }
  for (const { name, sound } of sentences) {
    for (const level of [-30, -45]) {
      const far = atLevel(await televised(sound), level);
      yield {
        kind: "far television",
        name: `${name} at ${level} dB`,
        left: withNoise(far, pinkNoise(5), 0),
        text: null,
      };
    }
  }
}

/** So many voices at once, each beginning elsewhere. */
function overlaid(voices: readonly Sound[], count: number): Sound {
  const samples = SECONDS * SAMPLE_RATE_HZ;
  const some = Array.from({ length: count }, (_, i) => {
    const voice = voices[i % voices.length] ?? silence(1);
    const from = Math.floor((i * voice.length) / count);
    return looped(joined(voice.subarray(from), voice.subarray(0, from)), samples);
  });
  return atLevel(mixed(silence(SECONDS), ...some), -20);
}

/** Behind a wall, in a room that rings. */
function televised(sound: Sound): Promise<Sound> {
  return filtered(sound, "lowpass=f=900,lowpass=f=900,aecho=0.8:0.8:37|61|97|149:0.6|0.5|0.4|0.3");
}

function telephone(sound: Sound): Promise<Sound> {
  return filtered(sound, "aresample=8000,highpass=f=300,lowpass=f=3400,aresample=16000");
}

/** Speech under every condition. */
export async function* spoken(sentences: readonly Sentence[]): AsyncGenerator<Clip> {
  const babble = overlaid(
    sentences.map(({ sound }) => atLevel(sound, -25)),
    12,
  );
  for (const { name, sound, text } of sentences) {
    const normal = atLevel(sound, -25);
    const seconds = normal.length / SAMPLE_RATE_HZ;
    const clip = (kind: string, left: Sound, right?: Sound): Clip => ({
      kind,
      name,
      left,
      text,
      ...(right === undefined ? {} : { right }),
    });
    for (const db of [-60, -50, -40, -25, -10]) yield clip(`level ${db} dB`, atLevel(sound, db));
    for (const db of [5, 12, 20]) yield clip(`clipped, ${db} dB too loud`, louder(peaking(sound), db));
    for (const db of [20, 15, 10, 5, 0]) {
      yield clip(`pink noise ${db} dB below`, withNoise(normal, pinkNoise(seconds), db));
      yield clip(`babble ${db} dB below`, withNoise(normal, babble, db));
    }
    yield clip("telephone", await telephone(normal));
    yield clip("one channel, the other silent", normal, silence(seconds));
    yield clip("one channel, the other noise", normal, atLevel(pinkNoise(seconds), -45));
    yield clip(
      "opposite phase",
      normal,
      normal.map((value) => -value),
    );
    yield clip("after half a minute of silence", joined(silence(30), normal));
    yield clip("after keys", joined(dtmf("1234#"), silence(0.5), normal));
    yield clip("after hold music", joined(atLevel(holdMusic(10), -22), normal));
    yield clip(
      "island in music",
      mixed(atLevel(holdMusic(seconds + 10), -40), joined(silence(5), normal, silence(5))),
    );
    yield clip("over music 10 dB below", withNoise(normal, holdMusic(seconds), 10));
  }
}

/** With its largest sample at full scale. */
function peaking(sound: Sound): Sound {
  const peak = sound.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-9);
  return sound.map((value) => value / peak);
}
