/** Whether an answer is as the OpenAPI document says. */

import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import type { Document, Operation, Response } from "./document.ts";
import { resolve } from "./document.ts";
import type { FuzzAnswer } from "./send.ts";

/** Whose bodies are checked against the schemas of a document. */
export class Answers {
  readonly #document: Document;
  readonly #ajv = new Ajv2020({ strict: false, allErrors: true });
  readonly #compiled = new Map<unknown, ValidateFunction>();

  constructor(document: Document) {
    this.#document = document;
    addFormats.default(this.#ajv);
    this.#ajv.addSchema({ $id: "document", components: document.components });
  }

  /** What is wrong with an answer; empty where nothing is. */
  faults(operation: Operation, method: string, answer: FuzzAnswer): string[] {
    const { status, headers } = answer;
    const faults = status >= 500 && !(String(status) in operation.responses) ? [`status ${status}`] : [];
    if (headers["x-request-id"] === undefined && status !== 400 && status !== 431)
      faults.push("no X-Request-Id");
    const scheme = operation.path.startsWith("/v1/") ? "Bearer" : "Api-Key";
    if (status === 401 && headers["www-authenticate"] !== scheme) faults.push("no WWW-Authenticate");
    if (status === 405 && !headers.allow) faults.push("no Allow");
    if (status === 405 || method === "OPTIONS" || method === "HEAD") return faults;
    const declared =
      operation.responses[String(status)] ?? (status >= 400 ? operation.responses["default"] : undefined);
    if (!declared) return [...faults, `status ${status} is not declared`];
    return [...faults, ...this.#bodyFaults(resolve(this.#document, { ...declared }), answer)];
  }

  #bodyFaults({ content }: Response, { status, headers, body }: FuzzAnswer): string[] {
    const mediaType = headers["content-type"]?.split(";")[0] ?? "";
    const declared = status >= 400 ? content?.["application/json"] : content?.[mediaType];
    if (!content) return status === 204 && body !== "" ? ["a body where none is declared"] : [];
    if (!declared) return [`content type ${mediaType} is not declared`];
    if (status >= 400 && mediaType !== "application/json") return [`an error as ${mediaType}`];
    const check = this.#validator(declared.schema);
    return check(JSON.parse(body)) ? [] : [this.#ajv.errorsText(check.errors), body.slice(0, 300)];
  }

  #validator(schema: object): ValidateFunction {
    const known = this.#compiled.get(schema);
    if (known) return known;
    const rooted = JSON.parse(JSON.stringify(schema).replaceAll('"#/components', '"document#/components'));
    const compiled = this.#ajv.compile(rooted);
    this.#compiled.set(schema, compiled);
    return compiled;
  }
}
