import type { Actor } from "../accounts/users.ts";
import type { ApiServer } from "../http/server.ts";
import { adminAuditRoutes } from "./audit-routes.ts";
import { adminFailureRoutes } from "./failure-routes.ts";
import { adminQueueRoutes } from "./queue-routes.ts";
import { adminUserRoutes, type AdminServices } from "./user-routes.ts";

/** Everything under `/api/admin/`, for administrators alone. */
export function adminRoutes(server: ApiServer<Actor>, services: AdminServices): void {
  adminUserRoutes(server, services);
  adminQueueRoutes(server, services);
  adminFailureRoutes(server, services);
  adminAuditRoutes(server, services);
}
