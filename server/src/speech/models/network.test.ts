import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openNetwork, readNetworkSettings } from "./network.ts";

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "uspeech-npmrc-"));
});

afterAll(() => rm(folder, { recursive: true }));

test("registry, scopes, authorities and proxies are those of npm", async () => {
  const npmrc = path.join(folder, "npmrc");
  await writeFile(
    npmrc,
    "registry=https://packages.example/npm\n@acme:registry=https://acme.example/\ncafile=/etc/acme.pem\n" +
      "proxy=http://proxy.example:3128/\nnoproxy=localhost,.example\n//packages.example/:_authToken=secret\n",
  );
  const settings = await readNetworkSettings({ PATH: process.env["PATH"], npm_config_userconfig: npmrc });
  expect(settings).toMatchObject({
    registry: "https://packages.example/npm",
    scopes: { "@acme": "https://acme.example/" },
    caFile: "/etc/acme.pem",
    httpProxy: "http://proxy.example:3128/",
    httpsProxy: "http://proxy.example:3128/",
    noProxy: "localhost,.example",
  });
  expect(JSON.stringify(settings)).not.toContain("secret");
});

test("without npm the environment is enough", async () => {
  const env = {
    PATH: folder,
    npm_config_registry: "https://packages.example/",
    HTTPS_PROXY: "http://proxy.example/",
  };
  expect(await readNetworkSettings(env)).toEqual({
    registry: "https://packages.example/",
    scopes: {},
    caFile: null,
    httpProxy: null,
    httpsProxy: "http://proxy.example/",
    noProxy: null,
  });
});

test("a file of authorities that is not there is named", async () => {
  const caFile = path.join(folder, "missing.pem");
  const settings = { registry: null, scopes: {}, caFile, httpProxy: null, httpsProxy: null, noProxy: null };
  await expect(openNetwork(settings)).rejects.toThrow(`npm's setting "cafile" names ${caFile}`);
});
