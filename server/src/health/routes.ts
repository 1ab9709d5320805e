import type { Actor } from "../accounts/users.ts";
import type { BlobStore } from "../blobs/blob-store.ts";
import type { Database } from "../database/open.ts";
import type { ApiServer } from "../http/server.ts";
import { objectOf, shape } from "../http/shapes.ts";
import { type Answer, view } from "../http/view.ts";
import type { Logger } from "../observe/log.ts";

export interface HealthServices {
  db: Database;
  blobs: BlobStore;
  log: Logger;
  /** Rejects where the model cannot be used. */
  checkModel: () => Promise<void>;
}

const CHECKS = shape<Record<string, string>>("nested object", {
  type: "object",
  additionalProperties: { type: "string" },
});

export function healthRoutes(server: ApiServer<Actor>, services: HealthServices): void {
  view(server, "/healthz", {
    name: "Health",
    tag: "operations",
    permission: "public",
    anonymous: true,
    actions: {
      GET: {
        summary: "Whether the process answers",
        rate: "free",
        responses: { 200: objectOf({ status: "string" }) },
        handle: () => ({ status: 200, body: { status: "ok" } }),
      },
    },
  });
  view(server, "/readyz", {
    name: "Readiness",
    tag: "operations",
    permission: "public",
    anonymous: true,
    actions: {
      GET: {
        summary: "Whether database, queue, storage and model can be used",
        rate: "free",
        responses: {
          200: objectOf({ status: "string", checks: CHECKS }),
          503: objectOf({ status: "string", checks: CHECKS }),
        },
        handle: () => readiness(services),
      },
    },
  });
}

/** A load balancer's question; what is wrong stands in the log, since anybody may ask. */
async function readiness({ db, blobs, checkModel, log }: HealthServices): Promise<Answer> {
  const questions = {
    database: () => db.selectFrom("users").select("id").limit(1).execute(),
    queue: () => db.selectFrom("deliveries").select("id").limit(1).execute(),
    storage: () => blobs.check(),
    model: checkModel,
  };
  const checks: Record<string, string> = {};
  for (const [name, ask] of Object.entries(questions)) {
    try {
      await ask();
      checks[name] = "ok";
    } catch (error) {
      log.error({ err: error, check: name }, "not ready");
      checks[name] = "failed";
    }
  }
  const ready = Object.values(checks).every((check) => check === "ok");
  return { status: ready ? 200 : 503, body: { status: ready ? "ok" : "not ready", checks } };
}
