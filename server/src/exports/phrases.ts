/** A break that costs nothing: at the end of a sentence or a turn. */
export const FREE_BREAK = 0;

/**
 * How much a break between two words disturbs reading, from 0 (after a sentence) to 8 (an article parted from its noun). After
 * the line-break rules of the BBC's Subtitle Guidelines and Netflix's Timed Text Style Guide: after punctuation, before
 * conjunctions, before prepositions, never between an article or preposition and what it belongs to.
 */
export function breakPenalty(before: string, after: string): number {
  if (SENTENCE_END.test(before)) return FREE_BREAK;
  if (CLAUSE_END.test(before)) return 1;
  const last = plain(before);
  if (ARTICLES.has(last) || CONJUNCTIONS.has(last) || PREPOSITIONS.has(last)) return 8;
  const next = plain(after);
  if (CONJUNCTIONS.has(next)) return 2;
  if (PREPOSITIONS.has(next)) return 3;
  return 5;
}

const SENTENCE_END = /[.!?…。！？؟۔।॥]["'”’»)\]」』]*$/u;
const CLAUSE_END = /[,;:،؛、，；：—–]["'”’»)\]」』]*$/u;

function plain(word: string): string {
  return word.toLowerCase().replace(/^\p{P}+/u, "");
}

function words(list: string): ReadonlySet<string> {
  return new Set(list.split(" "));
}

const ARTICLES = words(
  "a an the my your his her its our their der die das ein eine einen einem einer le la les un une des l el los las una " +
    "il lo gli i o os as um uma de het een en ett",
);
const CONJUNCTIONS = words(
  "and but or nor so yet because although though while when where if unless until since that which who whose " +
    "und oder aber denn weil dass wenn et ou mais donc car parce que qui quand si y pero porque cuando ma perché " +
    "che quando mas e of maar omdat och men att и а но или что потому когда если який і та або",
);
const PREPOSITIONS = words(
  "in on at by for from with to of into onto over under about after before between through during without against " +
    "von zu mit für auf aus bei nach über unter vor durch ohne dans sur avec pour par sans chez con por para sin " +
    "per tra fra em com na no в на с из по для от до",
);
