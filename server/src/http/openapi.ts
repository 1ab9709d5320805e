/** The OpenAPI 3.1 document of everything that `view` put on the server, from the definitions that answer requests. */

import type {
  OpenApiDocument,
  OpenApiOperation,
  OpenApiParameter,
  OpenApiPath,
  OpenApiResponse,
} from "./openapi-document.ts";
import type { Parameter } from "./query.ts";
import type { Serializer } from "./serializer.ts";
import type { ApiServer } from "./server.ts";
import { type JsonSchema, type Shape, shape } from "./shapes.ts";
import { type Action, type Dialect, type Method, type View, view } from "./view.ts";

export interface ApiInfo {
  title: string;
  version: string;
  description: string;
  /** Path items of routes that are no views, as OpenAPI has them. */
  paths?: Record<string, OpenApiPath>;
}

const MEDIA_TYPES = ["application/json", "application/vnd.oai.openapi+json"];

/**
 * Puts the document at `GET /api/schema/`, for anybody.
 *
 * @returns gives the document; it holds the views put before it was first asked for
 */
export function addSchemaView<Actor>(server: ApiServer<Actor>, info: ApiInfo): () => OpenApiDocument {
  let made: OpenApiDocument | undefined;
  const document = () => (made ??= openApi(server.views, info));
  view(server, "/api/schema/", {
    name: "Schema",
    tag: "Schema",
    permission: "public",
    produces: MEDIA_TYPES,
    actions: {
      GET: {
        summary: "This document.",
        responses: { 200: shape<unknown>("nested object", { type: "object" }) },
        handle(call) {
          const wanted = call.request.headers.accept?.includes(MEDIA_TYPES[1] ?? "") ? 1 : 0;
          return { status: 200, body: document(), headers: { "content-type": MEDIA_TYPES[wanted] ?? "" } };
        },
      },
    },
  });
  return document;
}

/** The document, as plain JSON. */
export function openApi<Actor>(
  views: readonly { path: string; view: View<Actor> }[],
  info: ApiInfo,
): OpenApiDocument {
  const schemas: Record<string, JsonSchema> = { Detail: DETAIL, FieldErrors: FIELD_ERRORS };
  const paths: Record<string, OpenApiPath> = {};
  for (const { path, view } of views) {
    paths[path.replace(/:(\w+)/g, "{$1}")] = pathItem(path, view, schemas);
  }
  const { title, version, description } = info;
  return {
    openapi: "3.1.0",
    info: { title, version, description },
    security: [{ ApiKey: [] }, { Session: [] }],
    paths: { ...paths, ...info.paths },
    components: {
      schemas,
      responses: RESPONSES,
      securitySchemes: {
        ApiKey: {
          type: "apiKey",
          in: "header",
          name: "Authorization",
          description: "`Api-Key <prefix>.<secret>`",
        },
        Bearer: { type: "http", scheme: "bearer", description: "The same keys: `Bearer <prefix>.<secret>`" },
        Session: {
          type: "apiKey",
          in: "cookie",
          name: "sessionid",
          description:
            "From `POST /api/auth/login/`. Unsafe methods need the header `X-CSRFToken` with the cookie `csrftoken`.",
        },
      },
    },
  };
}

const DETAIL: JsonSchema = {
  type: "object",
  properties: {
    detail: { type: "string" },
    reason: {
      type: "string",
      enum: ["free_trial_exceeded", "minutes_exceeded", "subscription_inactive"],
      description: "Only for limits of usage.",
    },
  },
  required: ["detail"],
};

const FIELD_ERRORS: JsonSchema = {
  type: "object",
  description: "Every faulty field with what is wrong; `non_field_errors` for the body as a whole.",
  additionalProperties: { type: "array", items: { type: "string" } },
};

function errorResponse(description: string, headers?: Record<string, string>): OpenApiResponse {
  const schema = { $ref: "#/components/schemas/Detail" };
  const described = Object.entries(headers ?? {}).map(
    ([name, text]) => [name, { description: text, schema: { type: "string" } }] as const,
  );
  return {
    description,
    ...(headers && { headers: Object.fromEntries(described) }),
    content: { "application/json": { schema } },
  };
}

const RESPONSES: Record<string, OpenApiResponse> = {
  Invalid: {
    description: "The body or the query is invalid.",
    content: {
      "application/json": {
        schema: {
          anyOf: [{ $ref: "#/components/schemas/FieldErrors" }, { $ref: "#/components/schemas/Detail" }],
        },
      },
    },
  },
  NotAuthenticated: errorResponse("No credentials were supplied.", { "WWW-Authenticate": "`Api-Key`" }),
  Forbidden: errorResponse("The credentials are not good, or do not reach this far."),
  NotFound: errorResponse("It does not exist, or the caller may not see it."),
  TooLarge: errorResponse("The body is larger than the limit."),
  UnsupportedMediaType: errorResponse("The body is not of the media type that is asked for."),
  Throttled: errorResponse("Too many requests.", { "Retry-After": "Seconds to wait." }),
  ServerError: errorResponse("Anything else that goes wrong."),
};

/** Parts of paths that are no ids. */
const TEXT_PARAMETERS = new Set(["token", "model"]);

