/**
 * Writes `src/schema.d.ts` from the server's OpenAPI document.
 *
 *     npm run schema              writes it
 *     npm run schema -- --check   fails where it is out of date
 */

import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { createApp } from "@uspeech/server/app.ts";
import { configure } from "@uspeech/server/config/config.ts";
import { loadSecrets } from "@uspeech/server/config/secrets.ts";
import { createLog } from "@uspeech/server/observe/log.ts";
import openapiTS, { astToString, COMMENT_HEADER } from "openapi-typescript";

const TARGET = path.join(import.meta.dirname, "../src/schema.d.ts");

const { values } = parseArgs({ options: { check: { type: "boolean", default: false } } });
const wanted = COMMENT_HEADER + astToString(await openapiTS(await serverDocument()));
if (!values.check) await writeFile(TARGET, wanted);
else if ((await readFile(TARGET, "utf8")) !== wanted) {
  console.error(
    "sdk/src/schema.d.ts differs from what the server documents. Run `npm run schema` and commit it.",
  );
  process.exitCode = 1;
}

/** As a server that was just installed gives it. */
async function serverDocument(): Promise<string> {
  const dataDir = await mkdtemp(path.join(tmpdir(), "uspeech-schema-"));
  try {
    const app = await createApp({
      config: configure({ USPEECH_DATA_DIR: dataDir }),
      secrets: await loadSecrets({ USPEECH_SECRET_KEY: "unused" }, dataDir),
      log: createLog("silent"),
      roles: ["api"],
    });
    try {
      return (await app.server.app.inject("/api/schema/")).body;
    } finally {
      await app.close();
    }
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
}
