/**
 * A URL and what can be done there. A request goes through Django REST framework's checks in its order: `Accept`,
 * who is asking, whether they may, how often, the method; then the view's own code, which looks for the object before
 * it reads the body.
 */

import type { Readable } from "node:stream";
import { finished } from "node:stream/promises";
import type { FastifyReply, FastifyRequest } from "fastify";
import { readJson } from "./body.ts";
import { MethodNotAllowed, NotAuthenticated, NotFound } from "./errors.ts";
import { negotiate } from "./negotiation.ts";
import { int, type Json } from "./python.ts";
import type { Parameter } from "./query.ts";
import type { RateKind } from "./rate-limit.ts";
import type { Serializer } from "./serializer.ts";
import { type ApiServer, type HttpLimits, sendJson } from "./server.ts";
import { nullable, objectOf, arrayOf, type Shape } from "./shapes.ts";

/** In the order in which DRF's `Allow` names them. */
const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"] as const;
export type Method = (typeof METHODS)[number];

/** What a handler gives: a JSON body, bytes, none, or a stream of bytes. */
export interface Answer {
  status: number;
  /** Goes out as JSON, under `content-type` where the headers name another; undefined for none. */
  body?: unknown;
  /** Go out as they are, with a `content-type` among the headers. */
  bytes?: Buffer;
  /** Goes out as it comes, with a `content-type` among the headers; destroyed when the client goes. */
  stream?: Readable;
  headers?: Record<string, string>;
}

/** Who may ask: anybody who is known, anybody at all, or those whom a check lets through by not throwing. */
export type Permission<Actor> = "user" | "public" | ((actor: Actor, request: FastifyRequest) => void);

export interface Action<Actor> {
  /** A short sentence for the documentation. */
  summary: string;
  description?: string;
  /** Query parameters, for the documentation. */
  query?: readonly Parameter[];
  /** What the request's body holds, for the documentation and `OPTIONS`. */
  body?: Serializer;
  /** What is answered with each status; null where there is no body. */
  responses: Record<number, Shape<unknown> | null>;
  /** What it counts as in rate limits; "reads" or "writes", by its method, unless given. */
  rate?: RateKind;
  handle: (call: Call<Actor>) => Promise<Answer> | Answer;
}

/** How the views of another API that is answered here too differ. Its errors are worded by the server's `shapeError`. */
export interface Dialect<Actor> {
  /** Who is asking, in place of the server's own way. */
  authenticate: ApiServer<Actor>["authenticate"];
  /** What its errors look like, for the documentation. */
  error: Shape<unknown>;
  /** The name of its security scheme in the documentation. */
  security: string;
}

export interface View<Actor> {
  /** As in DRF's `OPTIONS`: "Project List". */
  name: string;
  description?: string;
  /** The section of the documentation. */
  tag: string;
  /** "user" unless given. */
  permission?: Permission<Actor>;
  /** Looks at no credentials, so that bad or old ones keep nobody from logging in (DRF's `authentication_classes = []`). */
  anonymous?: boolean;
  /** This server's own unless given. */
  dialect?: Dialect<Actor>;
  /** Media types of the answers. JSON unless given; `*` parts match anything. */
  produces?: readonly string[];
  actions: Partial<Record<Method, Action<Actor>>>;
}

/** One page of these, for an action's responses. */
export function pageOf<S extends Shape<unknown>>(item: S) {
  return objectOf({
    count: "integer",
    next: nullable("string"),
    previous: nullable("string"),
    results: arrayOf(item),
  });
}

/** One request, as a handler sees it. */
export class Call<Actor> {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly query: URLSearchParams;
  /** Scheme and host under which the client reaches this server, without a slash at the end. */
  readonly baseUrl: string;
  /** Aborts when the client goes away before its answer is over. */
  readonly signal: AbortSignal;
  readonly limits: HttpLimits;
  readonly #server: ApiServer<Actor>;
  readonly #actor: Actor | null;

  constructor(server: ApiServer<Actor>, request: FastifyRequest, reply: FastifyReply, actor: Actor | null) {
    this.request = request;
    this.reply = reply;
    this.query = queryOf(request);
    this.baseUrl = server.baseUrl(request);
    this.#server = server;
    this.signal = signalOf(reply);
    this.limits = server.limits;
    this.#actor = actor;
  }

