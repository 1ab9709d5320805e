import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { buffer } from "node:stream/consumers";
import { createGzip } from "node:zlib";
import { pack } from "tar-stream";

/** A real server on the loopback interface that serves files, as a registry or a plain one, as badly as is asked. */
export interface PackageServer extends AsyncDisposable {
  /** With a slash at its end. */
  address: string;
  requests: { path: string; range: string | null; host: string }[];
  files: Map<string, Buffer>;
  /** Answers, in this order, before the server behaves; see {@link Fault}. Only for paths in `files`. */
  faults: Fault[];
  /** How it behaves otherwise. */
  manners: { ranges: boolean };
  /** Ends of answers that stall. */
  stalled: (() => void)[];
}

export type Fault =
  | { kind: "status"; status: number }
  | { kind: "redirect"; to: string }
  /** Sends this many bytes of what was asked for, then breaks the connection. */
  | { kind: "cut"; bytes: number }
  /** Sends this many bytes of what was asked for, then nothing until its end in `stalled` is called. */
  | { kind: "stall"; bytes: number };

type Served = Omit<PackageServer, "address" | typeof Symbol.asyncDispose>;

export async function startPackageServer(): Promise<PackageServer> {
  const files = new Map<string, Buffer>();
  const served: Served = {
    requests: [],
    files,
    faults: [],
    manners: { ranges: true },
    stalled: [],
  };
  const server = createServer((request, response) => answer(served, request, response));
  await once(server.listen(0, "127.0.0.1"), "listening");
  const bound = server.address();
  if (bound === null || typeof bound === "string") throw new Error("the server has no port");
  return Object.assign(served, {
    address: `http://127.0.0.1:${bound.port}/`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await once(server.close(), "close");
    },
  });
}

function answer(served: Served, request: IncomingMessage, response: ServerResponse): void {
  const { requests, files, faults, manners, stalled } = served;
  // A proxy is asked with the whole address.
  const path = new URL(request.url ?? "/", "http://asked").pathname;
  requests.push({ path, range: request.headers.range ?? null, host: request.headers.host ?? "" });
  const content = files.get(path);
  if (content === undefined) {
    response.writeHead(404).end("not here");
    return;
  }
  const fault = faults.shift();
  if (fault?.kind === "status") response.writeHead(fault.status).end();
  else if (fault?.kind === "redirect") response.writeHead(302, { location: fault.to }).end();
  else {
    const rest = begin(content, manners.ranges ? request.headers.range : undefined, response);
    if (fault?.kind === "cut") response.write(rest.subarray(0, fault.bytes), () => response.destroy());
    else if (fault?.kind === "stall") {
      response.write(rest.subarray(0, fault.bytes));
      stalled.push(() => response.end(rest.subarray(fault.bytes)));
    } else response.end(rest);
  }
}

/** Writes the head and gives the bytes that belong to it. */
function begin(content: Buffer, range: string | undefined, response: ServerResponse): Buffer {
  const first = Number(/^bytes=(\d+)-$/.exec(range ?? "")?.[1] ?? 0);
  const rest = content.subarray(first);
  if (rest.length === 0) response.writeHead(416);
  else if (range === undefined) response.writeHead(200, { "content-length": rest.length });
  else {
    const last = content.length - 1;
    response.writeHead(206, {
      "content-length": rest.length,
      "content-range": `bytes ${first}-${last}/${content.length}`,
    });
  }
  return rest;
}

/** A tarball as registries hold it. */
export async function makeTarball(members: Record<string, Buffer>): Promise<Buffer> {
  const tar = pack();
  for (const [name, content] of Object.entries(members)) tar.entry({ name }, content);
  tar.finalize();
  return buffer(tar.pipe(createGzip()));
}

export function integrityOf(content: Buffer): string {
  return `sha512-${createHash("sha512").update(content).digest("base64")}`;
}

export function sha256Of(content: Buffer): string {
  return createHash("sha256").update(content).digest("hex");
}
