import { Readable } from "node:stream";
import type { Actor } from "../accounts/users.ts";
import type { Database } from "../database/open.ts";
import type { ApiServer } from "../http/server.ts";
import { view } from "../http/view.ts";
import type { Metrics } from "../observe/metrics.ts";
import { measure } from "./measure.ts";

export interface MetricsServices {
  db: Database;
  metrics: Metrics;
  now: () => Date;
}

export function metricsRoutes(server: ApiServer<Actor>, { db, metrics, now }: MetricsServices): void {
  timeRequests(server, metrics);
  view(server, "/metrics", {
    name: "Metrics",
    tag: "operations",
    permission: "public",
    produces: ["text/plain"],
    actions: {
      GET: {
        summary: "Figures for Prometheus",
        rate: "free",
        responses: { 200: null },
        handle: async () => {
          await measure(db, metrics, now());
          const stream = Readable.from([await metrics.text()]);
          return { status: 200, stream, headers: { "content-type": metrics.contentType } };
        },
      },
    },
  });
}

/** Routes go by their pattern: a label for each id would be one more series for each file. */
function timeRequests(server: ApiServer<Actor>, metrics: Metrics): void {
  server.app.addHook("onResponse", async (request, reply) => {
    const route = request.routeOptions.url ?? "none";
    const labels = { method: request.method, route, status: String(reply.statusCode) };
    metrics.requestSeconds.observe(labels, reply.elapsedTime / 1000);
  });
}
