import type { Config } from "../config/config.ts";
import { readOnly } from "../http/fields.ts";
import { type Output, serializer } from "../http/serializer.ts";
import { oneOf } from "../http/shapes.ts";
import { OpenAiError } from "./errors.ts";

export const MODEL = serializer("OpenAiModel", {
  id: readOnly("string"),
  object: readOnly(oneOf(["model"])),
  created: readOnly("integer", { help: "Unix time at which the server was started." }),
  owned_by: readOnly("string"),
});

/** What most clients ask for, whatever serves them. */
const ALIAS = "whisper-1";

/** What the model in use is called. */
export function modelName({ model, openai }: Pick<Config, "model" | "openai">): string {
  return openai?.model ?? model;
}

/** The model in use under the names that it can be asked for by. @param since when the server was started */
export function offeredModels(config: Pick<Config, "model" | "openai">, since: Date): Output<typeof MODEL>[] {
  const created = Math.floor(since.getTime() / 1000);
  const names = new Set([modelName(config), ALIAS]);
  return [...names].map((id) => ({ id, object: "model", created, owned_by: "uspeech" }));
}

/** @throws {OpenAiError} 404 where there is no model of that name */
export function theModel(models: readonly Output<typeof MODEL>[], id: string): Output<typeof MODEL> {
  const found = models.find((model) => model.id === id);
  if (found) return found;
  const names = models.map((model) => `"${model.id}"`).join(" or ");
  throw new OpenAiError(404, `The model "${id}" does not exist here. Ask for ${names}.`, {
    param: "model",
    code: "model_not_found",
  });
}