function pathItem<Actor>(path: string, view: View<Actor>, schemas: Record<string, JsonSchema>): OpenApiPath {
  const names = [...path.matchAll(/:(\w+)/g)].map((match) => match[1] ?? "");
  const parameters = names.map((name): OpenApiParameter => ({
    name,
    in: "path",
    required: true,
    schema: TEXT_PARAMETERS.has(name) ? { type: "string" } : { type: "integer", minimum: 1 },
  }));
  const operations = Object.entries(view.actions).map(([method, action]) => [
    method.toLowerCase(),
    operation(path, view, method as Method, action, schemas),
  ]);
  return { ...(parameters.length > 0 && { parameters }), ...Object.fromEntries(operations) };
}

function operation<Actor>(
  path: string,
  view: View<Actor>,
  method: Method,
  action: Action<Actor>,
  schemas: Record<string, JsonSchema>,
): OpenApiOperation {
  const { summary, description, query, body } = action;
  return {
    operationId: operationId(path, method, action),
    tags: [view.tag],
    summary,
    ...(description && { description }),
    ...(view.permission === "public" && { security: [] }),
    ...(view.dialect && { security: [{ [view.dialect.security]: [] }] }),
    ...(query?.length && { parameters: query.map(inQuery) }),
    ...(body && { requestBody: requestBody(method, body, schemas) }),
    responses: { ...answers(view, action, schemas), ...errors(path, view, action, schemas) },
  };
}

function inQuery({ name, description, schema }: Parameter): OpenApiParameter {
  return { name, in: "query", description, schema };
}

/** As drf-spectacular names them: `projects_list`, `files_transcribe_create`. */
function operationId<Actor>(path: string, method: Method, action: Action<Actor>): string {
  const words = path.split("/").filter((part) => part !== "" && part !== "api" && !part.startsWith(":"));
  const properties = action.responses[200]?.schema["properties"];
  const isList =
    typeof properties === "object" &&
    properties !== null &&
    ("results" in properties || "data" in properties);
  const verbs = {
    GET: "retrieve",
    POST: "create",
    PUT: "update",
    PATCH: "partial_update",
    DELETE: path.includes(":") ? "destroy" : "destroy_all",
  };
  return [...words, method === "GET" && isList ? "list" : verbs[method]].join("_").replaceAll("-", "_");
}

function requestBody(method: Method, body: Serializer, schemas: Record<string, JsonSchema>) {
  const partial = method === "PATCH";
  const name = `${partial ? "Patched" : ""}${body.name}Request`;
  schemas[name] = body.requestSchema({ partial });
  const mediaType = body.multipart ? "multipart/form-data" : "application/json";
  return { required: true, content: { [mediaType]: { schema: { $ref: `#/components/schemas/${name}` } } } };
}

function answers<Actor>(
  view: View<Actor>,
  action: Action<Actor>,
  schemas: Record<string, JsonSchema>,
): Record<string, OpenApiResponse> {
  const mediaTypes = view.produces ?? ["application/json"];
  const answer = (shape: Shape<unknown> | null, status: string): OpenApiResponse => {
    if (shape === null) return { description: withoutShape(view, status) };
    Object.assign(schemas, shape.components);
    const isText = (mediaType: string) => view.dialect !== undefined && !mediaType.endsWith("json");
    const content = Object.fromEntries(
      mediaTypes.map((mediaType) => [
        mediaType,
        { schema: isText(mediaType) ? { type: "string" } : shape.schema },
      ]),
    );
    return { description: "Done.", content };
  };
  return Object.fromEntries(
    Object.entries(action.responses).map(([status, shape]) => [status, answer(shape, status)]),
  );
}

/** Where there is no body, or one that is no JSON. */
function withoutShape<Actor>({ produces }: View<Actor>, status: string): string {
  if (status === "204") return "Done.";
  if (produces?.includes("*/*")) return "Bytes, under the media type that they have.";
  return produces && status.startsWith("2")
    ? `As ${produces.map((mediaType) => `\`${mediaType}\``).join(" or ")}.`
    : "Without a body.";
}

function errors<Actor>(
  path: string,
  view: View<Actor>,
  action: Action<Actor>,
  schemas: Record<string, JsonSchema>,
): OpenApiOperation["responses"] {
  if (view.dialect) return { default: errorOf(view.dialect, schemas) };
  return {
    ...((action.body || action.query) && { 400: responseRef("Invalid") }),
    ...(view.permission !== "public" && { 401: responseRef("NotAuthenticated") }),
    403: responseRef("Forbidden"),
    ...((path.includes(":") || action.query) && { 404: responseRef("NotFound") }),
    ...(action.body && { 413: responseRef("TooLarge"), 415: responseRef("UnsupportedMediaType") }),
    429: responseRef("Throttled"),
    default: responseRef("ServerError"),
  };
}

function errorOf(
  { error }: Pick<Dialect<never>, "error">,
  schemas: Record<string, JsonSchema>,
): OpenApiResponse {
  Object.assign(schemas, error.components);
  return {
    description: "Anything that goes wrong.",
    content: { "application/json": { schema: error.schema } },
  };
}

function responseRef(name: string): { $ref: string } {
  return { $ref: `#/components/responses/${name}` };
}
