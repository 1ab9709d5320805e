/**
 * Writes networks of a few nodes as ONNX, for the tests may not carry a model that comes from elsewhere. Field numbers and
 * types are those of onnx.proto.
 */
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";

export interface Network {
  /** By name, in the order in which whoever runs it gives them. No name is a number: an object puts those first. */
  inputs: Record<string, Value>;
  /** By name, in the order in which whoever runs it takes them. No name is a number. */
  outputs: Record<string, Value>;
  constants?: Record<string, Constant>;
  /** In the order in which they can run. */
  nodes: readonly Node[];
  metadata?: Record<string, string | number>;
}

export interface Value {
  type: keyof typeof TYPES;
  /** Lengths, or names for those that vary. */
  shape: readonly (number | string)[];
}

export interface Constant {
  type: keyof typeof TYPES;
  shape: readonly number[];
  bytes: Uint8Array;
}

export interface Node {
  operator: string;
  inputs: readonly string[];
  outputs: readonly string[];
  attributes: Record<string, number | readonly number[]>;
}

const TYPES = { float: 1, int32: 6, int64: 7 } as const;

/** For the attribute `to` of a node that casts. */
export const TO_FLOAT = { to: TYPES.float };

export function node(
  operator: string,
  inputs: readonly string[],
  output: string,
  attributes: Node["attributes"] = {},
): Node {
  return { operator, inputs, outputs: [output], attributes };
}

export function value(type: Value["type"], ...shape: Value["shape"]): Value {
  return { type, shape };
}

/** @param rows a matrix, row by row */
export function matrix(rows: readonly (readonly number[])[]): Constant {
  return floats([rows.length, rows[0]?.length ?? 0], rows.flat());
}

/** Numbers by label, in the labels' order; 0 where none is given. */
export function rowOf(labels: readonly string[], numbers: Partial<Record<string, number>> = {}): number[] {
  return labels.map((label) => numbers[label] ?? 0);
}

export function floats(shape: readonly number[], values: readonly number[]): Constant {
  return { type: "float", shape, bytes: new Uint8Array(Float32Array.from(values).buffer) };
}

export function integers(...values: readonly number[]): Constant {
  const bytes = new Uint8Array(BigInt64Array.from(values, BigInt).buffer);
  return { type: "int64", shape: [values.length], bytes };
}

/** Version of the format, and of the operators, in which `ReduceSum` and `Squeeze` take their axes as an input. */
const IR = 8;
const OPERATORS = 13;

export function writeNetwork(network: Network): Uint8Array {
  const graph = message([
    ...network.nodes.map((node): Field => [1, writeNode(node)]),
    [2, "network"],
    ...Object.entries(network.constants ?? {}).map((named): Field => [5, writeConstant(...named)]),
    ...Object.entries(network.inputs).map((named): Field => [11, writeValue(...named)]),
    ...Object.entries(network.outputs).map((named): Field => [12, writeValue(...named)]),
  ]);
  const operators = message([
    [1, ""],
    [2, OPERATORS],
  ]);
  const metadata = Object.entries(network.metadata ?? {}).map(([key, value]): Field => [
    14,
    message([
      [1, key],
      [2, String(value)],
    ]),
  ]);
  return message([[1, IR], [7, graph], [8, operators], ...metadata]);
}

function writeNode({ operator, inputs, outputs, attributes }: Node): Uint8Array {
  return message([
    ...inputs.map((input): Field => [1, input]),
    ...outputs.map((output): Field => [2, output]),
    [4, operator],
    ...Object.entries(attributes).map((named): Field => [5, writeAttribute(...named)]),
  ]);
}

/** Kinds of attributes. */
const INT = 2;
const INTS = 7;

function writeAttribute(name: string, value: number | readonly number[]): Uint8Array {
  if (typeof value === "number")
    return message([
      [1, name],
      [3, value],
      [20, INT],
    ]);
  return message([[1, name], ...value.map((item): Field => [8, item]), [20, INTS]]);
}

function writeConstant(name: string, { type, shape, bytes }: Constant): Uint8Array {
  return message([...shape.map((length): Field => [1, length]), [2, TYPES[type]], [8, name], [9, bytes]]);
}

function writeValue(name: string, { type, shape }: Value): Uint8Array {
  const lengths = shape.map((length): Field => [
    1,
    message([typeof length === "number" ? [1, length] : [2, length]]),
  ]);
  const tensor = message([
    [1, TYPES[type]],
    [2, message(lengths)],
  ]);
  return message([
    [1, name],
    [2, message([[1, tensor]])],
  ]);
}

/** Number and content. */
type Field = readonly [number: number, content: number | string | Uint8Array];

function message(fields: readonly Field[]): Uint8Array {
  const writer = new BinaryWriter();
  for (const [number, content] of fields) {
    if (typeof content === "number") writer.tag(number, WireType.Varint).int64(content);
    else if (typeof content === "string") writer.tag(number, WireType.LengthDelimited).string(content);
    else writer.tag(number, WireType.LengthDelimited).bytes(content);
  }
  return writer.finish();
}
