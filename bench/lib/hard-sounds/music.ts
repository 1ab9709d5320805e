/** Sounds without a word in them, made from formulas. */
import { SAMPLE_RATE_HZ } from "../../../server/src/speech/recogniser.ts";
import { dice, filtered, joined, made, mixed, silence, type Sound } from "./sound.ts";

const TURN = 2 * Math.PI;

/** Semitones above A3, 220 Hz. */
function hertz(semitones: number): number {
  return 220 * 2 ** (semitones / 12);
}

/** Vowels by their first three formants in hertz (Peterson and Barney 1952, women). */
const VOWELS = {
  a: [850, 1220, 2810],
  e: [610, 2330, 2990],
  i: [310, 2790, 3310],
  o: [590, 920, 2710],
  u: [370, 950, 2670],
} as const;

export type Vowel = keyof typeof VOWELS;

/** A voice's pulses with a vowel's resonances, each note as long as `noteSeconds`, with a vibrato of 5.5 Hz and a semitone. */
export async function sung(notes: readonly number[], vowel: Vowel, noteSeconds: number): Promise<Sound> {
  const notesSung = notes.map((note) => {
    let phase = 0;
    return made(noteSeconds, (second) => {
      const vibrato = 0.5 * Math.sin(TURN * 5.5 * second);
      phase = (phase + hertz(note + vibrato) / SAMPLE_RATE_HZ) % 1;
      const swell = Math.min(1, second / 0.08, (noteSeconds - second) / 0.1);
      return swell * (1 - 2 * phase) * 0.5;
    });
  });
  return resonant(joined(...notesSung), vowel);
}

async function resonant(pulses: Sound, vowel: Vowel): Promise<Sound> {
  const bands = await Promise.all(
    VOWELS[vowel].map((formant) => filtered(pulses, `bandpass=f=${formant}:width_type=h:w=${formant / 8}`)),
  );
  const [first = pulses, ...others] = bands;
  return mixed(first, ...others);
}

/** "Ha ha ha": breath and voice by turns, five a second, falling in pitch. */
export async function laughter(seconds: number, pitchHz: number): Promise<Sound> {
  const noise = dice(pitchHz);
  let phase = 0;
  const bursts = made(seconds, (second) => {
    const inBurst = (second * 5) % 1;
    const inBout = second % 2.5;
    phase = (phase + (pitchHz * (1.3 - inBout / 5)) / SAMPLE_RATE_HZ) % 1;
    if (inBout > 2) return 0;
    if (inBurst < 0.35) return noise() * 0.15 * Math.sin(Math.PI * (inBurst / 0.35));
    return (1 - 2 * phase) * 0.5 * Math.sin(Math.PI * ((inBurst - 0.35) / 0.65)) * (1 - inBout / 3);
  });
  return resonant(bursts, "a");
}

/** Broken chords over a bass and a beat, as on hold. */
export function holdMusic(seconds: number): Sound {
  const chords = [
    [0, 4, 7, 12],
    [-3, 0, 4, 9],
    [-7, -3, 0, 5],
    [-5, -1, 2, 7],
  ];
  const noise = dice(7);
  return made(seconds, (second) => {
    const chord = chords[Math.floor(second / 2) % chords.length] ?? [0];
    const note = chord[Math.floor(second * 4) % 4] ?? 0;
    const inNote = (second * 4) % 1;
    const inBeat = (second * 2) % 1;
    const plucked = Math.exp(-3 * inNote) * tone(hertz(note + 12), second);
    return (
      0.25 * plucked +
      0.2 * tone(hertz((chord[0] ?? 0) - 12), second) +
      0.1 * Math.exp(-30 * inBeat) * noise()
    );
  });
}

/** Held chords of many partials, as of an organ or strings. */
export function chords(seconds: number): Sound {
  const notes = [
    [0, 4, 7],
    [5, 9, 12],
    [7, 11, 14],
  ];
  return made(seconds, (second) => {
    const chord = notes[Math.floor(second / 1.5) % notes.length] ?? [0];
    return chord.reduce((sum, note) => sum + 0.12 * tone(hertz(note), second), 0);
  });
}

function tone(frequency: number, second: number): number {
  return [1, 2, 3, 4].reduce((sum, n) => sum + Math.sin(TURN * frequency * n * second) / n, 0);
}

const ROWS = [697, 770, 852, 941] as const;
const COLUMNS = [1209, 1336, 1477] as const;

/** Keys of a telephone (ITU-T Q.23), a tenth of a second each. */
export function dtmf(keys: string): Sound {
  const sounds = Array.from(keys).flatMap((key) => {
    const at = "123456789*0#".indexOf(key);
    const low = ROWS[Math.floor(at / 3)] ?? 941;
    const high = COLUMNS[at % 3] ?? 1336;
    const pressed = made(0.1, (s) => 0.3 * (Math.sin(TURN * low * s) + Math.sin(TURN * high * s)));
    return [pressed, silence(0.1)];
  });
  return joined(...sounds);
}

/** A siren that rises and falls. */
export function siren(seconds: number): Sound {
  let phase = 0;
  return made(seconds, (second) => {
    phase += (TURN * (900 + 500 * Math.sin(TURN * 0.3 * second))) / SAMPLE_RATE_HZ;
    return 0.4 * Math.sin(phase);
  });
}
