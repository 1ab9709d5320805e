/**
 * The fields of Django REST framework's serializers: what each takes, what it gives, and what it says about what it
 * does not take. Texts are those of DRF 3.14; `serializer.ts` puts fields together.
 */

import {
  type Field,
  field,
  type FieldOf,
  FormFile,
  type Given,
  type Input,
  Invalid,
  type Options,
  type Related,
  throwAny,
} from "./field.ts";
import { float, Float, int, isDictionary, length, str, strip, typeName } from "./python.ts";
import { type JsonSchema, type ShapeLike, type ShapeOf, shapeOf } from "./shapes.ts";
import { isEmail, isWebUrl, parseDatetime } from "./text-formats.ts";

export interface CharOptions extends Options {
  maxLength?: number;
  minLength?: number;
  allowBlank?: boolean;
  /** White space around the text is not part of it. On unless switched off. */
  trim?: boolean;
}

/** Text. Numbers are taken as text, as DRF takes them; lengths are in characters (code points). */
export function char<const O extends CharOptions = {}>(options?: O): FieldOf<O, string> {
  return text(options ?? ({} as O), "string", {}, "Not a valid string.", () => true);
}

/** Text that is an e-mail address. */
export function email<const O extends CharOptions = {}>(options?: O): FieldOf<O, string> {
  return text(options ?? ({} as O), "email", { format: "email" }, "Enter a valid email address.", isEmail);
}

/** Text that is an address of the web. */
export function url<const O extends CharOptions = {}>(options?: O): FieldOf<O, string> {
  return text(options ?? ({} as O), "url", { format: "uri" }, "Enter a valid URL.", isWebUrl);
}

function text<O extends CharOptions>(
  options: O,
  label: string,
  schema: JsonSchema,
  invalid: string,
  isValid: (value: string) => boolean,
): FieldOf<O, string> {
  const { maxLength, minLength, allowBlank = false, trim = true } = options;
  return field(options, {
    label,
    limits: { min_length: minLength, max_length: maxLength },
    schema: {
      type: "string",
      ...schema,
      ...(minLength !== undefined || !allowBlank ? { minLength: minLength ?? 1 } : {}),
      ...(maxLength !== undefined && { maxLength }),
    },
    blank: {
      allowed: allowBlank,
      is: (input) => typeof input === "string" && (trim ? strip(input) : input) === "",
    },
    read(input) {
      if (typeof input === "boolean" || typeof input === "object") {
        if (!(input instanceof Float)) throw new Invalid(invalid);
      }
      const value = trim ? strip(str(input)) : str(input);
      throwAny([...textFaults(value, options), isValid(value) ? undefined : invalid]);
      return value;
    },
  });
}

function textFaults(value: string, { maxLength, minLength }: CharOptions): (string | undefined)[] {
  const surrogate = /\p{Surrogate}/u.exec(value)?.[0];
  return [
    maxLength !== undefined && value.length > maxLength && length(value) > maxLength
      ? `Ensure this field has no more than ${maxLength} characters.`
      : undefined,
    minLength !== undefined && length(value) < minLength
      ? `Ensure this field has at least ${minLength} characters.`
      : undefined,
    value.includes("\0") ? "Null characters are not allowed." : undefined,
    surrogate
      ? `Surrogate characters are not allowed: U+${surrogate.charCodeAt(0).toString(16).toUpperCase()}.`
      : undefined,
  ];
}

const TRUE = new Set<unknown>(["t", "y", "yes", "true", "on"].flatMap(cases).concat("1"));
const FALSE = new Set<unknown>(["f", "n", "no", "false", "off"].flatMap(cases).concat("0"));
const NULL = new Set<unknown>(["null", "Null", "NULL", ""]);

function cases(word: string): string[] {
  return [word, word.charAt(0).toUpperCase() + word.slice(1), word.toUpperCase()];
}

