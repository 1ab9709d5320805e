import { List } from "../pages.ts";
import type { Transport } from "../transport.ts";
import type { NewProject, Project, ProjectChange, ProjectFilters, RequestOptions } from "../types.ts";

export class Projects {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  list(filters: ProjectFilters = {}, options: RequestOptions = {}): List<Project> {
    return new List(this.#transport, { method: "GET", path: "/api/projects/", query: filters, ...options });
  }

  get(id: number, options: RequestOptions = {}): Promise<Project> {
    return this.#transport.json({ method: "GET", path: `/api/projects/${id}/`, ...options });
  }

  create(project: NewProject, options: RequestOptions = {}): Promise<Project> {
    return this.#transport.json({ method: "POST", path: "/api/projects/", json: project, ...options });
  }

  update(id: number, change: ProjectChange, options: RequestOptions = {}): Promise<Project> {
    return this.#transport.json({ method: "PATCH", path: `/api/projects/${id}/`, json: change, ...options });
  }

  /** With its files and transcripts. */
  delete(id: number, options: RequestOptions = {}): Promise<void> {
    return this.#transport.json({ method: "DELETE", path: `/api/projects/${id}/`, ...options });
  }
}
