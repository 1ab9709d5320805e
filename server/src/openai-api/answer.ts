import { EXPORT_FORMATS, type ExportDocument, render } from "../exports/export.ts";
import { joinTexts } from "../exports/pieces.ts";
import { readOnly } from "../http/fields.ts";
import { type Output, serializer } from "../http/serializer.ts";
import { arrayOf, objectOf, shape } from "../http/shapes.ts";
import type { Answer } from "../http/view.ts";
import type { Turn, Word } from "../pipeline/transcript.ts";
import type { ResponseFormat } from "./request.ts";

const PLAIN = serializer("OpenAiText", { text: readOnly("string") });

const SEGMENT = serializer("OpenAiSegment", {
  id: readOnly("integer"),
  start: readOnly("number"),
  end: readOnly("number"),
  text: readOnly("string", { help: "Empty where it was withheld." }),
  avg_logprob: readOnly("number", { help: "Where the model says how sure it is.", mayLack: true }),
});

type Segment = Output<typeof SEGMENT>;

const VERBOSE = serializer("OpenAiVerboseText", {
  task: readOnly("string"),
  language: readOnly("string", { help: "Its English name in lower case; empty where not known." }),
  duration: readOnly("number"),
  text: readOnly("string"),
  segments: readOnly(arrayOf(SEGMENT.shape)),
  words: readOnly(arrayOf(objectOf({ word: "string", start: "number", end: "number" })), {
    help: "Where they were asked for.",
    mayLack: true,
  }),
});

/** What is answered as JSON. */
export const JSON_ANSWER = shape<Output<typeof VERBOSE> | Output<typeof PLAIN>>(
  "nested object",
  { anyOf: [VERBOSE.shape.schema, PLAIN.shape.schema] },
  { ...VERBOSE.shape.components, ...PLAIN.shape.components },
);

const TEXT_FORMATS = { text: "txt", srt: "srt", vtt: "vtt" } as const;

/** Media types of all answers. */
export const ANSWER_MEDIA_TYPES = [
  "application/json",
  ...Object.values(TEXT_FORMATS).map((type) => EXPORT_FORMATS[type].mime.split(";")[0] ?? ""),
];

/** A transcript as the client asked for it. */
export async function answerWith(
  document: ExportDocument,
  wanted: { format: ResponseFormat; withWords: boolean },
): Promise<Answer> {
  const { format } = wanted;
  if (format === "json") return { status: 200, body: { text: textOf(document) } };
  if (format === "verbose_json") return { status: 200, body: verbose(document, wanted.withWords) };
  const type = TEXT_FORMATS[format];
  const bytes = await render(type, format === "text" ? withoutNames(document) : document);
  return { status: 200, bytes, headers: { "content-type": EXPORT_FORMATS[type].mime } };
}

function textOf({ transcript }: ExportDocument): string {
  return joinTexts(transcript.turns.map((turn) => turn.text));
}

/** Clients expect words there, and no times and names before them. */
function withoutNames(document: ExportDocument): ExportDocument {
  return { ...document, returnTimestamps: false, transcript: { ...document.transcript, speakers: [] } };
}

function verbose(document: ExportDocument, withWords: boolean): Output<typeof VERBOSE> {
  const { language, durationSeconds, turns } = document.transcript;
  return {
    task: "transcribe",
    language: englishName(language),
    duration: durationSeconds,
    text: textOf(document),
    segments: turns.map(segmentOf),
    ...(withWords && { words: turns.flatMap((turn) => turn.words.map(wordOf)) }),
  };
}

/** @param language ISO 639-1, or empty */
function englishName(language: string): string {
  if (language === "") return "";
  return new Intl.DisplayNames(["en"], { type: "language" }).of(language)?.toLowerCase() ?? language;
}

function segmentOf({ start, end, text, words }: Turn, id: number): Segment {
  const probability = averageLogProbability(words);
  return { id, start, end, text, ...(probability !== null && { avg_logprob: probability }) };
}

/** Of words, where OpenAI's is of tokens; null where any word has no confidence. */
function averageLogProbability(words: readonly Word[]): number | null {
  let sum = 0;
  for (const { confidence } of words) {
    if (confidence === null || confidence <= 0) return null;
    sum += Math.log(confidence);
  }
  return words.length === 0 ? null : sum / words.length;
}

function wordOf({ text, start, end }: Word) {
  return { word: text, start, end };
}
