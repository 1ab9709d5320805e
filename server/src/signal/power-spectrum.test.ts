import { expect, test } from "vitest";
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
