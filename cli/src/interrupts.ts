const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** The person, or whoever runs the program, asked it to stop. */
export class Interrupted extends Error {
  override name = "Interrupted";
  readonly signal: NodeJS.Signals;

  constructor(signal: NodeJS.Signals) {
    super("Stopped.");
    this.signal = signal;
  }
}

/** Runs work that Ctrl-C stops in an orderly way. A second Ctrl-C ends the program on the spot. */
export async function interruptible<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const stop = (signal: NodeJS.Signals) => {
    forget();
    controller.abort(new Interrupted(signal));
  };
  const forget = () => SIGNALS.forEach((signal) => process.off(signal, stop));
  for (const signal of SIGNALS) process.on(signal, stop);
  try {
    return await work(controller.signal);
  } catch (error) {
    controller.signal.throwIfAborted();
    throw error;
  } finally {
    forget();
  }
}
