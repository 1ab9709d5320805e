/** The API's reference for people, made of the OpenAPI document and of nothing else. It runs no script. */

import type {
  OpenApiContent,
  OpenApiDocument,
  OpenApiOperation,
  OpenApiParameter,
  OpenApiResponse,
  OpenApiSecurityScheme,
} from "../http/openapi-document.ts";
import { type Html, html, joined, prose } from "./html.ts";
import { anchorOf, fieldList, nameOf, typeWords, valueItem } from "./schema-words.ts";

const METHODS = ["get", "post", "put", "patch", "delete"] as const;

/** What can be asked: a method and a path. */
interface Asked {
  anchor: string;
  method: (typeof METHODS)[number];
  path: string;
  /** Of the path and of the query. */
  parameters: OpenApiParameter[];
  operation: OpenApiOperation;
}

interface Group {
  title: string;
  anchor: string;
  operations: Asked[];
}

/** The whole page. Its links are relative, so that it may stand below another path than the root. */
export function referencePage(document: OpenApiDocument): string {
  const { info, components } = document;
  const groups = groupsOf(document);
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${info.title}: the API</title>
        <link rel="stylesheet" href="../../pages/page.css" />
        <link rel="stylesheet" href="../../pages/reference.css" />
      </head>
      <body>
        ${contents(groups)}
        <main>
          <h1>${info.title}: the API</h1>
          <p>${prose(info.description)} Version ${info.version}.</p>
          <p>Programs read the same from <a href="../../api/schema/">the OpenAPI document</a>.</p>
          ${authentication(components.securitySchemes)}
          ${groups.map((group) => groupSection(group, components.schemas))} ${errorSection(document)}
          ${shapeSection(document, groups)}
        </main>
      </body>
    </html> `.text;
}

function groupsOf({ paths }: OpenApiDocument): Group[] {
  const asked = Object.entries(paths).flatMap(([path, item]) =>
    METHODS.flatMap((method): Asked[] => {
      const operation = item[method];
      if (!operation) return [];
      const parameters = [...(item.parameters ?? []), ...(operation.parameters ?? [])];
      const anchor = `${method}${path.replaceAll(/\W+/g, "-")}`;
      return [{ anchor, method, path, parameters, operation }];
    }),
  );
  const byTag = Map.groupBy(asked, ({ operation }) => operation.tags[0] ?? "others");
  const groups = [...byTag].map(([tag, operations]) => ({
    title: titleOf(tag),
    anchor: `group-${tag}`,
    operations,
  }));
  // What is asked by machines that keep the server running comes after what it is for.
  return [...groups.filter(isOfApi), ...groups.filter((group) => !isOfApi(group))];
}

function isOfApi({ operations }: Group): boolean {
  return operations.some(({ path }) => /^\/(api|v\d+)\//.test(path));
}

/** `api-keys` becomes `API keys`. */
function titleOf(tag: string): string {
  const words = tag.replaceAll("-", " ").replace(/\bapi\b/, "API");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

function contents(groups: readonly Group[]): Html {
  return html`<nav aria-label="Contents">
    <ul>
      <li><a href="#authentication">Who is asking</a></li>
    </ul>
    ${groups.map(
      ({ title, anchor, operations }) =>
        html`<details>
          <summary>${title}</summary>
          <ul>
            <li><a href="#${anchor}">All of ${title}</a></li>
            ${operations.map(contentsItem)}
          </ul>
        </details> `,
    )}
    <ul>
      <li><a href="#errors">Errors</a></li>
      <li><a href="#shapes">Shapes</a></li>
    </ul>
  </nav>`;
}

function contentsItem({ anchor, method, path }: Asked): Html {
  return html`<li><a href="#${anchor}">${methodName(method)} ${path}</a></li> `;
}

function methodName(method: string): Html {
  return html`<span class="method ${method}">${method.toUpperCase()}</span>`;
}

function authentication(schemes: Record<string, OpenApiSecurityScheme>): Html {
  return html`<section id="authentication">
    <h2>Who is asking</h2>
    <p>A request shows it in one of these ways; those marked <em>public</em> need none.</p>
    <ul class="fields">
      ${Object.values(schemes).map(schemeItem)}
    </ul>
    <pre>curl "$USPEECH_URL/api/projects/" -H "Authorization: Api-Key $USPEECH_API_KEY"</pre>
  </section>`;
}

function schemeItem(scheme: OpenApiSecurityScheme): Html {
  const [name, where] = scheme.type === "http" ? ["Authorization", "header"] : [scheme.name, scheme.in];
  return html`<li>
    <code class="name">${name}</code> <span class="type">${where}</span>
    <p>${prose(scheme.description)}</p>
  </li> `;
}

type Schemas = OpenApiDocument["components"]["schemas"];

function groupSection({ title, anchor, operations }: Group, schemas: Schemas): Html {
  return html`<section id="${anchor}">
    <h2>${title}</h2>
    ${operations.map((asked) => operationArticle(asked, schemas))}
  </section> `;
}

function operationArticle({ anchor, method, path, parameters, operation }: Asked, schemas: Schemas): Html {
  const { summary, description, security, requestBody, responses } = operation;
  const isPublic = security?.length === 0;
  return html`<article id="${anchor}">
    <h3>
      <a href="#${anchor}">${methodName(method)} <code>${path}</code></a
      >${isPublic ? html` <em>public</em>` : html``}
    </h3>
    <p>${prose(summary)}</p>
    ${description ? html`<p>${prose(description)}</p>` : html``}
    ${parameterList("In the path", parameters, "path")} ${parameterList("In the query", parameters, "query")}
    ${requestBody ? requestPart(requestBody.content, schemas) : html``} ${answerPart(responses)}
  </article> `;
}

function parameterList(title: string, parameters: OpenApiParameter[], where: "path" | "query"): Html {
  const items = parameters
    .filter((parameter) => parameter.in === where)
    .map(({ name, schema, description }) => valueItem(name, schema, description));
  return items.length === 0
    ? html``
    : html`<h4>${title}</h4>
        <ul class="fields">
          ${items}
        </ul>`;
}

/** With all fields: here is where they are looked for. */
function requestPart(content: OpenApiContent, schemas: Schemas): Html {
  const parts = Object.entries(content).map(([mediaType, { schema }]) => {
    const named = schemas[nameOf(schema) ?? ""];
    return html`<p>As <code>${mediaType}</code>:</p>
      ${fieldList(named ?? schema, { marksRequired: true })}`;
  });
  return html`<h4>Request</h4>
    ${parts}`;
}

function answerPart(responses: OpenApiOperation["responses"]): Html {
  const answers = Object.entries(responses);
  const own = answers.flatMap(([status, answer]) => ("$ref" in answer ? [] : [answerItem(status, answer)]));
  const errors = answers.flatMap(([status, answer]) =>
    "$ref" in answer ? [html`<a href="#${errorAnchor(answer.$ref)}">${statusName(status)}</a>`] : [],
  );
  return html`<h4>Answer</h4>
    <ul class="fields">
      ${own}
    </ul>
    ${errors.length > 0 ? html`<p class="errors">Errors: ${joined(errors, ", ")}</p>` : html``}`;
}

function answerItem(status: string, { description, content = {} }: OpenApiResponse): Html {
  return html`<li>
    <code class="name">${statusName(status)}</code> ${prose(description)} ${shapesIn(content)}
  </li> `;
}

function statusName(status: string): string {
  return status === "default" ? "others" : status;
}

/** Each shape with its media types. */
function shapesIn(content: OpenApiContent): Html {
  const byShape = Map.groupBy(Object.entries(content), ([, { schema }]) => schema);
  const shapes = [...byShape].map(
    ([schema, entries]) =>
      html`<span class="type"
          >${typeWords(schema)} as ${entries.map(([mediaType]) => mediaType).join(" or ")}</span
        >${fieldList(schema, { marksRequired: false })}`,
  );
  return joined(shapes, " ");
}

function errorAnchor(reference: string): string {
  return `error-${reference.replace(/^.*\//, "")}`;
}

function errorSection(document: OpenApiDocument): Html {
  const items = Object.entries(document.components.responses).map(
    ([name, response]) =>
      html`<li id="${errorAnchor(name)}">
        <code class="name">${statusesOf(document, name).join(", ")}</code> ${prose(response.description)}
        ${shapesIn(response.content ?? {})}${headerList(response)}
      </li> `,
  );
  return html`<section id="errors">
    <h2>Errors</h2>
    <ul class="fields">
      ${items}
    </ul>
  </section>`;
}

/** Under which statuses operations answer with it. */
function statusesOf({ paths }: OpenApiDocument, name: string): string[] {
  const statuses = Object.values(paths).flatMap((item) =>
    METHODS.flatMap((method) =>
      Object.entries(item[method]?.responses ?? {})
        .filter(([, answer]) => "$ref" in answer && answer.$ref.endsWith(`/${name}`))
        .map(([status]) => statusName(status)),
    ),
  );
  return [...new Set(statuses)];
}

function headerList({ headers = {} }: OpenApiResponse): Html {
  const items = Object.entries(headers).map(([name, { description, schema }]) =>
    valueItem(name, schema, description),
  );
  return items.length === 0
    ? html``
    : html`<ul class="fields">
        ${items}
      </ul>`;
}

/** What is answered. What is sent stands with who takes it. */
function shapeSection({ components }: OpenApiDocument, groups: readonly Group[]): Html {
  const sent = new Set(groups.flatMap(({ operations }) => operations.flatMap(sentShapes)));
  const shapes = Object.entries(components.schemas)
    .filter(([name]) => !sent.has(name))
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(
      ([name, schema]) =>
        html`<article id="${anchorOf(name)}">
          <h3><a href="#${anchorOf(name)}">${name}</a></h3>
          <p class="type">${typeWords(schema)}</p>
          ${fieldList(schema, { marksRequired: false })}
        </article> `,
    );
  return html`<section id="shapes">
    <h2>Shapes</h2>
    ${shapes}
  </section>`;
}

function sentShapes({ operation }: Asked): string[] {
  return Object.values(operation.requestBody?.content ?? {}).flatMap(({ schema }) => nameOf(schema) ?? []);
}
