/** What OpenAI's own clients need to have recordings transcribed here. */

import type { Actor } from "../accounts/users.ts";
import type { ApiServer } from "../http/server.ts";
import { arrayOf, objectOf, oneOf } from "../http/shapes.ts";
import { type Dialect, view } from "../http/view.ts";
import { ONCE } from "../idempotency/idempotency.ts";
import { ANSWER_MEDIA_TYPES, JSON_ANSWER } from "./answer.ts";
import { OPENAI_ERROR } from "./errors.ts";
import { MODEL, offeredModels, theModel } from "./models.ts";
import { TRANSCRIPTION_REQUEST } from "./request.ts";
import { transcribeNow, type TranscribeServices } from "./transcribe.ts";

export interface OpenAiApiServices extends Omit<TranscribeServices, "since"> {
  /** Who an `Authorization: Bearer` header speaks for; nothing else is looked at. */
  authenticate: Dialect<Actor>["authenticate"];
}

const MODELS = objectOf({ object: oneOf(["list"]), data: arrayOf(MODEL.shape) });

const TAG = "OpenAI-compatible";

export function openAiRoutes(server: ApiServer<Actor>, services: OpenAiApiServices): void {
  const { authenticate, config, now } = services;
  const dialect = { authenticate, error: OPENAI_ERROR.shape, security: "Bearer" };
  const since = now();
  const models = offeredModels(config, since);
  view(server, "/v1/models", {
    name: "Models",
    tag: TAG,
    dialect,
    actions: {
      GET: {
        summary: "List the model in use, under all its names",
        responses: { 200: MODELS },
        handle: () => ({ status: 200, body: { object: "list", data: models } }),
      },
    },
  });
  view(server, "/v1/models/:model", {
    name: "Model",
    tag: TAG,
    dialect,
    actions: {
      GET: {
        summary: "Read a model",
        responses: { 200: MODEL.shape },
        handle: (call) => ({ status: 200, body: theModel(models, call.param("model")) }),
      },
    },
  });
  view(server, "/v1/audio/transcriptions", {
    name: "Transcriptions",
    tag: TAG,
    dialect,
    produces: ANSWER_MEDIA_TYPES,
    actions: {
      POST: {
        summary: "Transcribe a recording and wait for the text",
        ...ONCE,
        rate: "uploads",
        body: TRANSCRIPTION_REQUEST,
        responses: { 200: JSON_ANSWER },
        handle: (call) => transcribeNow({ ...services, since }, call),
      },
    },
  });
}
