/** The mel scale, on which equal distances sound alike: O'Shaughnessy (1987), as HTK has it. */

export function melOf(hertz: number): number {
  return 1127 * Math.log(1 + hertz / 700);
}

export function hertzOf(mel: number): number {
  return 700 * (Math.exp(mel / 1127) - 1);
}
