import { existsSync, globSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join, relative } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { GROUPS } from "../../cli/src/commands.ts";
import { usageLine } from "../../cli/src/usage.ts";
import { type App, createApp } from "../src/app.ts";
import { configure, dataFolders } from "../src/config/config.ts";
import { SETTINGS } from "../src/config/env.ts";
import { LIMITS } from "../src/config/limits.ts";
import { loadSecrets } from "../src/config/secrets.ts";
import { createLog } from "../src/observe/log.ts";
import { sentTexts } from "./sent-texts.ts";
import { ROOT } from "./sources.ts";

function read(path: string): string {
  return readFileSync(join(ROOT, path), "utf8");
}

/** The cells of every table row, without the backticks around them. */
function rowsOf(markdown: string): string[][] {
  return markdown
    .split("\n")
    .filter((line) => line.startsWith("| "))
    .map((line) =>
      line
        .split(/(?<!\\)\|/u)
        .slice(1, -1)
        .map((cell) =>
          cell
            .trim()
            .replaceAll("\\|", "|")
            .replace(/^`(.*)`$/u, "$1"),
        ),
    );
}

describe("docs/settings.md", () => {
  const rows = new Map(rowsOf(read("docs/settings.md")).map(([name = "", ...rest]) => [name, rest]));

  test("has every setting, with what is allowed", () => {
    const documented = Object.keys(SETTINGS).map((name) => [name, rows.get(name)?.[1]]);
    expect(documented).toEqual(Object.entries(SETTINGS).map(([name, { allowed }]) => [name, allowed]));
  });

  test("has no setting that does not exist", () => {
    const others = new Set(["USPEECH_URL", "USPEECH_API_KEY", "USPEECH_TEST_MODELS_DIR"]);
    const named = read("docs/settings.md").match(/USPEECH_[A-Z_]+\b/gu) ?? [];
    expect(named.filter((name) => !(name in SETTINGS) && !others.has(name))).toEqual([]);
  });

  const config = configure({});
  test.each([
    ["USPEECH_HOST", config.host],
    ["USPEECH_PORT", config.port],
    ["USPEECH_DATA_DIR", `./${relative(process.cwd(), config.dataDir)}`],
    ["USPEECH_ADMIN_EMAIL", config.admin.email],
    ["USPEECH_MODEL", config.model],
    ["USPEECH_MAX_UPLOAD_BYTES", `${config.uploadBytesMax / 1e9}GB`],
    ["USPEECH_MAX_AUDIO_SECONDS", config.audioSecondsMax],
    ["USPEECH_LOG_LEVEL", config.logLevel],
    ["USPEECH_TRIAL_MINUTES", config.trialMinutes],
    ["USPEECH_RATE_LIMIT", `${config.rateLimit.requests}/min`],
    ["USPEECH_REGISTRATION", config.registration],
    ["USPEECH_MAIL_FROM", config.mailFrom],
  ])("gives the default of %s", (name, value) => {
    expect(rows.get(name)?.[0]).toBe(String(value));
  });

  test("names the settings that are refused among those", () => {
    const refused = read("docs/settings.md").split("These are refused at start")[1] ?? "";
    const allowedUrls = { DATABASE: "postgres://h/d", STORAGE: "s3://b/p" };
    for (const [part, value] of Object.entries(allowedUrls)) {
      expect(() => configure({ [`USPEECH_${part}_URL`]: value })).toThrow("this version");
      expect(refused).toContain(`USPEECH_${part}_URL`);
    }
  });

  test("gives the values of the fixed limits that a client can run into", () => {
    const documented = [...rows].filter(([name]) => /^[a-z]+\.[a-zA-Z]+$/u.test(name));
    const actual = documented.map(([name]) => [name, String(limit(name))]);
    expect(documented.map(([name, [value]]) => [name, value])).toEqual(actual);
    const internal = new Set(["watchEveryMs", "quoteCharactersMax"]);
    const met = (["files", "subtitles", "downloads"] as const).flatMap((area) =>
      Object.keys(LIMITS[area])
        .filter((name) => !internal.has(name))
        .map((name) => `${area}.${name}`),
    );
    expect(met.filter((name) => !rows.has(name))).toEqual([]);
  });
});

/** @param name such as `files.waitSecondsMax` */
function limit(name: string): unknown {
  return name.split(".").reduce<unknown>((value, key) => Object(value)[key], LIMITS);
}

test("docs/self-hosting.md names everything that stands in the data folder", () => {
  const text = read("docs/self-hosting.md");
  const names = Object.values(dataFolders("")).map((path) => basename(path));
  expect(names.filter((name) => !text.includes(`\`${name}`))).toEqual([]);
});

