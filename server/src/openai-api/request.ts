import type { StoredBlob } from "../blobs/blob-store.ts";
import type { Config } from "../config/config.ts";
import { LIMITS } from "../config/limits.ts";
import { ValidationError } from "../http/errors.ts";
import { boolean, char, choice, fileField, multipleChoice, number } from "../http/fields.ts";
import { type Form, serializer, type Valid } from "../http/serializer.ts";
import { ISO_639_1 } from "../projects/languages.ts";
import { spokenBy, unspoken } from "../speech/needed-model.ts";
import { modelName } from "./models.ts";

export const RESPONSE_FORMATS = ["json", "text", "srt", "verbose_json", "vtt"] as const;
export type ResponseFormat = (typeof RESPONSE_FORMATS)[number];

/** OpenAI's form for a transcription. */
export const TRANSCRIPTION_REQUEST = serializer("OpenAiTranscription", {
  file: fileField<StoredBlob>({ maxLength: LIMITS.files.filenameCharactersMax }),
  model: char({ maxLength: 255, help: "The name of the model in use, or `whisper-1`." }),
  language: choice(ISO_639_1, { required: false, help: "ISO 639-1; found out where not given." }),
  response_format: choice(RESPONSE_FORMATS, { default: "json" }),
  "timestamp_granularities[]": multipleChoice(["word", "segment"], {
    required: false,
    help: "With `verbose_json` alone. Segments are always given.",
  }),
  prompt: char({ required: false, allowBlank: true, help: "Without effect." }),
  temperature: number({ required: false, min: 0, max: 1, help: "Without effect." }),
  stream: boolean({ default: false, help: "Only `false`." }),
});

/** What was asked for. @throws {ValidationError} */
export async function readRequest(
  config: Config,
  form: Form<StoredBlob>,
): Promise<Valid<typeof TRANSCRIPTION_REQUEST>> {
  const wanted = await TRANSCRIPTION_REQUEST.validate(form);
  const { language, response_format, stream } = wanted;
  if (stream)
    throw new ValidationError({ stream: ["Streaming is not supported. Leave this out, or send false."] });
  if (wanted["timestamp_granularities[]"] && response_format !== "verbose_json")
    throw new ValidationError({
      "timestamp_granularities[]": ['Times are given with the response_format "verbose_json" only.'],
    });
  const fault = language === undefined ? null : unspoken(language, spokenBy(config));
  if (fault)
    throw new ValidationError({
      language: [`The model ${modelName(config)} does not speak ${fault.language}.`],
    });
  return wanted;
}
