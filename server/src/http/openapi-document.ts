/** The parts of an OpenAPI 3.1 document that ours has. */

import type { JsonSchema } from "./shapes.ts";
import type { Method } from "./view.ts";

export interface OpenApiDocument {
  openapi: string;
  info: { title: string; version: string; description: string };
  security: OpenApiSecurity[];
  paths: Record<string, OpenApiPath>;
  components: {
    schemas: Record<string, JsonSchema>;
    responses: Record<string, OpenApiResponse>;
    securitySchemes: Record<string, OpenApiSecurityScheme>;
  };
}

/** The schemes of which one is enough, by name. */
export type OpenApiSecurity = Record<string, string[]>;

export type OpenApiSecurityScheme =
  | { type: "apiKey"; in: "header" | "cookie"; name: string; description: string }
  | { type: "http"; scheme: "bearer"; description: string };

export type OpenApiPath = { parameters?: OpenApiParameter[] } & {
  [M in Lowercase<Method>]?: OpenApiOperation;
};

export interface OpenApiParameter {
  name: string;
  in: "path" | "query";
  required?: boolean;
  description?: string;
  schema: JsonSchema;
}

export interface OpenApiOperation {
  operationId: string;
  tags: string[];
  summary: string;
  description?: string;
  /** None where anybody may ask; the document's own unless given. */
  security?: OpenApiSecurity[];
  parameters?: OpenApiParameter[];
  requestBody?: { required: boolean; content: OpenApiContent };
  responses: Record<string, OpenApiResponse | { $ref: string }>;
}

export interface OpenApiResponse {
  description: string;
  headers?: Record<string, { description: string; schema: JsonSchema }>;
  content?: OpenApiContent;
}

/** By media type. */
export type OpenApiContent = Record<string, { schema: JsonSchema }>;
