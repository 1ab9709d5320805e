/** A recognition server that knows what is said, and is told what to say instead. */
import { createHash } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { sharedWords } from "../../../server/src/pipeline/evidence/agreement.ts";
import { estimate } from "../../../server/src/pipeline/word-times.ts";
import { SAMPLE_RATE_HZ, type SpeechEngine } from "../../../server/src/speech/recogniser.ts";
import { type Call, type OpenAiTestServer, startOpenAiServer } from "../../../server/test/openai-server.ts";
import { textOf, type Planter, type Truth } from "./plants.ts";

/** What is to be planted while one recording is heard. */
export interface Plan {
  plant: Planter;
  /** Sound without speech: there is no truth to begin from. */
  isSound: boolean;
  /** Whether the same is invented again where the guard listens again; else the second look hears what was said. */
  isStubborn: boolean;
  /** One clip of so many gets a plant, the first always. */
  every: number;
}

/** A plant that was sent as an answer. */
export interface Sent {
  invented: string[];
  truth: string[];
}

interface Session {
  plan: Plan;
  /** Clips that were heard without a plan: what comes besides is a second look. */
  firstLooks: ReadonlySet<string>;
  heard: Set<string>;
  clips: number;
  sent: Sent[];
}

/** How much of a second look's words must be those of a planted clip to be a part of it. */
const PART_SHARE_MIN = 0.6;

export class Liar implements AsyncDisposable {
  readonly server: OpenAiTestServer;
  readonly #ears: SpeechEngine;
  readonly #folder: string;
  readonly #truths = new Map<string, Promise<Truth>>();
  /** By the model's name in the request: each lane of the bench has its own. */
  readonly #sessions = new Map<string, Session>();
  #planted = 0;

  /** @param ears a real model, which says what is really said */
  static async start(ears: SpeechEngine): Promise<Liar> {
    const server = await startOpenAiServer();
    const liar = new Liar(server, ears, await mkdtemp(path.join(tmpdir(), "bench-")));
    server.manners.hears = (call) => liar.#answer(call);
    return liar;
  }

  private constructor(server: OpenAiTestServer, ears: SpeechEngine, folder: string) {
    this.server = server;
    this.#ears = ears;
    this.#folder = folder;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server[Symbol.asyncDispose]();
    await rm(this.#folder, { recursive: true, force: true });
  }

  /** From now on, one lane's clips belong to a recording. @param plan null to say what is said */
  begin(lane: string, plan: Plan | null, firstLooks: ReadonlySet<string> = new Set()): void {
    const honest = {
      plant: () => ({ hearing: { text: "" }, invented: [] }),
      isSound: false,
      isStubborn: false,
      every: 0,
    };
    this.#sessions.set(lane, { plan: plan ?? honest, firstLooks, heard: new Set(), clips: 0, sent: [] });
  }

  /** What was heard and planted since a lane began. */
  end(lane: string): { heard: ReadonlySet<string>; sent: readonly Sent[] } {
    this.server.calls.length = 0;
    return this.#sessionOf(lane);
  }

  #sessionOf(lane: string | null): Session {
    const session = this.#sessions.get(lane ?? "");
    if (session === undefined) throw new Error(`Nobody has begun the lane ${lane}.`);
    return session;
  }

  async #answer(call: Call) {
    const session = this.#sessionOf(call.model);
    const { plan } = session;
    const key = createHash("sha256").update(call.samples).digest("base64url");
    session.heard.add(key);
    const truth = await this.#truthOf(key, call);
    const said = { text: textOf(truth.words), words: truth.words };
    if (plan.every === 0 || (truth.words.length === 0 && !plan.isSound)) return said;
    if (!plan.isSound && !session.firstLooks.has(key)) return this.#secondLook(session, truth) ?? said;
    if (session.clips++ % plan.every > 0) return said;
    const { hearing, invented } = plan.plant(truth, this.#planted++);
    session.sent.push({ invented, truth: truth.words.map(({ word }) => word) });
    return hearing;
  }

  /** A part of a planted clip, heard again: one who is stubborn says at its end what he said before. */
  #secondLook({ plan, sent }: Session, truth: Truth) {
    if (!plan.isStubborn) return null;
    const words = truth.words.map(({ word }) => word);
    const whole = sent.find((one) => partShare(words, one.truth) >= PART_SHARE_MIN);
    if (whole === undefined) return null;
    const n = this.#planted++;
    const { hearing, invented } = plan.plant(truth, n);
    whole.invented.push(...invented);
    return hearing;
  }

  #truthOf(key: string, call: Call): Promise<Truth> {
    const truth = this.#truths.get(key) ?? this.#hear(key, call);
    this.#truths.set(key, truth);
    return truth;
  }

  async #hear(key: string, { samples, seconds }: Call): Promise<Truth> {
    const file = path.join(this.#folder, key);
    await writeFile(file, new Uint8Array(samples.buffer));
    const spool = { path: file, channels: 1, samples: samples.length } as const;
    const clip = { spool, mix: "mono", gainDb: 0, startSample: 0, endSample: samples.length } as const;
    const share = { key, signal: new AbortController().signal };
    const { spans } = await this.#ears.detect(clip, share);
    const { text } = await this.#ears.recognise(clip, { language: null }, share);
    await rm(file);
    const words = text.split(/\s+/u).filter(Boolean);
    const speech = spans.map(({ startSample, endSample }) => ({
      start: startSample / SAMPLE_RATE_HZ,
      end: endSample / SAMPLE_RATE_HZ,
    }));
    const where = speech.length > 0 ? speech : [{ start: 0, end: seconds }];
    const times = estimate(
      words.map((word) => ({ text: word })),
      where,
    );
    return {
      words: words.map((word, i) => ({ word, start: times[i]?.start ?? 0, end: times[i]?.end ?? seconds })),
      seconds,
      speechEnd: where.at(-1)?.end ?? seconds,
    };
  }
}

/** Share of a part's words that a whole has in the same order. */
function partShare(part: readonly string[], whole: readonly string[]): number {
  return (sharedWords(part, whole) * Math.max(part.length, whole.length)) / Math.max(1, part.length);
}
