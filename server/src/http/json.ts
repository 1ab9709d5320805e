import { DIGITS_MAX, Float, type Json, length } from "./python.ts";

/** The text is no JSON; the message is the one that Python's `json` module gives. */
export class JsonError extends Error {
  override name = "JsonError";
}

const CONSTANTS = ["NaN", "Infinity", "-Infinity"];
/** What may stand in a string as it is. */
// oxlint-disable-next-line no-control-regex -- these characters are the rule
const PLAIN = /[^"\\\u0000-\u001f]*/y;
const ESCAPED: Record<string, string> = {
  '"': '"',
  "\\": "\\",
  "/": "/",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
};

/**
 * Reads JSON as Python's `json.loads` does under Django REST framework's strict setting: the same messages and places,
 * floats kept apart from integers, integers of any size, the last of equal keys. `JSON.parse` tells none of these.
 * @param depthMax arrays and objects inside each other
 * @throws {JsonError}
 */
export function parseJson(text: string, depthMax: number): Json {
  if (text.startsWith("\ufeff")) throw fault("Unexpected UTF-8 BOM (decode using utf-8-sig)", text, 0);
  const reader = new Reader(text, depthMax);
  const value = reader.value();
  reader.space();
  if (reader.at < text.length) throw fault("Extra data", text, reader.at);
  return value;
}

/** Places are counted in code points, as Python counts them. */
function fault(message: string, text: string, at: number): JsonError {
  const before = text.slice(0, at);
  const line = before.split("\n").length;
  const column = length(before.slice(before.lastIndexOf("\n") + 1)) + 1;
  return new JsonError(`${message}: line ${line} column ${column} (char ${length(before)})`);
}

class Reader {
  at = 0;
  readonly text: string;
  readonly depthMax: number;
  depth = 0;

  constructor(text: string, depthMax: number) {
    this.text = text;
    this.depthMax = depthMax;
  }

  space(): void {
    this.take(/[ \t\n\r]*/y);
  }

  value(): Json {
    this.space();
    const next = this.text[this.at];
    if (next === '"') return this.string();
    if (next === "{") return this.nested(() => this.object());
    if (next === "[") return this.nested(() => this.array());
    if (this.eat("null")) return null;
    if (this.eat("true")) return true;
    if (this.eat("false")) return false;
    return this.number();
  }

  nested<T>(read: () => T): T {
    if (++this.depth > this.depthMax) throw new JsonError("maximum recursion depth exceeded");
    this.at += 1;
    this.space();
    const value = read();
    this.depth -= 1;
    return value;
  }

  object(): Json {
    const object: { [key: string]: Json } = Object.create(null);
    if (this.eat("}")) return object;
    for (;;) {
      if (this.text[this.at] !== '"') throw this.expecting("property name enclosed in double quotes");
      const key = this.string();
      this.space();
      if (!this.eat(":")) throw this.expecting("':' delimiter");
      object[key] = this.value();
      this.space();
      if (this.eat("}")) return object;
      if (!this.eat(",")) throw this.expecting("',' delimiter");
      this.space();
    }
  }

  array(): Json {
    const array: Json[] = [];
    if (this.eat("]")) return array;
    for (;;) {
      array.push(this.value());
      this.space();
      if (this.eat("]")) return array;
      if (!this.eat(",")) throw this.expecting("',' delimiter");
    }
  }

  string(): string {
    const start = this.at++;
    let result = "";
    for (;;) {
      result += this.take(PLAIN);
      const next = this.text[this.at];
      if (next === undefined) throw fault("Unterminated string starting at", this.text, start);
      if (next !== '"' && next !== "\\") throw fault("Invalid control character at", this.text, this.at);
      this.at += 1;
      if (next === '"') return result;
      result += this.escape(start);
    }
  }

  escape(start: number): string {
    const backslash = this.at - 1;
    const letter = this.text[this.at++];
    if (letter === undefined) throw fault("Unterminated string starting at", this.text, start);
    if (letter !== "u") {
      const plain = ESCAPED[letter];
      if (plain === undefined) throw fault("Invalid \\escape", this.text, backslash);
      return plain;
    }
    const code = this.take(/[0-9a-fA-F]{4}/y);
    if (code === "") throw fault("Invalid \\uXXXX escape", this.text, this.at - 1);
    return String.fromCharCode(Number.parseInt(code, 16));
  }

  number(): Json {
    const source = this.take(/-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?/y);
    if (source === "") throw this.noValue();
    if (/[.eE]/.test(source)) return new Float(Number(source));
    const digits = source.replace("-", "").length;
    if (digits > DIGITS_MAX) {
      throw new JsonError(
        `Exceeds the limit (${DIGITS_MAX} digits) for integer string conversion: value has ${digits} digits; ` +
          "use sys.set_int_max_str_digits() to increase the limit",
      );
    }
    const value = Number(source);
    // Python's integers have no -0.
    return Number.isSafeInteger(value) ? value + 0 : BigInt(source);
  }

  noValue(): JsonError {
    const constant = CONSTANTS.find((name) => this.text.startsWith(name, this.at));
    if (constant === undefined) return this.expecting("value");
    return new JsonError(`Out of range float values are not JSON compliant: '${constant}'`);
  }

  expecting(what: string): JsonError {
    return fault(`Expecting ${what}`, this.text, this.at);
  }

  eat(literal: string): boolean {
    if (!this.text.startsWith(literal, this.at)) return false;
    this.at += literal.length;
    return true;
  }

  /** @param pattern sticky @returns what stands here, or "" */
  take(pattern: RegExp): string {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text)?.[0] ?? "";
    this.at += found.length;
    return found;
  }
}
