import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { spoken, tone } from "../audio.ts";
import { startServer } from "../harness.ts";
import { ROOT } from "../sources.ts";

/** The value of a line such as `name{a="b"} 1`. */
function valueOf(text: string, line: string): number | undefined {
  const found = text.split("\n").find((one) => one.startsWith(`${line} `));
  return found === undefined ? undefined : Number(found.slice(line.length + 1));
}

test("what was done is to be seen in numbers, by anybody who may ask", async () => {
  const { admin } = await startServer();
  await admin.upload(await tone());
  await admin.settled(1);
  await admin.upload(await spoken("The committee met on Monday to discuss the plans."));
  await admin.settled(2);
  await admin.get("/api/files/1/");
  await admin.get("/api/no-such-thing/");
  const { status, headers, body } = await admin.request("GET", "/metrics", {
    headers: { authorization: "None", accept: "text/plain;version=0.0.4;q=0.5,*/*;q=0.1" },
  });
  expect(status).toBe(200);
  expect(headers.get("content-type")).toMatch(/^text\/plain; version=0\.0\.4/);
  const value = (line: string) => valueOf(body, line);
  const requests = "uspeech_http_request_duration_seconds_count";
  expect(value(`${requests}{method="POST",route="/api/files/",status="201"}`)).toBe(2);
  expect(value(`${requests}{method="GET",route="none",status="404"}`)).toBe(1);
  expect(value('uspeech_tasks_ended{status="succeeded",error_reason=""}')).toBe(1);
  expect(value('uspeech_tasks_ended{status="failed",error_reason="audio_too_short"}')).toBe(1);
  expect(value("uspeech_audio_seconds")).toBeGreaterThan(2);
  expect(value("uspeech_speech_seconds")).toBeGreaterThan(1);
  expect(value("uspeech_real_time_factor")).toBeGreaterThan(0);
});

test("a queue that nobody works on is seen to be long and old", async () => {
  let ms = Date.now();
  const { admin } = await startServer({ roles: ["api"], now: () => new Date(ms) });
  await admin.upload(await tone());
  await admin.upload(await tone());
  ms += 90_000;
  const { body } = await admin.get("/metrics");
  expect(valueOf(body, 'uspeech_queue_deliveries{queue="transcription",state="waiting"}')).toBe(2);
  expect(valueOf(body, 'uspeech_queue_oldest_seconds{queue="transcription"}')).toBeGreaterThanOrEqual(89);
});

test("docs/metrics.md has every metric, and no other", async () => {
  const { admin } = await startServer({ roles: ["api"] });
  const { body } = await admin.get("/metrics");
  const exposed = [...String(body).matchAll(/^# TYPE (uspeech_\w+)/gmu)].map(([, name]) => name);
  const documented = [
    ...readFileSync(join(ROOT, "docs/metrics.md"), "utf8").matchAll(/^\| `(uspeech_\w+)`/gmu),
  ].map(([, name]) => name);
  expect(new Set(documented)).toEqual(new Set(exposed));
});
