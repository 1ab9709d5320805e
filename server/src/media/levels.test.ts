import { describe, expect, test } from "vitest";
import { LevelMeter } from "./level-meter.ts";
import { listenTo, soundingDb } from "./levels.ts";
import type { Levels } from "./levels.ts";

type Signal = (sample: number) => number;

const RATE_HZ = 16_000;

/** A tone whose mean power is `db` below a full-scale square wave. */
function tone(db: number, hertz = 300): Signal {
  const amplitude = Math.SQRT2 * 10 ** (db / 20) * 32_768;
  return (sample) => amplitude * Math.sin((2 * Math.PI * hertz * sample) / RATE_HZ);
}

/** Noise of a level, the same each time. */
function hiss(db: number, seed = 1): Signal {
  let state = seed;
  const amplitude = Math.sqrt(3) * 10 ** (db / 20) * 32_768;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return amplitude * ((2 * state) / 2_147_483_647 - 1);
  };
}

const silence: Signal = () => 0;

/** A signal while `speaks` says so, with pauses like speech. */
function when(signal: Signal, speaks: (second: number) => boolean, otherwise: Signal = silence): Signal {
  return (sample) => {
    const second = sample / RATE_HZ;
    return speaks(second) && second % 0.5 < 0.4 ? signal(sample) : otherwise(sample);
  };
}

function sum(...signals: Signal[]): Signal {
  return (sample) => signals.reduce((total, signal) => total + signal(sample), 0);
}

function measure(seconds: number, ...sides: [Signal] | [Signal, Signal]): Levels {
  const meter = new LevelMeter(sides.length);
  const samples = Array.from({ length: seconds * RATE_HZ }, (_, i) => sides.map((side) => side(i))).flat();
  const pcm = Int16Array.from(samples, (value) => Math.max(-32_768, Math.min(32_767, Math.round(value))));
  // In uneven pieces, as they come from a pipe.
  for (let at = 0; at < pcm.length; at += 6_002) meter.add(pcm.subarray(at, at + 6_002));
  return meter.levels();
}

/** A microphone that is nearer to one voice than to another. */
function nearer(near: Signal, far: Signal): Signal {
  return sum(near, (sample) => 0.5 * far(sample));
}

const always = () => true;
const first = (second: number) => second % 7 < 4;
const last = (second: number) => second % 7 >= 3;
const speech = when(tone(-25), always);

describe("gain", () => {
  test.each([-30, -45, -60])("speech at %i dB is brought to -23", (db) => {
    const { gainDb } = listenTo(measure(20, when(tone(db), always, hiss(db - 30))));
    expect(gainDb).toBeGreaterThan(-23 - db - 1.5);
    expect(gainDb).toBeLessThan(-23 - db + 1.5);
  });

  test("silence, and the last bit's flutter, stay silent", () => {
    expect(listenTo(measure(5, silence))).toEqual({ mix: "mono", gainDb: 0 });
    expect(listenTo(measure(5, hiss(-95))).gainDb).toBe(0);
    expect(listenTo(measure(5, silence, silence))).toEqual({ mix: "mono", gainDb: 0 });
    expect(listenTo(new LevelMeter(1).levels()).gainDb).toBe(0);
  });

  test("loud recordings are left as they are", () => {
    expect(listenTo(measure(5, tone(-6))).gainDb).toBe(0);
  });

  test("a few words in long hiss decide, not the hiss", () => {
    const levels = measure(
      200,
      when(tone(-30), (second) => second < 3, hiss(-65)),
    );
    expect(listenTo(levels).gainDb).toBeCloseTo(7, 0);
  });

  test("a constant offset is not loudness", () => {
    const levels = measure(
      5,
      sum(when(tone(-45), always), () => 8_000),
    );
    expect(soundingDb(levels.mono.histogram)).toBeLessThan(-40);
  });

  test("peaks and clipping are counted", () => {
    expect(measure(1, () => 40_000).mono).toMatchObject({ clippedShare: 1 });
    expect(measure(1, () => 16_384).mono).toMatchObject({ clippedShare: 0, peak: 0.5 });
  });
});

describe("which side", () => {
  test("the same voice on both sides: the mono mix", () => {
    const levels = measure(10, speech, speech);
    expect(listenTo(levels)).toMatchObject({ mix: "mono" });
    expect(levels.cancelledShare).toBe(0);
  });

  test("sides that cancel each other: the louder one", () => {
    const turned: Signal = (sample) => -speech(sample);
    expect(listenTo(measure(10, speech, (sample) => 0.7 * turned(sample))).mix).toBe("left");
    expect(listenTo(measure(10, (sample) => 0.7 * speech(sample), turned)).mix).toBe("right");
    expect(listenTo(measure(10, speech, turned)).gainDb).toBeCloseTo(2, 0);
  });

  test.each([
    ["silent", silence],
    ["all hiss", hiss(-30)],
    ["all hum", tone(-20, 50)],
  ])("one side is %s: the other", (_name, dead) => {
    expect(listenTo(measure(10, speech, dead)).mix).toBe("left");
    expect(listenTo(measure(10, dead, speech)).mix).toBe("right");
  });

  test("two parties: both are heard in the mono mix", () => {
    const levels = measure(30, when(tone(-25), first), when(tone(-35, 200), last));
    expect(listenTo(levels).mix).toBe("mono");
  });
});

describe("separation", () => {
  test("two parties, one faint, with the other leaking in at -30 dB", () => {
    const leak: Signal = (sample) => 0.03 * when(tone(-20), first)(sample);
    const levels = measure(
      40,
      when(tone(-20), first, hiss(-70)),
      sum(when(tone(-40, 200), last, hiss(-75, 2)), leak),
    );
    expect(levels.separation).toBeGreaterThan(0.7);
  });

  test("one voice on both sides, near one microphone, or on one side alone is one party", () => {
    expect(measure(20, speech, speech).separation).toBe(0);
    expect(measure(20, speech, (sample) => 0.1 * speech(sample)).separation).toBe(0);
    expect(measure(20, speech, silence).separation).toBe(0);
    expect(measure(20, speech, hiss(-30)).separation).toBe(0);
  });

  test("two voices before a pair of microphones are not apart", () => {
    const [a, b] = [when(tone(-25), first), when(tone(-25, 220), last)];
    expect(measure(40, nearer(a, b), nearer(b, a)).separation).toBeLessThan(0.1);
  });
});
