import { expect, test } from "vitest";
import { CEPSTRA, framesOf, type Frames } from "./cepstra.ts";
import { PowerSpectrum } from "./power-spectrum.ts";

test("the spectrum is that of the definition", () => {
  const size = 16;
  const frame = Float64Array.from({ length: size }, (_, i) => Math.sin(i) + 0.3 * Math.cos(2.5 * i));
  const power = new PowerSpectrum(size).of(frame);
  for (let bin = 0; bin <= size / 2; bin += 1) {
    let [real, imaginary] = [0, 0];
    frame.forEach((value, i) => {
      real += value * Math.cos((2 * Math.PI * bin * i) / size);
      imaginary -= value * Math.sin((2 * Math.PI * bin * i) / size);
    });
    expect(power[bin]).toBeCloseTo(real ** 2 + imaginary ** 2, 9);
  }
});

const tone = (hertz: number, gain: number) =>
  Float32Array.from({ length: 16_000 }, (_, i) => gain * Math.sin((2 * Math.PI * hertz * i) / 16_000));

test("a second has 98 frames of 25 ms, and its level in decibels", () => {
  const { count, cepstra, levelsDb } = framesOf(tone(1000, 0.5));
  expect(count).toBe(98);
  expect(cepstra).toHaveLength(98 * CEPSTRA.coefficients);
  expect(levelsDb[50]).toBeCloseTo(20 * Math.log10(0.5 / Math.SQRT2), 1);
});

const middle = ({ cepstra }: Frames) =>
  [...cepstra.subarray(50 * CEPSTRA.coefficients, 51 * CEPSTRA.coefficients)].map((value) =>
    Math.round(value),
  );

test("cepstra do not follow loudness, but colour", () => {
  expect(middle(framesOf(tone(1000, 0.5)))).toEqual(middle(framesOf(tone(1000, 0.4))));
  expect(middle(framesOf(tone(1000, 0.5)))).not.toEqual(middle(framesOf(tone(2000, 0.5))));
});

test("silence and sound that is too short for a frame are no error", () => {
  expect(framesOf(new Float32Array(100)).count).toBe(0);
  expect([...framesOf(new Float32Array(800)).cepstra].every(Number.isFinite)).toBe(true);
});
