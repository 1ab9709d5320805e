import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { onTestFinished } from "vitest";

/** What is done to one request: an answer, a broken connection, or silence. */
export type Manner =
  | { status: number; headers?: Record<string, string>; body?: unknown; text?: string }
  | "break"
  | "silence";

export interface FlakyServer {
  address: string;
  /** Every request that came, with its body. */
  requests: { method: string; path: string; headers: IncomingMessage["headers"]; body: string }[];
}

/** A server on the loopback interface that treats one request after the other as told, and the last manner for the rest. */
export async function flakyServer(...manners: [Manner, ...Manner[]]): Promise<FlakyServer> {
  const requests: FlakyServer["requests"] = [];
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const manner = manners[Math.min(requests.length, manners.length - 1)];
    const { method = "", url: path = "", headers } = request;
    const kept = { method, path, headers, body: "" };
    requests.push(kept);
    for await (const chunk of request) kept.body += String(chunk);
    if (manner === "break" || manner === undefined) request.socket.destroy();
    else if (manner !== "silence")
      response
        .writeHead(manner.status, { "content-type": "application/json", ...manner.headers })
        .end(manner.text ?? JSON.stringify(manner.body ?? {}));
  };
  const server = createServer((request, response) => void answer(request, response));
  await once(server.listen(0, "127.0.0.1"), "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const bound = server.address();
  if (bound === null || typeof bound === "string") throw new Error("the server has no port");
  return { address: `http://127.0.0.1:${bound.port}`, requests };
}
