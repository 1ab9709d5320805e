import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from "prom-client";

/** Seconds: from reads that SQLite answers from memory to waits and uploads. */
const LATENCY_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

/** What this process counts, and what it last saw in the database, for Prometheus. `docs/metrics.md` lists all of it. */
export class Metrics {
  readonly #registry = new Registry();
  readonly #registers = [this.#registry];

  readonly requestSeconds = new Histogram({
    name: "uspeech_http_request_duration_seconds",
    help: "Time from a request's head to the end of its answer.",
    labelNames: ["method", "route", "status"],
    buckets: LATENCY_BUCKETS,
    registers: this.#registers,
  });

  readonly workerRestarts = new Counter({
    name: "uspeech_speech_worker_restarts_total",
    help: "Speech workers that ended and were replaced, by reason.",
    labelNames: ["reason"],
    registers: this.#registers,
  });

  readonly queueDeliveries = this.#gauge("uspeech_queue_deliveries", "What is queued, by state.", [
    "queue",
    "state",
  ]);

  readonly queueOldestSeconds = this.#gauge(
    "uspeech_queue_oldest_seconds",
    "How long the oldest waits that could be taken.",
    ["queue"],
  );

  readonly tasksEnded = this.#gauge("uspeech_tasks_ended", "Tasks that ended in the last hour.", [
    "status",
    "error_reason",
  ]);

  readonly audioSeconds = this.#gauge(
    "uspeech_audio_seconds",
    "Length of the recordings that were transcribed in the last hour.",
  );

  readonly speechSeconds = this.#gauge("uspeech_speech_seconds", "Speech in them: what is charged.");

  readonly realTimeFactor = this.#gauge(
    "uspeech_real_time_factor",
    "Time that transcribing them took, waits for workers included, by their length.",
  );

  constructor() {
    collectDefaultMetrics({ register: this.#registry });
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  /** In Prometheus' text format. */
  text(): Promise<string> {
    return this.#registry.metrics();
  }

  #gauge<const L extends string = never>(name: string, help: string, labelNames: L[] = []): Gauge<L> {
    return new Gauge({ name, help, labelNames, registers: this.#registers });
  }
}
