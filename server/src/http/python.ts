/**
 * How Python reads and writes plain values. Django REST framework's texts quote them ("['call']" is not a valid
 * choice), and its rules lean on them (`int(" 7 ")` is 7, a number is a fine title).
 */

/** A JSON number written as a float. Python keeps `1.0` apart from `1`; JavaScript does not. */
export class Float {
  readonly value: number;
  constructor(value: number) {
    this.value = value;
  }
}

/** A parsed JSON value: integers are `number` where exact and `bigint` beyond, objects have no prototype. */
export type Json = null | boolean | string | number | bigint | Float | Json[] | { [key: string]: Json };

export function isDictionary(value: unknown): value is { [key: string]: Json } {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Float);
}

/** `type(value).__name__` */
export function typeName(value: Json): string {
  if (value === null) return "NoneType";
  if (typeof value === "boolean") return "bool";
  if (typeof value === "string") return "str";
  if (value instanceof Float) return "float";
  if (Array.isArray(value)) return "list";
  return isDictionary(value) ? "dict" : "int";
}

/** `str(value)` */
export function str(value: Json): string {
  return typeof value === "string" ? value : repr(value);
}

/** `repr(value)` */
export function repr(value: Json): string {
  if (value === null) return "None";
  if (value === true) return "True";
  if (value === false) return "False";
  if (typeof value === "string") return reprString(value);
  if (value instanceof Float) return floatText(value.value);
  if (Array.isArray(value)) return `[${value.map(repr).join(", ")}]`;
  if (!isDictionary(value)) return String(value);
  const items = Object.entries(value).map(([key, item]) => `${reprString(key)}: ${repr(item)}`);
  return `{${items.join(", ")}}`;
}

const ESCAPES: Record<string, string> = { "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t" };

function reprString(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  const inside = text.replace(/[\\'\p{C}\p{Z}]/gu, (character) => {
    if (character === "'") return quote === "'" ? "\\'" : "'";
    return ESCAPES[character] ?? (character === " " ? " " : escaped(character));
  });
  return quote + inside + quote;
}

function escaped(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  const hex = code.toString(16);
  if (code < 0x100) return `\\x${hex.padStart(2, "0")}`;
  return code < 0x10000 ? `\\u${hex.padStart(4, "0")}` : `\\U${hex.padStart(8, "0")}`;
}

/** Python writes exponents below -4 and from 16 on; JavaScript below -7 and from 21 on. */
function floatText(value: number): string {
  if (!Number.isFinite(value)) return value > 0 ? "inf" : "-inf";
  const [digits = "", power = "0"] = value.toExponential().split("e");
  const exponent = Number(power);
  if (exponent < -4 || exponent >= 16) {
    return `${digits}e${exponent < 0 ? "-" : "+"}${String(Math.abs(exponent)).padStart(2, "0")}`;
  }
  const text = Object.is(value, -0) ? "-0" : String(value);
  return text.includes(".") ? text : `${text}.0`;
}

const SPACE = "[\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]";
const OUTER_SPACE = new RegExp(`^${SPACE}+|${SPACE}+$`, "g");
const INNER_SPACE = new RegExp(`${SPACE}+`);

/** `text.strip()` */
export function strip(text: string): string {
  return text.replace(OUTER_SPACE, "");
}

/** `text.split()` */
export function words(text: string): string[] {
  return text.split(INNER_SPACE).filter((word) => word !== "");
}

/** Python's own limit on the length of a number in text. */
export const DIGITS_MAX = 4300;

/** `int(text)`; undefined where Python raises ValueError. */
export function int(text: string): bigint | undefined {
  const match = /^([+-]?)(\d+(?:_\d+)*)$/.exec(strip(text));
  const digits = match?.[2]?.replaceAll("_", "");
  if (digits === undefined || digits.length > DIGITS_MAX) return undefined;
  return match?.[1] === "-" ? -BigInt(digits) : BigInt(digits);
}

/** `float(text)`; undefined where Python raises ValueError. */
export function float(text: string): number | undefined {
  const bare = strip(text);
  const special = /^([+-]?)(inf|infinity|nan)$/i.exec(bare);
  if (special) return special[2]?.toLowerCase() === "nan" ? NaN : special[1] === "-" ? -Infinity : Infinity;
  const number = /^[+-]?(\d+(_\d+)*\.?(\d+(_\d+)*)?|\.\d+(_\d+)*)(e[+-]?\d+(_\d+)*)?$/i.test(bare);
  return number ? Number(bare.replaceAll("_", "")) : undefined;
}

/** `len(text)`: code points, where JavaScript counts UTF-16 units. */
export function length(text: string): number {
  let count = 0;
  for (let at = 0; at < text.length; at += (text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1) count += 1;
  return count;
}