/** True or false, and the words and numbers that DRF takes for them. A form that lacks it means false, or the default. */
export function boolean<const O extends Options & { default?: boolean | null } = {}>(
  options?: O,
): FieldOf<O, boolean> {
  const given = options ?? ({} as O);
  return field(given, {
    label: "boolean",
    schema: { type: "boolean" },
    absentFromForm: given.default ?? false,
    read(input) {
      const value = input instanceof Float ? input.value : input;
      if (value === true || value === 1 || TRUE.has(value)) return true;
      if (value === false || value === 0 || FALSE.has(value)) return false;
      if (given.allowNull && NULL.has(value)) return null as never;
      throw new Invalid("Must be a valid boolean.");
    },
  });
}

export interface NumberOptions extends Options {
  min?: number;
  max?: number;
}

/** DRF reads no number from a longer text. */
const NUMBER_CHARACTERS_MAX = 1000;

/** A whole number; texts and floats that mean one are taken. Never beyond what JavaScript holds exactly. */
export function integer<const O extends NumberOptions = {}>(options?: O): FieldOf<O, number> {
  const given = options ?? ({} as O);
  const { min = Number.MIN_SAFE_INTEGER, max = Number.MAX_SAFE_INTEGER } = given;
  return field(given, {
    label: "integer",
    limits: { min_value: given.min, max_value: given.max },
    schema: { type: "integer", ...numberSchema(given) },
    read(input) {
      refuseLongText(input);
      const value = input instanceof FormFile ? undefined : int(str(input).replace(/\.0*\s*$/, ""));
      if (value === undefined) throw new Invalid("A valid integer is required.");
      throwAny(numberFaults(value, min, max));
      return Number(value);
    },
  });
}

/** A number. Not-a-number and infinities, which JSON cannot say, are refused. */
export function number<const O extends NumberOptions = {}>(options?: O): FieldOf<O, number> {
  const given = options ?? ({} as O);
  const { min = -Infinity, max = Infinity } = given;
  return field(given, {
    label: "float",
    limits: { min_value: given.min, max_value: given.max },
    schema: { type: "number", ...numberSchema(given) },
    read(input) {
      refuseLongText(input);
      const value = toNumber(input);
      throwAny(numberFaults(value ?? Number.NaN, min, max));
      if (value === undefined || !Number.isFinite(value)) throw new Invalid("A valid number is required.");
      return value;
    },
  });
}

function toNumber(input: Input): number | undefined {
  if (input instanceof Float) return input.value;
  if (typeof input === "string") return float(input);
  return typeof input === "object" ? undefined : Number(input);
}

function refuseLongText(input: Input): void {
  if (typeof input === "string" && length(input) > NUMBER_CHARACTERS_MAX) {
    throw new Invalid("String value too large.");
  }
}

function numberSchema({ min, max }: NumberOptions): JsonSchema {
  return { ...(min !== undefined && { minimum: min }), ...(max !== undefined && { maximum: max }) };
}

function numberFaults(value: number | bigint, min: number, max: number): (string | undefined)[] {
  return [
    value > max ? `Ensure this value is less than or equal to ${max}.` : undefined,
    value < min ? `Ensure this value is greater than or equal to ${min}.` : undefined,
  ];
}

/** One of these strings, exactly as written. */
export function choice<
  const C extends readonly string[],
  const O extends Options & { default?: C[number] } = {},
>(choices: C, options?: O): FieldOf<O, C[number]> {
  return field(options ?? ({} as O), {
    label: "choice",
    choices,
    schema: { type: "string", enum: choices },
    read(input) {
      const wanted = input instanceof FormFile ? input.filename : str(input);
      const found = choices.find((choice) => choice === wanted);
      if (found === undefined) throw new Invalid(`"${wanted}" is not a valid choice.`);
      return found;
    },
  });
}

/** Some of these strings, at least one; each counts once, in the order of the choices. */
export function multipleChoice<const C extends readonly string[], const O extends Options = {}>(
  choices: C,
  options?: O,
): FieldOf<O, C[number][]> {
  return field(options ?? ({} as O), {
    label: "multiple choice",
    choices,
    takesSeveral: true,
    schema: { type: "array", items: { type: "string", enum: choices }, minItems: 1, uniqueItems: true },
    read(input) {
      const given = Array.isArray(input) ? input : isDictionary(input) ? Object.keys(input) : undefined;
      if (!given) throw new Invalid(`Expected a list of items but got type "${inputType(input)}".`);
      if (given.length === 0) throw new Invalid("This selection may not be empty.");
      const unknown = given.map((item) => str(item)).find((item) => !choices.includes(item));
      if (unknown !== undefined) throw new Invalid(`"${unknown}" is not a valid choice.`);
      return choices.filter((choice) => given.includes(choice));
    },
  });
}

