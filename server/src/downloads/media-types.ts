import type { Selectable } from "kysely";
import type { Tables } from "../database/tables.ts";
import type { Probe } from "../media/probe.ts";

/** What browsers call the containers that FFmpeg names; anything else is offered as bytes, never as something to run. */
const BY_CONTAINER: Record<string, string> = {
  wav: "audio/wav",
  w64: "audio/wav",
  mp3: "audio/mpeg",
  flac: "audio/flac",
  ogg: "audio/ogg",
  aac: "audio/aac",
  aiff: "audio/aiff",
  amr: "audio/amr",
  asf: "audio/x-ms-wma",
  mov: "video/mp4",
  matroska: "video/webm",
  avi: "video/x-msvideo",
};

/** Media type of a stored recording, from what its bytes are and not from its name. */
export function mediaType(file: Pick<Selectable<Tables["files"]>, "probe_json">): string {
  const probe = file.probe_json === null ? null : (JSON.parse(file.probe_json) as Probe);
  // FFmpeg names families: "mov,mp4,m4a,3gp,3g2,mj2", "matroska,webm".
  const [container = ""] = probe?.container.split(",") ?? [];
  return BY_CONTAINER[container] ?? "application/octet-stream";
}
