/** How speakers are told apart, as the operator says and as models are installed. */
import { CATALOGUE } from "../speech/models/catalogue.ts";
import { isInstalled, modelFile } from "../speech/models/installed.ts";
import { createDiarizer, type Diarizer, type VoiceModel } from "./diarizer.ts";

/** @returns null where it is switched off */
export function chooseDiarizer(choice: "auto" | "built-in" | "off", modelsDir: string): Diarizer | null {
  if (choice === "off") return null;
  const voiceModel = choice === "auto" ? () => installedVoiceModel(modelsDir) : async () => null;
  return createDiarizer({ voiceModel });
}

/** The first speaker model of the catalogue that is installed: looked for each time, so that a pull needs no restart. */
export async function installedVoiceModel(modelsDir: string): Promise<VoiceModel | null> {
  for (const entry of CATALOGUE.filter(({ purpose }) => purpose === "speakers"))
    if (await isInstalled(modelsDir, entry)) return { path: modelFile(modelsDir, entry, "model") };
  return null;
}
