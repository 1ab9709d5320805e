/** Lengths as people write them on a command line. */

const UNITS: Record<string, number> = { s: 1, m: 60, h: 3600 };

/** Seconds of `90s`, `30m` or `10h`. @throws Error that says what is allowed */
export function secondsIn(text: string): number {
  const match = /^(\d+(?:\.\d+)?)([smh])$/.exec(text);
  const unit = UNITS[match?.[2] ?? ""];
  if (unit === undefined) throw new Error(`"${text}" is no length. Write 90s, 30m or 10h.`);
  return Number(match?.[1]) * unit;
}

/** The other way round, in the largest unit that fits. */
export function lengthOf(seconds: number): string {
  const [unit, length] = Object.entries(UNITS).findLast(([, length]) => seconds % length === 0) ?? ["s", 1];
  return `${seconds / length} ${unit === "m" ? "min" : unit}`;
}

/** Bytes as whole megabytes. */
export function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1e6)} MB`;
}
