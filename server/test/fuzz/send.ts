import { type IncomingHttpHeaders, type IncomingMessage, request } from "node:http";
import { text } from "node:stream/consumers";
import type { FuzzForm, FuzzRequest } from "./requests.ts";

export interface FuzzAnswer {
  status: number;
  headers: IncomingHttpHeaders;
  /** Empty for streams of events, of which only the head is read. */
  body: string;
}

const BOUNDARY = "----fuzz";

/** Sends a request as it is, which `fetch` would tidy up. @param credentials headers that say who asks */
export async function send(
  baseUrl: string,
  asked: FuzzRequest,
  credentials: Record<string, string>,
): Promise<FuzzAnswer> {
  const { hostname, port } = new URL(baseUrl);
  const body = typeof asked.body === "object" && asked.body ? formOf(asked.body) : asked.body;
  const headers = { ...credentials, ...asked.headers };
  if (headers["content-type"] === "multipart/form-data")
    headers["content-type"] = `multipart/form-data; boundary=${BOUNDARY}`;
  if (headers["content-type"] === "") delete headers["content-type"];
  if (body !== null) headers["content-length"] = String(Buffer.byteLength(body));
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const sent = request({ hostname, port, method: asked.method, path: asked.target, headers, agent: false });
    sent
      .once("error", reject)
      .once("response", resolve)
      .end(body ?? undefined);
  });
  const answer = { status: response.statusCode ?? 0, headers: response.headers };
  if (response.headers["content-type"] !== "text/event-stream")
    return { ...answer, body: await text(response) };
  response.destroy();
  return { ...answer, body: "" };
}

function formOf({ fields, file }: FuzzForm): string {
  const parts = fields.map(([name, value]) => part(`name="${name}"`, value));
  if (file)
    parts.push(part(`name="file"; filename="${file.name.replaceAll(/["\\\r\n]/g, "_")}"`, file.content));
  return `${parts.join("")}--${BOUNDARY}--\r\n`;
}

function part(disposition: string, content: string): string {
  return `--${BOUNDARY}\r\nContent-Disposition: form-data; ${disposition}\r\n\r\n${content}\r\n`;
}