  /** Who is asking. @throws {NotAuthenticated} where that is nobody, which only public views can see */
  get actor(): Actor {
    if (this.#actor === null) throw new NotAuthenticated();
    return this.#actor;
  }

  /** Who is asking, or null. */
  get actorOrNull(): Actor | null {
    return this.#actor;
  }

  /** What `Origin` is for pages of this server. */
  get origins(): string[] {
    return this.#server.origins(this.request);
  }

  /** Resolves once the answer is out, or nobody waits for it any more. */
  async answered(): Promise<void> {
    await finished(this.reply.raw).catch(() => undefined);
  }

  /** Lets the connection be silent until the answer for longer than `connectionSilenceMs`; Node ends that with the answer. */
  allowSilence(ms: number): void {
    this.request.raw.socket.setTimeout(ms);
  }

  /** The absolute URL of this request. */
  get url(): string {
    return this.baseUrl + this.request.url;
  }

  /** The id in the path. @throws {NotFound} where it is none */
  id(name = "id"): number {
    const id = int(this.param(name));
    if (id === undefined || id < 1n || id > Number.MAX_SAFE_INTEGER) throw new NotFound();
    return Number(id);
  }

  /** A part of the path. */
  param(name: string): string {
    const params = this.request.params;
    const value = typeof params === "object" && params !== null ? Object.entries(params) : [];
    return String(value.find(([key]) => key === name)?.[1] ?? "");
  }

  /** The body, which must be JSON; no body at all is `{}`. Look for the object first: its 404 comes before a 415. */
  json(): Promise<Json> {
    return readJson(this.request.raw, this.limits);
  }
}

/** The query of a request's URL. */
export function queryOf(request: FastifyRequest): URLSearchParams {
  return new URLSearchParams(request.url.split(/\?(.*)/s)[1] ?? "");
}

function signalOf(reply: FastifyReply): AbortSignal {
  const controller = new AbortController();
  reply.raw.once("close", () => {
    if (!reply.raw.writableFinished) controller.abort();
  });
  return controller.signal;
}

/** Puts a view at a path such as `/api/projects/:id/`. */
export function view<Actor>(server: ApiServer<Actor>, path: string, view: View<Actor>): void {
  const methods = METHODS.filter((method) => view.actions[method]);
  const allow = [...methods, ...(view.actions.GET ? ["HEAD"] : []), "OPTIONS"].join(", ");
  server.views.push({ path, view });
  server.app.route({
    method: [...server.methods],
    url: path,
    handler: async (request, reply) => {
      reply.header("allow", allow);
      const answer = await respond(server, view, request, reply);
      return sendAnswer(reply, answer);
    },
  });
}

async function respond<Actor>(
  server: ApiServer<Actor>,
  view: View<Actor>,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<Answer> {
  const produces = view.produces ?? ["application/json"];
  negotiate(request.headers.accept, queryOf(request), produces);
  const { authenticate } = view.dialect ?? server;
  const actor = view.anonymous ? null : await authenticate(request, reply);
  permit(view.permission ?? "user", actor, request);
  await server.throttle?.(request, reply, actor, rateOf(view, request.method));
  if (request.method === "OPTIONS") return { status: 200, body: metadata(view, produces) };
  const action = view.actions[actionMethod(request.method)];
  if (!action) throw new MethodNotAllowed(request.method);
  return action.handle(new Call(server, request, reply, actor));
}

function permit<Actor>(permission: Permission<Actor>, actor: Actor | null, request: FastifyRequest): void {
  if (permission === "public") return;
  if (actor === null) throw new NotAuthenticated();
  if (permission !== "user") permission(actor, request);
}

/** Of a method that the view does not have, too: its 405 is counted like the rest. */
function rateOf<Actor>(view: View<Actor>, method: string): RateKind {
  const isRead = method === "GET" || method === "HEAD" || method === "OPTIONS";
  const wanted = METHODS.find((one) => one === (isRead ? "GET" : method));
  return (wanted && view.actions[wanted]?.rate) ?? (isRead ? "reads" : "writes");
}

/** HEAD is GET whose body stays here. */
function actionMethod(method: string): Method {
  const wanted = method === "HEAD" ? "GET" : method;
  const known = METHODS.find((one) => one === wanted);
  if (!known) throw new MethodNotAllowed(method);
  return known;
}

/** DRF's answer to `OPTIONS`. */
function metadata<Actor>(view: View<Actor>, produces: readonly string[]): Record<string, unknown> {
  const bodies = METHODS.flatMap((method) => view.actions[method]?.body ?? []);
  const parses = bodies.some((body) => body.multipart) ? "multipart/form-data" : "application/json";
  const writes = (["POST", "PUT"] as const).flatMap((method) => {
    const body = view.actions[method]?.body;
    return body ? [[method, body.metadata()]] : [];
  });
  return {
    name: view.name,
    description: view.description ?? "",
    renders: produces,
    parses: [parses],
    ...(writes.length > 0 && { actions: Object.fromEntries(writes) }),
  };
}

function sendAnswer(reply: FastifyReply, answer: Answer): FastifyReply {
  const { status, body, bytes, stream, headers = {} } = answer;
  reply.code(status).headers(headers);
  if (body !== undefined) return sendJson(reply, body);
  if (!stream) return reply.send(bytes);
  reply.raw.once("close", () => stream.destroy());
  return reply.send(stream);
}
