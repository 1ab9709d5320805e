/** Makes turns of timed words: split at sentence ends, at pauses, and where another speaker or standing begins. */
import { SAMPLE_RATE_HZ } from "../speech/recogniser.ts";
import { textOf } from "./heard.ts";
import type { Reading, Standing } from "./looks.ts";
import { boundsOf } from "./segments.ts";
import type { Turn, TurnFlag } from "./transcript.ts";
import type { TimedWord } from "./word-times.ts";

/** A reading with its words in time and its speaker. */
export interface SpokenReading {
  reading: Reading;
  /** Empty where nothing was heard or the text is withheld. */
  words: TimedWord[];
  speaker: number | null;
}

export const TURNS = {
  /** A silence of this length ends a turn: in talk, gaps within a person's turn are mostly shorter than one second. */
  pauseSecondsMax: 1,
  /** Sentences end sooner or later; where a model writes no full stops, turns end at the next word after this long. */
  secondsMax: 30,
} as const;

/** A list of its own for each turn. */
const flagsOf = (standing: Standing): TurnFlag[] => (standing === "kept" ? [] : [standing]);

/** Words that stand in one turn, and how far they are to be trusted. */
interface Group {
  words: TimedWord[];
  standing: Standing;
  speaker: number | null;
}

/** Turns of one voice, in order. @param readings in the order of time */
export function turnsOf(readings: readonly SpokenReading[]): Turn[] {
  const turns: Turn[] = [];
  let group: Group | null = null;
  const close = () => {
    if (group !== null) turns.push(turnOf(group));
    group = null;
  };
  for (const { reading, words, speaker } of readings) {
    const { standing } = reading;
    if (standing === "withheld") {
      close();
      turns.push(...untimedTurn(reading, speaker));
    }
    for (const word of words) {
      if (group !== null && endsBefore(group, word, standing, speaker)) close();
      group ??= { words: [], standing, speaker };
      group.words.push(word);
    }
  }
  close();
  return turns;
}

const SENTENCE_END = /(?:[.?!…]["'”’)\]]*|[。？！」]+)$/u;

/** "Mr." and the like end no sentence; nor does the point of an initial. */
const ABBREVIATION = /^["'“‘(]*(?:mr|mrs|ms|dr|prof|st|vs|no|\p{L})\.$/iu;

/** Whether a word is the last of its sentence. */
export function endsSentence(text: string): boolean {
  return SENTENCE_END.test(text) && !ABBREVIATION.test(text);
}

function endsBefore(group: Group, word: TimedWord, standing: Standing, speaker: number | null): boolean {
  const last = group.words.at(-1);
  const first = group.words[0];
  if (last === undefined || first === undefined) return false;
  if (standing !== group.standing || speaker !== group.speaker) return true;
  if (endsSentence(last.text)) return true;
  return word.start - last.end > TURNS.pauseSecondsMax || word.end - first.start > TURNS.secondsMax;
}

function turnOf({ words, standing, speaker }: Group): Turn {
  return {
    start: words[0]?.start ?? 0,
    end: words.at(-1)?.end ?? 0,
    speaker,
    text: textOf(words),
    flags: flagsOf(standing),
    words: words.map(({ text, start, end, confidence, timing }) => ({
      text,
      start,
      end,
      confidence,
      timing,
    })),
  };
}

/** A reading as one turn without words, over the speech in it; its text unless that is withheld. None where it is empty. */
export function untimedTurn({ segment, heard, standing }: Reading, speaker: number | null): Turn[] {
  if (heard.words.length === 0) return [];
  const { startSample, endSample } = boundsOf(segment.spans);
  const [start, end] = [startSample / SAMPLE_RATE_HZ, endSample / SAMPLE_RATE_HZ];
  const text = standing === "withheld" ? "" : textOf(heard.words);
  return [{ start, end, speaker, text, flags: flagsOf(standing), words: [] }];
}
