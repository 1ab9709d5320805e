import { expect, test } from "vitest";
import { PowerSpectrum } from "./power-spectrum.ts";

test("the spectra of two frames are those of the definition", () => {
  const size = 16;
  const frames = [0.3, 2].map((gain) =>
    Float64Array.from({ length: size }, (_, i) => Math.sin(i) + gain * Math.cos(2.5 * i)),
  );
  const [first, second] = frames;
  if (first === undefined || second === undefined) throw new Error("There are two frames.");
  for (const [place, power] of new PowerSpectrum(size).of(first, second).entries()) {
    for (let bin = 0; bin <= size / 2; bin += 1) {
      let [real, imaginary] = [0, 0];
      frames[place]?.forEach((value, i) => {
        real += value * Math.cos((2 * Math.PI * bin * i) / size);
        imaginary -= value * Math.sin((2 * Math.PI * bin * i) / size);
      });
      expect(power[bin]).toBeCloseTo(real ** 2 + imaginary ** 2, 9);
    }
  }
});
