/** The HTTP server: what every answer has in common, and where every error becomes one. */

import { randomUUID } from "node:crypto";
import { type IncomingMessage, METHODS } from "node:http";
import type { Socket } from "node:net";
import Fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  LogController,
} from "fastify";
import { LIMITS } from "../config/limits.ts";
import { ClientGone } from "./body.ts";
import { commonHeaders } from "./common-headers.ts";
import { ApiError, NotFound, ParseError, toApiError } from "./errors.ts";
import type { RateKind } from "./rate-limit.ts";
import type { View } from "./view.ts";

/** The figures of `LIMITS.http`. */
export type HttpLimits = { readonly [K in keyof typeof LIMITS.http]: number };

/** Words an error for the API that a path belongs to. @param path with its query */
export type ErrorShaper = (error: ApiError, path: string) => ApiError;

export interface ServerOptions<Actor> {
  log: FastifyBaseLogger;
  /** Other figures than `LIMITS.http` has. */
  limits?: Partial<HttpLimits>;
  /** Who is asking; null where the request brings no credentials. @throws {AuthenticationFailed} for bad ones */
  authenticate: (request: FastifyRequest, reply: FastifyReply) => Promise<Actor | null>;
  /** Lets the request through, or throws `Throttled`; may set headers on the reply. */
  throttle?: (
    request: FastifyRequest,
    reply: FastifyReply,
    actor: Actor | null,
    kind: RateKind,
  ) => Promise<void> | void;
  /** How an error looks at a path; as Django REST framework has it unless given. */
  shapeError?: ErrorShaper;
  /** Where clients reach this server; without it, the `Host` that they ask for. */
  publicUrl?: string | undefined;
  /** Addresses and networks of proxies whose `X-Forwarded-*` are believed; none unless given. */
  trustProxy?: readonly string[];
}

/** The server on which views are put. @typeParam Actor who can be asking */
export interface ApiServer<Actor> {
  /** For listening, closing, and routes that are no API views. */
  readonly app: FastifyInstance;
  readonly methods: readonly string[];
  readonly limits: HttpLimits;
  /** Everything that `view` put here, for the documentation. */
  readonly views: { path: string; view: View<Actor> }[];
  readonly authenticate: ServerOptions<Actor>["authenticate"];
  readonly throttle: ServerOptions<Actor>["throttle"];
  /** Scheme and host for absolute URLs, without a slash at the end. */
  baseUrl(request: FastifyRequest): string;
  /** What `Origin` is for pages of this server: the address that the operator set, and the one that was asked. */
  origins(request: FastifyRequest): string[];
}

/** Every method that Node reads, but the one that opens tunnels: unknown ones must come to 405 and not to 404. */
const ROUTED_METHODS = METHODS.filter((method) => method !== "CONNECT");

export function createServer<Actor>(options: ServerOptions<Actor>): ApiServer<Actor> {
  const limits = { ...LIMITS.http, ...options.limits };
  const app = createFastify(options, limits);
  // A view reads its body itself, after its checks; fastify would parse first and answer 415 before 401.
  for (const method of ROUTED_METHODS) app.addHttpMethod(method, { hasBody: false, overrideExisting: true });
  addCommonHeaders(app, options.publicUrl);
  addErrors(app, options.shapeError);
  refuseWithoutHost(app);
  addLogLine(app);
  ignoreExpectations(app);
  closeUnreadBodies(app, limits);
  closeAtTheEnd(app);
  const publicUrl = options.publicUrl?.replace(/\/+$/, "");
  return {
    app,
    methods: ROUTED_METHODS,
    limits,
    views: [],
    authenticate: options.authenticate,
    throttle: options.throttle,
    baseUrl: (request) => publicUrl ?? hostUrl(request),
    origins: (request) =>
      [publicUrl ?? "", hostUrl(request)].filter(Boolean).map((url) => new URL(url).origin),
  };
}

/** A connection whose last answer comes while the server ends would be kept for the next request, and the end with it. */
function closeAtTheEnd(app: FastifyInstance): void {
  let isClosing = false;
  app.addHook("preClose", async () => {
    isClosing = true;
  });
  app.addHook("onSend", async (_, reply) => {
    if (isClosing) reply.header("connection", "close");
  });
}

function createFastify<Actor>(options: ServerOptions<Actor>, limits: HttpLimits): FastifyInstance {
  const { log, trustProxy = [] } = options;
  return Fastify({
    loggerInstance: log,
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: "requestId" }),
    trustProxy: trustProxy.length > 0 && [...trustProxy],
    exposeHeadRoutes: false,
    connectionTimeout: limits.connectionSilenceMs,
    keepAliveTimeout: limits.keepAliveMs,
    // An upload may take hours; `connectionSilenceMs` ends the dead ones.
    requestTimeout: 0,
    http: {
      headersTimeout: limits.headersMs,
      // Node looks only every 30 seconds for heads that are late.
      connectionsCheckingInterval: limits.headersMs / 4,
      maxHeaderSize: limits.headerBytesMax,
      // Node's own answer has no body: `refuseWithoutHost` gives one.
      requireHostHeader: false,
    },
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 256 },
    return503OnClosing: false,
    genReqId: (request) => requestId(request.headers["x-request-id"]),
    clientErrorHandler: answerUnreadable,
    frameworkErrors: (_error, request, reply) => {
      reply.headers(commonHeaders(request, isSecure(request, options.publicUrl)));
      sendError(reply, shapedBy(options.shapeError, new NotFound(), request));
    },
  });
}

/** The caller's own id where it can stand in a log line. */
function requestId(given: string | string[] | undefined): string {
  const sane = typeof given === "string" && given.length <= LIMITS.http.requestIdCharactersMax;
  return sane && /^[\w.:+/=@-]+$/.test(given) ? given : randomUUID();
}

