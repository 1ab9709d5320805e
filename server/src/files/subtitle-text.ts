import { LIMITS } from "../config/limits.ts";

/** A subtitle file cannot be read; the message says where, what is wrong, and what is expected. */
export class SubtitleError extends Error {
  override name = "SubtitleError";
}

/** @param line counted from 1 */
export function faultAt(line: number, problem: string): SubtitleError {
  return new SubtitleError(`Line ${line}: ${problem}`);
}

/** A piece of the file for an error message: shortened, without control characters. */
export function quoted(text: string): string {
  const { quoteCharactersMax } = LIMITS.subtitles;
  const plain = text.trim().replace(/\p{Cc}/gu, " ");
  const shown = plain.length > quoteCharactersMax ? `${plain.slice(0, quoteCharactersMax)}…` : plain;
  return `"${shown.toWellFormed()}"`;
}

/**
 * Decodes a text file: UTF-16 by its byte order mark or its zero bytes, else UTF-8, else Windows-1251 if most letters are
 * beyond ASCII (Cyrillic), else Windows-1252 (Western Europe). Files in other legacy encodings cannot be told apart from these.
 */
export function decodeText(bytes: Uint8Array): string {
  const utf16 = utf16Label(bytes);
  if (utf16 !== null) return new TextDecoder(utf16).decode(bytes);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder(legacyLabel(bytes)).decode(bytes);
  }
}

function utf16Label(bytes: Uint8Array): "utf-16le" | "utf-16be" | null {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return "utf-16le";
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return "utf-16be";
  // Without a mark: numbers, arrows and line ends have one zero byte each, always on the same side.
  const zeros = [0, 0];
  const looked = Math.min(bytes.length, 1000);
  for (let index = 0; index < looked; index++)
    if (bytes[index] === 0) zeros[index % 2] = (zeros[index % 2] ?? 0) + 1;
  const [even = 0, odd = 0] = zeros;
  if (odd > looked / 8 && even === 0) return "utf-16le";
  return even > looked / 8 && odd === 0 ? "utf-16be" : null;
}

function legacyLabel(bytes: Uint8Array): "windows-1251" | "windows-1252" {
  let ascii = 0;
  let beyond = 0;
  for (const byte of bytes) {
    if ((byte >= 0x41 && byte <= 0x5a) || (byte >= 0x61 && byte <= 0x7a)) ascii++;
    else if (byte >= 0xc0) beyond++;
  }
  return beyond > ascii ? "windows-1251" : "windows-1252";
}
