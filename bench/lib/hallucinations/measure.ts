/** Hears one recording as it is, and then with text planted into it. */
import type { Recording } from "../../../server/src/pipeline/source.ts";
import type { Outcome } from "../../../server/src/pipeline/transcript.ts";
import type { SpeechEngine } from "../../../server/src/speech/recogniser.ts";
import { openRecording, transcribeRecording } from "../hear-recording.ts";
import { heardTurns } from "../heard-turns.ts";
import type { Item } from "./collection.ts";
import type { Liar, Plan, Sent } from "./liar.ts";
import { CREDIT_LINE, type Planter, SOUND_PLANTS, SPEECH_PLANTS } from "./plants.ts";
import { isTrue, shownShare } from "./score.ts";

/** One of the bench's lanes: recordings of a lane are heard one after the other. */
export interface Lane {
  /** What its requests call their model. */
  name: string;
  engine: SpeechEngine;
  liar: Liar;
  /** Only this kind of plant; null for all. */
  kind: string | null;
}

/** One plant, or one turn that was true. */
export type Measured =
  | {
      side: "planted";
      kind: string;
      file: string;
      /** Not shown as trusted. */
      isFound: boolean;
      /** Shown, with a flag. */
      isFlagged: boolean;
      /** All that is shown as trusted. */
      shown: string;
      evidence: string[];
    }
  | { side: "true"; file: string; flag: string | null; text: string; evidence: string[] };

/** So much of an invented text may be left, as words that were also said. */
const SHOWN_SHARE_MAX = 0.2;

/** From so many clips on, a recording is long enough for a credit line over all of them. */
const CREDIT_CLIPS_MIN = 5;

const KINDS = Object.entries<Planter>(SPEECH_PLANTS);

/** @param index tells which kinds are planted: they take turns */
export async function measureRecording(item: Item, index: number, lane: Lane): Promise<Measured[]> {
  const recording = await openRecording(item.file);
  if (item.reference === null) return soundRuns(recording, item, index, lane);
  lane.liar.begin(lane.name, null);
  const honest = await transcribeRecording(recording, "en", lane.engine);
  const { heard: firstLooks } = lane.liar.end(lane.name);
  const measured = trueTurns(honest, item.file, item.reference);
  for (const [kind, plan] of speechPlans(index, firstLooks.size)) {
    if (lane.kind !== null && !kind.startsWith(lane.kind)) continue;
    lane.liar.begin(lane.name, plan, firstLooks);
    const outcome = await transcribeRecording(recording, "en", lane.engine);
    const { sent } = lane.liar.end(lane.name);
    measured.push(...plantedOf(kind, item.file, sent, outcome, shownText(honest)));
  }
  return measured;
}

function* speechPlans(index: number, clips: number): Generator<[string, Plan]> {
  for (const at of [index, index + 3]) {
    const [kind, plant] = KINDS[at % KINDS.length] ?? ["", CREDIT_LINE];
    const isStubborn = index % 2 === 0;
    yield [kind, { plant, isSound: false, isStubborn, every: 3 }];
    yield [kind, { plant, isSound: false, isStubborn: !isStubborn, every: 3 }];
  }
  if (clips >= CREDIT_CLIPS_MIN)
    yield ["credit line over all", { plant: CREDIT_LINE, isSound: false, isStubborn: true, every: 1 }];
}

async function soundRuns(recording: Recording, item: Item, index: number, lane: Lane): Promise<Measured[]> {
  const measured: Measured[] = [];
  const plans = Object.entries<Planter>(SOUND_PLANTS).filter(
    ([kind]) => lane.kind === null || kind.startsWith(lane.kind),
  );
  for (const [kind, plant] of plans) {
    lane.liar.begin(lane.name, { plant, isSound: true, isStubborn: index % 2 === 0, every: 1 });
    const outcome = await transcribeRecording(recording, "en", lane.engine);
    const { sent } = lane.liar.end(lane.name);
    const shown = shownText(outcome);
    const evidence = evidenceOf(outcome);
    const whole = { invented: sent.flatMap(({ invented }) => invented), truth: [] };
    // One recording counts once: the detector lets most of them through to no model at all.
    const [one] = plantedOf(kind, item.file, [whole], outcome, "");
    measured.push(
      one ?? { side: "planted", kind, file: item.file, isFound: true, isFlagged: false, shown, evidence },
    );
  }
  return measured;
}

/** What is shown with a flag; as trusted, without one. */
function shownText(outcome: Outcome, flag: "doubtful" | null = null): string {
  const turns = heardTurns(outcome).filter((turn) => turn.flag === flag);
  return turns.map(({ text }) => text).join(" ");
}

function evidenceOf(outcome: Outcome): string[] {
  const list = outcome.kind === "failed" ? outcome.detail.evidence : outcome.evidence;
  return [...new Set(list.map(({ kind }) => kind))];
}

function plantedOf(
  kind: string,
  file: string,
  sent: readonly Sent[],
  outcome: Outcome,
  honest: string,
): Measured[] {
  const shown = shownText(outcome);
  const evidence = evidenceOf(outcome);
  return sent.map(({ invented }) => ({
    side: "planted",
    kind,
    file,
    isFound: isFound(kind, invented, outcome, honest),
    isFlagged: shownShare(invented, shownText(outcome, "doubtful"), honest) > SHOWN_SHARE_MAX,
    shown,
    evidence,
  }));
}

/** Times past the end are found where the text with them is not taken; of the rest, the words must not be shown. */
function isFound(kind: string, invented: readonly string[], outcome: Outcome, honest: string): boolean {
  if (kind === "times past the end") return outcome.kind === "failed" || hasHonestTimes(outcome);
  return shownShare(invented, shownText(outcome), honest) <= SHOWN_SHARE_MAX;
}

/** A second look has other times; what was withheld has none. Late times would be pressed against their segment's end. */
function hasHonestTimes(outcome: Extract<Outcome, { kind: "transcribed" }>): boolean {
  const trusted = outcome.transcript.turns.filter(({ flags }) => flags.length === 0);
  return trusted.every(({ words }) => {
    const pressed = words.filter(({ start, end }) => end - start <= 0.0015);
    return pressed.length <= words.length / 2;
  });
}

/** Turns of the recording as it is; those that were accused where they are true, or the whole recording was. */
function trueTurns(outcome: Outcome, file: string, reference: string): Measured[] {
  return heardTurns(outcome)
    .filter(({ flag, text }) => flag === null || flag === "failed" || isTrue(text, reference))
    .map(({ flag, text }) => ({
      side: "true",
      file,
      flag,
      text,
      evidence: flag === null ? [] : evidenceOf(outcome),
    }));
}
