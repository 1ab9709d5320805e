import { describe, expect, test } from "vitest";
import { addSchemaView, openApi } from "../../src/http/openapi.ts";
import { sample } from "./sample.ts";

const INFO = { title: "Sample", version: "1", description: "A sample." };

interface Operation {
  operationId: string;
  security?: unknown[];
  parameters?: { name: string; in: string }[];
  requestBody?: { content: Record<string, { schema: { $ref: string } }> };
  responses: Record<string, unknown>;
}

interface Document {
  openapi: string;
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, { properties: Record<string, unknown>; required?: string[] }> };
}

function document(): Document {
  return JSON.parse(JSON.stringify(openApi(sample().server.views, INFO)));
}

describe("the document", () => {
  const { openapi, paths, components } = document();

  test("names every path and every operation once", () => {
    expect(openapi).toBe("3.1.0");
    expect(Object.keys(paths)).toEqual([
      "/api/projects/",
      "/api/projects/{id}/",
      "/api/files/",
      "/api/files/{id}/",
    ]);
    const operations = Object.values(paths).flatMap((item) =>
      Object.entries(item).flatMap(([key, value]) => (key === "parameters" ? [] : value)),
    );
    expect(operations.map(({ operationId }) => operationId)).toEqual([
      "projects_list",
      "projects_create",
      "projects_retrieve",
      "projects_update",
      "projects_partial_update",
      "projects_destroy",
      "files_list",
      "files_create",
      "files_retrieve",
      "files_destroy",
    ]);
  });

  test("refers to nothing that is not there", () => {
    const text = JSON.stringify(document());
    for (const [, reference = ""] of text.matchAll(/"\$ref":"#\/([^"]+)"/g)) {
      let found: unknown = document();
      for (const part of reference.split("/"))
        found = Object.entries(Object(found)).find(([key]) => key === part)?.[1];
      expect([reference, found]).toEqual([reference, expect.anything()]);
    }
  });

  test("tells requests from answers, and required fields from others", () => {
    expect(components.schemas["ProjectRequest"]).toMatchObject({
      properties: {
        title: { type: "string", minLength: 1, maxLength: 255 },
        return_timestamps: { type: "boolean", default: true },
      },
      required: ["title"],
    });
    expect(components.schemas["ProjectRequest"]?.properties).not.toHaveProperty("id");
    expect(components.schemas["PatchedProjectRequest"]?.required).toBeUndefined();
    expect(components.schemas["Project"]?.required).toEqual([
      "id",
      "title",
      "audio_file_type",
      "return_timestamps",
      "language",
    ]);
    expect(components.schemas["File"]?.properties).not.toHaveProperty("file");
  });

  test("has uploads as forms, filters as parameters, and the errors", () => {
    const upload = paths["/api/files/"]?.["post"];
    expect(Object.keys(upload?.requestBody?.content ?? {})).toEqual(["multipart/form-data"]);
    expect(Object.keys(upload?.responses ?? {})).toEqual(
      expect.arrayContaining(["201", "400", "401", "403", "413", "415", "429", "default"]),
    );
    const names = paths["/api/files/"]?.["get"]?.parameters?.map(({ name }) => name);
    expect(names).toEqual(["project", "status", "file_type", "page", "page_size"]);
  });
});

test("the document is served to anybody, under either media type", async () => {
  const { server } = sample();
  addSchemaView(server, INFO);
  const plain = await server.app.inject({ url: "/api/schema/" });
  expect([plain.statusCode, plain.headers["content-type"]]).toEqual([200, "application/json"]);
  expect(plain.json().paths).toHaveProperty("/api/schema/");
  const named = await server.app.inject({
    url: "/api/schema/",
    headers: { accept: "application/vnd.oai.openapi+json" },
  });
  expect(named.headers["content-type"]).toBe("application/vnd.oai.openapi+json");
  expect(named.json()).toEqual(plain.json());
});