function hostUrl(request: FastifyRequest): string {
  const { host } = request;
  if (!/^[a-z\d.\-_]*(:\d+)?$|^\[[a-f\d:.]+\](:\d+)?$/i.test(host))
    throw new ParseError("Invalid Host header.");
  return `${request.protocol}://${host || "localhost"}`;
}

function isSecure(request: FastifyRequest, publicUrl: string | undefined): boolean {
  return request.protocol === "https" || publicUrl?.startsWith("https:") === true;
}

function addCommonHeaders(app: FastifyInstance, publicUrl: string | undefined): void {
  app.addHook("onRequest", async (request, reply) => {
    reply.headers(commonHeaders(request, isSecure(request, publicUrl)));
  });
}

function addErrors(app: FastifyInstance, shape: ErrorShaper | undefined): void {
  app.setNotFoundHandler((request, reply) => sendError(reply, shapedBy(shape, new NotFound(), request)));
  app.setErrorHandler((error, request, reply) => {
    const answer = toApiError(error);
    if (isClientGone(error, reply)) request.log.debug({ path: pathOf(request), err: error }, "client gone");
    else if (answer.status >= 500) request.log.error({ path: pathOf(request), err: error }, "request failed");
    return sendError(reply, shapedBy(shape, answer, request));
  });
}

function shapedBy(shape: ErrorShaper | undefined, error: ApiError, { url }: { url: string }): ApiError {
  return shape?.(error, url) ?? error;
}

/** Reading, or the work that `call.signal` ended, broke because nobody waits any more. */
function isClientGone(error: unknown, reply: FastifyReply): boolean {
  return error instanceof ClientGone || (reply.raw.destroyed && !reply.raw.writableFinished);
}

function sendError(reply: FastifyReply, error: ApiError): FastifyReply {
  reply.code(error.status).headers({ ...error.headers, "content-type": "application/json" });
  return sendJson(reply, error.body);
}

/** As bytes, because fastify names a charset for texts, which JSON has none of (RFC 8259, section 11). */
export function sendJson(reply: FastifyReply, body: unknown): FastifyReply {
  if (!reply.hasHeader("content-type")) reply.header("content-type", "application/json");
  return reply.send(Buffer.from(JSON.stringify(body)));
}

/** Without the query and without a token: whoever reads the log must not be able to follow the links in it. */
function pathOf(request: FastifyRequest): string {
  const path = request.url.split("?", 1)[0] ?? "";
  const { url = "" } = request.routeOptions;
  const [before, after] = url.split(":token");
  return after === undefined ? path : `${before}[token]${after}`;
}

/** HTTP/1.1 demands one (RFC 9112, section 3.2). What else such a client sends is not to be trusted: its connection ends. */
function refuseWithoutHost(app: FastifyInstance): void {
  app.addHook("onRequest", async ({ raw }) => {
    if (raw.httpVersion === "1.1" && raw.headers.host === undefined)
      throw new ApiError(400, "The Host header is missing.", { connection: "close" });
  });
}

function addLogLine(app: FastifyInstance): void {
  app.addHook("onResponse", async (request, reply) => {
    request.log.info(
      {
        method: request.method,
        path: pathOf(request),
        status: reply.statusCode,
        durationMs: Math.round(reply.elapsedTime),
      },
      "request",
    );
  });
}

/** Node answers an `Expect` that it does not know with a 417 of its own, without a word; it is only a wish (RFC 9110, 10.1.1). */
function ignoreExpectations(app: FastifyInstance): void {
  app.server.on("checkExpectation", (request, response) => app.routing(request, response));
}

/**
 * Node reads the rest of a body that nobody read, were it a terabyte, to use the connection again. Here the connection is
 * closed instead, a little later: closed at once, as Node does, a client that is still sending lost the answer in 10 to
 * 50 % of refused 50 MB uploads.
 */
function closeUnreadBodies(app: FastifyInstance, limits: HttpLimits): void {
  app.addHook("onSend", async ({ raw }, reply) => {
    if (!isLongUnread(raw, limits)) return;
    reply.header("connection", "close");
    // What Node calls once the answer is written.
    raw.socket.destroySoon = () => linger(raw, limits);
  });
}

/** Says that nothing more comes, and reads past what still arrives for a while. */
function linger(request: IncomingMessage, { lingerMs }: HttpLimits): void {
  const { socket } = request;
  socket.end();
  request.resume();
  const timer = setTimeout(() => socket.destroy(), lingerMs).unref();
  socket.once("close", () => clearTimeout(timer));
}

function isLongUnread(request: IncomingMessage, { unreadBytesMax }: HttpLimits): boolean {
  const { headers } = request;
  const isLong =
    headers["transfer-encoding"] !== undefined || Number(headers["content-length"]) > unreadBytesMax;
  return !request.complete && isLong;
}

const UNREADABLE: Record<string, readonly [number, string, string]> = {
  HPE_HEADER_OVERFLOW: [431, "Request Header Fields Too Large", "The request's headers are too large."],
  ERR_HTTP_REQUEST_TIMEOUT: [408, "Request Timeout", "The request did not arrive in time."],
};

/** What is no HTTP, or too much of it, never comes to a route. */
function answerUnreadable(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === "ECONNRESET" || !socket.writable) {
    socket.destroy();
    return;
  }
  const [status, reason, detail] = UNREADABLE[error.code ?? ""] ?? [
    400,
    "Bad Request",
    "The request is not valid HTTP.",
  ];
  const body = JSON.stringify({ detail });
  socket.end(
    `HTTP/1.1 ${status} ${reason}\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n` +
      `X-Request-Id: ${randomUUID()}\r\nConnection: close\r\n\r\n${body}`,
  );
}
