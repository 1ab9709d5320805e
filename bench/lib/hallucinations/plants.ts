/** The ways in which speech models invent text, made to order. */
import type { Hearing, SpokenWord } from "../../../server/test/openai-server.ts";

/** What is really said in a clip. */
export interface Truth {
  words: SpokenWord[];
  /** Length of the clip. */
  seconds: number;
  /** Where the last speech in it ends. */
  speechEnd: number;
}

export interface Plant {
  hearing: Hearing;
  /** The words that nobody said, in order. */
  invented: string[];
}

/** Makes the nth plant of its kind for a clip. */
export type Planter = (truth: Truth, n: number) => Plant;

/** Kinds that are planted into speech. */
export const SPEECH_PLANTS = {
  "loop of a clause": (truth) => {
    const clause = lastWords(truth, 4 + (truth.words.length % 4));
    return ending(truth, Array.from({ length: 9 }, () => clause).flat());
  },
  "loop of a word": (truth) => ending(truth, Array.from({ length: 30 }, () => lastWords(truth, 1)).flat()),
  "invented ending": (truth, n) => ending(truth, sentence(n)),
  "invented ending, no times": (truth, n) => untimed(ending(truth, sentence(n))),
  // The commonest of all, and the hardest: a few words more in a long clip are no hurry.
  "short ending, no times": (truth, n) => untimed(ending(truth, `was published ${at(TIMES, n)}`.split(" "))),
  "times past the end": (truth, n) => {
    const late = 2 + (n % 12) * 2;
    const words = truth.words.map(({ word, start, end }) => ({ word, start: start + late, end: end + late }));
    return { hearing: { text: textOf(words), words }, invented: words.map(({ word }) => word) };
  },
  "impossible rate": (truth, n) => {
    const words = Array.from({ length: 8 }, (_, i) => sentence(n + i)).flat();
    return untimed(instead(truth, words.slice(0, Math.max(12, Math.ceil(truth.seconds * 9)))));
  },
} as const satisfies Record<string, Planter>;

/** Written for every clip of a whole recording. */
export const CREDIT_LINE: Planter = (truth) =>
  instead(truth, "Subtitles by the Amara.org community".split(" "));

/** Written for sound without speech. */
export const SOUND_PLANTS = {
  "sentence over sound": (truth, n) => untimed(instead(truth, sentence(n))),
  "phantom line over sound": (truth, n) => untimed(instead(truth, at(LINES, n).split(" "))),
} as const satisfies Record<string, Planter>;

const LINES = [
  "Thank you for watching!",
  "Thanks for watching!",
  "Please subscribe to my channel.",
  "See you in the next video.",
  "Subtitles by the Amara.org community",
];

/** Words after the last word that was said, squeezed into what is left of the clip: so Whisper times what it invents. */
function ending(truth: Truth, invented: readonly string[]): Plant {
  const words = [...truth.words, ...spread(invented, truth.speechEnd, truth.seconds)];
  return { hearing: { text: textOf(words), words }, invented: [...invented] };
}

function instead(truth: Truth, invented: readonly string[]): Plant {
  const words = spread(invented, 0, truth.seconds);
  return { hearing: { text: textOf(words), words }, invented: [...invented] };
}

function untimed({ hearing, invented }: Plant): Plant {
  return { hearing: { text: hearing.text }, invented };
}

function spread(texts: readonly string[], from: number, until: number): SpokenWord[] {
  const step = Math.max(0, until - from) / texts.length;
  return texts.map((word, i) => ({ word, start: from + i * step, end: from + (i + 1) * step }));
}

export function textOf(words: readonly SpokenWord[]): string {
  return words.map(({ word }) => word).join(" ");
}

function lastWords({ words }: Truth, count: number): string[] {
  return words.slice(-count).map(({ word }) => word.replaceAll(/[^\p{L}\p{N}'’]/gu, "").toLowerCase());
}

const SUBJECTS = [
  "The second edition of the book",
  "A committee of seven members",
  "His younger brother",
  "The new railway station",
  "Nobody in the village",
  "An early version of the report",
  "The company",
  "Her first collection of poems",
  "The museum in the old harbour",
  "Most of the passengers",
];

const VERBS = [
  "was published",
  "had been sold to a bank",
  "moved to Boston",
  "was finally completed",
  "asked for a larger house",
  "remained in use",
  "won a national prize",
  "closed its doors",
];

const TIMES = [
  "in 1965.",
  "two years later.",
  "at the end of the war.",
  "on a Sunday in March.",
  "for more than a century.",
  "shortly before Christmas.",
  "without any explanation.",
];

function at(list: readonly string[], i: number): string {
  return list[i % list.length] ?? "";
}

/** One of 560 fluent sentences of 6 to 15 words that no recording holds. */
function sentence(n: number): string[] {
  return `${at(SUBJECTS, n)} ${at(VERBS, n * 3 + 1)} ${at(TIMES, n * 5 + 2)}`.split(" ");
}
