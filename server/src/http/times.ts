/** A stored time as the API writes it: `2026-05-17T14:02:11Z`. */
export function apiTime(stored: string): string {
  return `${stored.slice(0, 19)}Z`;
}

/** {@link apiTime}, or null. */
export function apiTimeOrNull(stored: string | null): string | null {
  return stored === null ? null : apiTime(stored);
}
