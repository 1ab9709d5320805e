/**
 * What a serializer's field is: how it is described, and in which order Django REST framework looks at what a request
 * holds for it. `fields.ts` has the kinds of fields.
 */

import type { Json } from "./python.ts";
import { type JsonSchema, nullableSchema } from "./shapes.ts";

/** A value is not what its field takes; `serializer.ts` gathers these. Also for checks of a feature's own. */
export class Invalid extends Error {
  override name = "Invalid";
  readonly messages: string[];
  constructor(...messages: string[]) {
    super(messages.join(" "));
    this.messages = messages;
  }
}

/** Throws what is wrong, where anything is. */
export function throwAny(faults: (string | undefined)[]): void {
  const messages = faults.filter((fault) => fault !== undefined);
  if (messages.length > 0) throw new Invalid(...messages);
}

/** A file of a form, received and kept: what `readForm`'s `onFile` made of it. */
export class FormFile<Kept = unknown> {
  readonly filename: string;
  readonly sizeBytes: number;
  readonly kept: Kept;
  constructor(filename: string, sizeBytes: number, kept: Kept) {
    this.filename = filename;
    this.sizeBytes = sizeBytes;
    this.kept = kept;
  }
}

/** Stands for what a lookup finds; `validate` puts the lookup's own type in its place. */
export interface Related {
  readonly related: unique symbol;
}

/** What a request may hold for a field; undefined where it holds nothing. */
export type Input = Json | FormFile | undefined;

/** What comes to a field's own rules. */
export type Given = Exclude<Input, null | undefined>;

/** Finds what a relation names; undefined where it does not exist or the caller may not see it. */
export type Lookup = (id: number) => Promise<unknown>;

/** `maybe`: may be missing from what `validate` gives. */
export type Presence = "always" | "maybe" | "read-only";

export interface Limits {
  min_length?: number | undefined;
  max_length?: number | undefined;
  min_value?: number | undefined;
  max_value?: number | undefined;
}

/** @typeParam Value what `validate` gives @typeParam Out what answers hold */
export interface Field<Value = unknown, P extends Presence = Presence, Out = unknown> {
  readonly presence: P;
  /** What DRF's `OPTIONS` calls the field. */
  readonly label: string;
  readonly help: string | undefined;
  readonly required: boolean;
  readonly allowNull: boolean;
  /** Used where the request holds nothing, except in a partial update. */
  readonly default: Value | undefined;
  /** What DRF takes a form to mean that lacks the field; undefined where it is missing as elsewhere. */
  readonly absentFromForm: Json | undefined;
  /** A form sends a text for each value. */
  readonly takesSeveral: boolean;
  readonly limits: Limits;
  readonly choices: readonly string[] | undefined;
  readonly schema: JsonSchema;
  readonly components: Readonly<Record<string, JsonSchema>>;
  readonly missing: string;
  /** Blank text has rules of its own, before all others; undefined for fields that know no blank. */
  readonly blank: { readonly allowed: boolean; readonly is: (input: Input) => boolean } | undefined;
  readonly emptyIsNull: boolean;
  /** Answers may lack it. */
  readonly mayLack: boolean;
  readonly out?: Out;
  /** @throws {Invalid} for anything but null and nothing, which are dealt with before */
  read(input: Given, lookup: Lookup | undefined): Value | Promise<Value>;
}

/** What most fields can be told. A field with a default, or `required: false`, need not be sent. */
export interface Options {
  required?: boolean;
  allowNull?: boolean;
  default?: unknown;
  /** For the documentation. */
  help?: string;
}

type OrNull<O, V> = O extends { allowNull: true } ? V | null : V;
type PresenceOf<O> = O extends { default: {} | null }
  ? "always"
  : O extends { required: false }
    ? "maybe"
    : "always";
export type FieldOf<O, V, Out = V> = Field<OrNull<O, V>, PresenceOf<O>, OrNull<O, Out>>;

interface Parts<V> extends Partial<Omit<Field<V>, "read" | "presence" | "out">> {
  label: string;
  schema: JsonSchema;
  read: Field<V>["read"];
}

/** Makes a field. The types follow the options, which the compiler cannot see from here: the one cast of this file. */
export function field<O extends Options, V, Out = V>(options: O, parts: Parts<V>): FieldOf<O, V, Out> {
  const { allowNull = false } = options;
  const schema = allowNull ? nullableSchema(parts.schema) : parts.schema;
  const hasDefault = options.default !== undefined;
  return {
    presence: hasDefault || options.required !== false ? "always" : "maybe",
    help: options.help,
    required: !hasDefault && options.required !== false,
    allowNull,
    default: options.default,
    absentFromForm: undefined,
    takesSeveral: false,
    limits: {},
    choices: undefined,
    components: {},
    missing: "This field is required.",
    blank: undefined,
    emptyIsNull: false,
    mayLack: false,
    ...parts,
    schema: {
      ...schema,
      ...(hasDefault && { default: options.default }),
      ...(options.help && { description: options.help }),
    },
  } as unknown as FieldOf<O, V, Out>;
}

/** What a field gives where there is nothing to set. */
export const SKIP = Symbol("skip");

/**
 * A field's value from what the request holds for it, in DRF's order: blank, nothing, null, then the field's own rules.
 * @throws {Invalid}
 */
export async function readField(
  field: Field,
  input: Input,
  lookup: Lookup | undefined,
  partial = false,
): Promise<unknown> {
  if (field.blank?.is(input)) {
    if (!field.blank.allowed) throw new Invalid("This field may not be blank.");
    return "";
  }
  if (input === undefined) {
    if (partial) return SKIP;
    if (field.required) throw new Invalid(field.missing);
    return field.default === undefined ? SKIP : field.default;
  }
  if (input === null || (input === "" && field.emptyIsNull)) {
    if (!field.allowNull) throw new Invalid("This field may not be null.");
    return null;
  }
  return field.read(input, lookup);
}
