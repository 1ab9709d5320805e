import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import { onTestFinished } from "vitest";

export interface Received {
  headers: IncomingHttpHeaders;
  body: string;
}

/** Answers one request, or does not. */
export type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/** A receiver of webhooks: a real server that remembers what came. Closed when the test ends. */
export async function receiver(
  answer: Answer = (_request, response) => response.writeHead(204).end(),
  host = "127.0.0.1",
) {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    void receive(request, response);
  });
  const receive = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    received.push({ headers: request.headers, body: await text(request) });
    answer(request, response);
  };
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  const port = typeof address === "object" ? address?.port : 0;
  return { url: `http://${host}:${port}/hook`, port, received };
}
