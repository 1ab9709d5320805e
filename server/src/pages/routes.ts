import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import type { Actor } from "../accounts/users.ts";
import type { OpenApiDocument } from "../http/openapi-document.ts";
import type { ApiServer } from "../http/server.ts";
import { view } from "../http/view.ts";
import { documentOf, PAGE_NAMES } from "./documents.ts";
import { referencePage } from "./reference.ts";

/** What a page may load and speak to: its own server, and nothing that stands in its text. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

const REFERENCE_POLICY =
  "default-src 'none'; style-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

/** Pages for people who come by a link: no part of the API, so they stand in no schema. */
export function pageRoutes(server: ApiServer<Actor>): void {
  for (const name of PAGE_NAMES) {
    const path = name === "home" ? "/" : `/${name}`;
    serve(server, path, "text/html; charset=utf-8", documentOf(name));
  }
  serve(server, "/pages/page.js", "text/javascript; charset=utf-8", ownFile("page.js"));
  serve(server, "/pages/page.css", "text/css; charset=utf-8", ownFile("page.css"));
  serve(server, "/pages/reference.css", "text/css; charset=utf-8", ownFile("reference.css"));
}

/** The API's reference for people, at `GET /api/docs/`. @param document gives what it is made of */
export function referenceRoute(server: ApiServer<Actor>, document: () => OpenApiDocument): void {
  let page: string | undefined;
  view(server, "/api/docs/", {
    name: "Reference",
    tag: "Schema",
    permission: "public",
    produces: ["text/html"],
    actions: {
      GET: {
        summary: "This document as a page for people.",
        responses: { 200: null },
        handle() {
          page ??= referencePage(document());
          const headers = {
            "content-type": "text/html; charset=utf-8",
            "content-security-policy": REFERENCE_POLICY,
          };
          return { status: 200, stream: Readable.from([page]), headers };
        },
      },
    },
  });
}

function ownFile(name: string): string {
  return readFileSync(join(import.meta.dirname, name), "utf8");
}

function serve({ app }: ApiServer<Actor>, path: string, contentType: string, text: string): void {
  app.route({
    // What looks at links before people do asks for the headers alone.
    method: ["GET", "HEAD"],
    url: path,
    handler(request, reply) {
      // Routes take a slash too many, but a page's links are relative to its address. What stands behind a `#` comes along.
      const [asked = ""] = request.url.split("?", 1);
      if (asked !== path) return reply.redirect(`..${path}`, 308);
      return reply.headers({ "content-type": contentType, "content-security-policy": POLICY }).send(text);
    },
  });
}
