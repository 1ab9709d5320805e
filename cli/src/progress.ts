import type { WriteStream } from "node:tty";
import { plain, type Terminal } from "./terminal.ts";

const REDRAW_MS = 100;
const BAR_CELLS = 24;
/** Before this much was done the pace is too young to be projected. */
const ETA_SECONDS_MIN = 2;
/** Without a terminal, a line is written each time that this much more is done. */
const LINE_EVERY = 0.1;

export interface ProgressState {
  label: string;
  /** 0 to 1. */
  fraction: number;
  /** What stands behind the percentage, such as the speed. */
  note?: string | undefined;
}

/**
 * One piece of work on standard error: a bar that is redrawn on a terminal, a line now and then elsewhere. Nothing with `--json`,
 * unless a person looks on.
 */
export class ProgressBar {
  readonly #stream: WriteStream;
  readonly #isQuiet: boolean;
  #drawnMs = -Infinity;
  #line: { label: string; fraction: number } | null = null;
  #shown = false;

  constructor({ stderr, json }: Terminal) {
    this.#stream = stderr;
    this.#isQuiet = json && !stderr.isTTY;
  }

  show(state: ProgressState): void {
    if (this.#isQuiet) return;
    const fraction = Math.min(1, Math.max(0, state.fraction));
    if (this.#stream.isTTY) this.#draw({ ...state, fraction });
    else this.#write({ ...state, fraction });
  }

  /** Takes the bar away, so that something else can be said in its place. */
  clear(): void {
    if (this.#shown) this.#stream.write("\r\u001b[K");
    this.#shown = false;
    this.#drawnMs = -Infinity;
  }

  #draw({ label, fraction, note }: ProgressState): void {
    const now = performance.now();
    if (now - this.#drawnMs < REDRAW_MS && fraction < 1) return;
    this.#drawnMs = now;
    this.#shown = true;
    const cells = Math.round(fraction * BAR_CELLS);
    const bar = "█".repeat(cells) + "░".repeat(BAR_CELLS - cells);
    const text = `${plain(label)}  ${bar} ${percent(fraction).padStart(5)}${note ? `  ${note}` : ""}`;
    this.#stream.write(`\r${text.slice(0, Math.max(20, this.#stream.columns - 1))}\u001b[K`);
  }

  #write({ label, fraction, note }: ProgressState): void {
    const last = this.#line;
    const moved = last?.label !== label || fraction - last.fraction >= LINE_EVERY;
    if (!moved && !(fraction === 1 && last.fraction < 1)) return;
    this.#line = { label, fraction };
    this.#stream.write(`${plain(label)}: ${percent(fraction)}${note ? `, ${note}` : ""}\n`);
  }
}

/** The time that is left at the pace so far, for a note; empty while there is no pace. */
export class Pace {
  readonly #nowMs: () => number;
  #from: { done: number; ms: number } | null = null;

  /** @param nowMs the clock; the process's where not given */
  constructor(nowMs: () => number = () => performance.now()) {
    this.#nowMs = nowMs;
  }

  /** Units a second since the first call; null where there is no pace yet. */
  perSecond(done: number): number | null {
    const ms = this.#nowMs();
    this.#from ??= { done, ms };
    const seconds = (ms - this.#from.ms) / 1000;
    return seconds >= ETA_SECONDS_MIN && done > this.#from.done ? (done - this.#from.done) / seconds : null;
  }

  left(done: number, total: number): string {
    const pace = this.perSecond(done);
    return pace === null || done >= total ? "" : `${duration((total - done) / pace)} left`;
  }
}

function percent(fraction: number): string {
  return `${Math.floor(fraction * 100)} %`;
}

/** `42 s`, `3:07`, `1:12:40`. */
export function duration(seconds: number): string {
  const whole = Math.ceil(seconds);
  if (whole < 60) return `${whole} s`;
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  const tail = String(whole % 60).padStart(2, "0");
  return hours > 0 ? `${hours}:${String(minutes).padStart(2, "0")}:${tail}` : `${minutes}:${tail}`;
}

/** Megabytes of 1,000,000 bytes, with a decimal where that says something. */
export function megabytes(bytes: number): string {
  const value = bytes / 1e6;
  return value < 100 ? value.toFixed(1) : value.toFixed(0);
}

/** What stands behind the bar of bytes that come or go: amount, speed, and the time that is left. */
export function transferNote(pace: Pace, bytes: number, totalBytes: number): string {
  const speed = pace.perSecond(bytes);
  const parts = [`${megabytes(bytes)} of ${megabytes(totalBytes)} MB`];
  if (speed !== null) parts.push(`${megabytes(speed)} MB/s`);
  return [...parts, pace.left(bytes, totalBytes)].filter(Boolean).join("  ");
}