describe("docs/api.md", () => {
  let app: App | undefined;
  let folder = "";
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "uspeech-docs-"));
    const config = configure({ USPEECH_DATA_DIR: folder });
    const secrets = await loadSecrets({ USPEECH_SECRET_KEY: "docs" }, folder);
    app = await createApp({ config, secrets, log: createLog("silent"), roles: [] });
  });
  afterAll(async () => {
    await app?.close();
    await rm(folder, { recursive: true, force: true });
  });

  interface Operation {
    parameters?: { name: string; in: string }[];
    requestBody?: unknown;
  }

  async function operations(): Promise<[string, Operation][]> {
    const answer = await app?.server.app.inject({ url: "/api/schema/" });
    const { paths } = answer?.json<{ paths: Record<string, Record<string, Operation>> }>() ?? { paths: {} };
    return Object.entries(paths).flatMap(([path, item]) =>
      Object.entries(item)
        .filter(([method]) => ["get", "post", "put", "patch", "delete"].includes(method))
        .map(([method, operation]): [string, Operation] => [`${method.toUpperCase()} ${path}`, operation]),
    );
  }

  /** The text below a route's heading, up to the next. */
  const sections = new Map(
    read("docs/api.md")
      .split(/^### /mu)
      .slice(1)
      .map((section) => [section.split("\n")[0]?.replaceAll("`", "") ?? "", section]),
  );
  const ofRoutes = [...sections].filter(([heading]) => /^[A-Z]+ \//u.test(heading));

  test("has a section for every route, and for no other", async () => {
    const routes = (await operations()).map(([route]) => route);
    expect(routes.length).toBeGreaterThan(20);
    expect(ofRoutes.map(([route]) => route).toSorted()).toEqual(routes.toSorted());
  });

  test("names the query parameters of every route", async () => {
    const missing = (await operations()).flatMap(([route, { parameters = [] }]) =>
      parameters
        .filter((parameter) => parameter.in === "query" && !parameter.name.startsWith("page"))
        .filter(({ name }) => !new RegExp(`\\b${name}\\b`, "u").test(sections.get(route) ?? ""))
        .map(({ name }) => `${route}: ${name}`),
    );
    expect(missing).toEqual([]);
  });

  test("shows how to ask each route with curl", () => {
    const wrong = ofRoutes.filter(([route, section]) => {
      const [method = "", path = ""] = route.split(" ");
      const pattern = path.replaceAll(/\{\w+\}/gu, "[^/]+").replaceAll("/", "\\/");
      const lines = section.replaceAll("\\\n", " ").split("\n");
      const curl = lines.find((line) => line.startsWith("    curl ")) ?? "";
      const named = ["GET", "POST"].includes(method) || curl.includes(`-X ${method} `);
      return !named || !new RegExp(pattern, "u").test(curl);
    });
    expect(wrong.map(([route]) => route)).toEqual([]);
  });

  test("names every field of what is answered", async () => {
    const answer = await app?.server.app.inject({ url: "/api/schema/" });
    const { schemas } = answer?.json<Schema>().components ?? { schemas: {} };
    const text = read("docs/api.md");
    const missing = Object.entries(schemas)
      .filter(([name]) => !["Detail", "FieldErrors"].includes(name))
      .flatMap(([name, { properties = {} }]) =>
        Object.keys(properties)
          .filter((field) => !text.includes(`\`${field}\``))
          .map((field) => `${name}: ${field}`),
      );
    expect(missing).toEqual([]);
  });
});

interface Schema {
  components: { schemas: Record<string, { properties?: object }> };
}

test("docs/command-line.md shows how every command is typed, and no other", () => {
  const shown = read("docs/command-line.md").match(/(?<=^ {4})uspeech .*$/gmu) ?? [];
  const usages = Object.values(GROUPS).flatMap((commands) => commands.map(usageLine));
  expect(shown.toSorted()).toEqual(usages.toSorted());
});

describe("docs/errors.md", () => {
  const documented = [...read("docs/errors.md").matchAll(/(`+)(.+?)\1(?!`)/gu)].map(([, , text = ""]) =>
    text.trim().replaceAll("\\|", "|"),
  );
  const sent = sentTexts();

  test("is about texts that the sources hold", () => {
    expect(sent.length).toBeGreaterThan(60);
  });

  test("has every text that is sent", () => {
    const missing = sent.filter(({ text }) => {
      const parts = text.split("…").map((part) => RegExp.escape(part));
      const pattern = new RegExp(`${parts.join(".*")}$`, "u");
      return !documented.some((line) => pattern.test(line));
    });
    expect(missing).toEqual([]);
  });
});

/** As GitHub makes them from headings. */
function anchorsOf(markdown: string): string[] {
  return [...markdown.matchAll(/^#+ (.*)$/gmu)].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-"),
  );
}

function isThere(page: string, target: string): boolean {
  const [file = "", anchor] = target.split("#");
  const path = file === "" ? page : join(dirname(page), file);
  if (!existsSync(join(ROOT, path))) return false;
  return anchor === undefined || anchorsOf(read(path)).includes(anchor);
}

describe("every page", () => {
  const pages = ["*.md", "docs/**/*.md"].flatMap((pattern) => globSync(pattern, { cwd: ROOT }));

  test.each(pages)("%s links to what is there", (page) => {
    const targets = [...read(page).matchAll(/\]\(([^)\s]+)\)/gu)].map(([, target = ""]) => target);
    expect(targets.filter((target) => !/^https?:/u.test(target) && !isThere(page, target))).toEqual([]);
  });

  test("under docs/ is linked to from another", () => {
    const targets = new Set(
      pages.flatMap((page) =>
        [...read(page).matchAll(/\]\(([^)#\s]+)/gu)].map(([, target = ""]) => join(dirname(page), target)),
      ),
    );
    expect(pages.filter((page) => page.startsWith("docs/") && !targets.has(page))).toEqual([]);
  });
});

test("docs/decisions/dependencies.md has every dependency with its version", () => {
  const rows = read("docs/decisions/dependencies.md").split("\n");
  const manifests = ["package.json", "server/package.json", "sdk/package.json", "cli/package.json"];
  const missing = manifests.flatMap((manifest) => {
    const { dependencies, devDependencies, optionalDependencies } = JSON.parse(read(manifest));
    return Object.entries<string>({ ...dependencies, ...devDependencies, ...optionalDependencies })
      .filter(([name]) => !name.startsWith("@uspeech/"))
      .filter(([name, version]) => !rows.some((row) => row.includes(`\`${name}\``) && row.includes(version)))
      .map(([name, version]) => `${name} ${version}`);
  });
  expect(missing).toEqual([]);
});