/** Python's time ends with the year 9999. */
const YEARS_END_MS = Date.UTC(9999, 11, 31, 23, 59, 59, 999);

/** A point in time in ISO 8601; without a zone it is UTC. */
export function datetime<const O extends Options = {}>(options?: O): FieldOf<O, Date, string> {
  return field(options ?? ({} as O), {
    label: "datetime",
    schema: { type: "string", format: "date-time" },
    read(input) {
      const value = typeof input === "string" ? parseDatetime(input) : undefined;
      if (value && value.getTime() > YEARS_END_MS) throw new Invalid("Datetime value out of range.");
      if (value) return value;
      throw new Invalid(
        "Datetime has wrong format. Use one of these formats instead: " +
          "YYYY-MM-DDThh:mm[:ss[.uuuuuu]][+HH:MM|-HH:MM|Z].",
      );
    },
  });
}

/** The id of another resource; `validate` gives what its lookup found. */
export function relation<const O extends Options = {}>(options?: O): FieldOf<O, Related, number> {
  return field(options ?? ({} as O), {
    label: "field",
    schema: { type: "integer" },
    emptyIsNull: true,
    async read(input, lookup) {
      const id = primaryKey(input);
      if (lookup === undefined) throw new Error("A relation was validated without its lookup.");
      const found = id > 0n && id <= Number.MAX_SAFE_INTEGER ? await lookup(Number(id)) : undefined;
      if (found === undefined) {
        throw new Invalid(
          `Invalid pk "${input instanceof FormFile ? "" : str(input)}" - object does not exist.`,
        );
      }
      return found as Related;
    },
  });
}

/** Floats are cut off, as Python's `int` does. */
function primaryKey(input: Given): bigint {
  const id = typeof input === "string" ? int(input) : wholePart(input);
  if (id === undefined) throw new Invalid(`Incorrect type. Expected pk value, received ${inputType(input)}.`);
  return id;
}

function wholePart(input: Given): bigint | undefined {
  const value = input instanceof Float ? Math.trunc(input.value) : input;
  if (typeof value === "bigint") return value;
  return typeof value === "number" && Number.isFinite(value) ? BigInt(value) : undefined;
}

function inputType(input: Given): string {
  return input instanceof FormFile ? "InMemoryUploadedFile" : typeName(input);
}

/** A file of a form. @typeParam Kept what `onFile` gives for it */
export function fileField<Kept>(
  options: { maxLength?: number; help?: string } = {},
): Field<FormFile<Kept>, "always", never> {
  const { maxLength } = options;
  return field(options as Options, {
    label: "file upload",
    limits: { max_length: maxLength },
    schema: { type: "string", contentMediaType: "application/octet-stream" },
    missing: "No file was submitted.",
    read(input) {
      if (!(input instanceof FormFile)) {
        throw new Invalid("The submitted data was not a file. Check the encoding type on the form.");
      }
      if (input.sizeBytes === 0) throw new Invalid("The submitted file is empty.");
      const characters = length(input.filename);
      if (maxLength !== undefined && characters > maxLength) {
        throw new Invalid(`Ensure this filename has at most ${maxLength} characters (it has ${characters}).`);
      }
      return input;
    },
  }) as Field<FormFile<Kept>, "always", never>;
}

/** A field that answers have and requests cannot set. @param options.mayLack some answers do not have it */
export function readOnly<const S extends ShapeLike, const L extends boolean = false>(
  like: S,
  options: { help?: string; mayLack?: L } = {},
): Field<never, "read-only", ShapeOf<S> | (L extends true ? undefined : never)> {
  const { label, schema, components } = shapeOf(like);
  const { help, mayLack = false } = options;
  const parts = { label, schema, components, mayLack, read: takesNothing };
  return { ...field({ ...(help && { help }), required: false }, parts), presence: "read-only" };
}

function takesNothing(): never {
  throw new Error("A read-only field takes no input.");
}
