/**
 * ONNX models as far as they are altered here: graphs of nodes. Everything else goes through as the bytes that it was.
 * Field numbers are those of onnx.proto (ONNX IR, version 3 and later).
 */
import { BinaryReader, BinaryWriter, WireType } from "@bufbuild/protobuf/wire";

export interface OnnxModel {
  graph: OnnxGraph;
  rest: Field[];
}

export interface OnnxGraph {
  /** In the order in which they can run. */
  nodes: OnnxNode[];
  rest: Field[];
}

export interface OnnxNode {
  operator: string;
  name: string;
  /** Names of values. */
  inputs: string[];
  outputs: string[];
  /** Graphs that are run within this one, by the attribute that holds them. */
  branches: Map<string, OnnxGraph>;
  rest: Field[];
}

/** A field of a protobuf message: its number, its wire type and its content without the length before it. */
interface Field {
  number: number;
  wire: WireType;
  content: Uint8Array;
}

const MODEL_GRAPH = 7;
const GRAPH_NODE = 1;
/** Inputs, outputs, and values in between whose types are stated. */
const GRAPH_VALUES: ReadonlySet<number> = new Set([11, 12, 13]);
const NODE_INPUT = 1;
const NODE_OUTPUT = 2;
const NODE_NAME = 3;
const NODE_OPERATOR = 4;
const NODE_ATTRIBUTE = 5;
const ATTRIBUTE_NAME = 1;
const ATTRIBUTE_INT = 3;
const ATTRIBUTE_GRAPH = 6;
const ATTRIBUTE_TYPE = 20;
const ATTRIBUTE_TYPE_INT = 2;
const ATTRIBUTE_TYPE_GRAPH = 5;
const VALUE_NAME = 1;
const VALUE_TYPE = 2;
const TYPE_TENSOR = 1;
const TENSOR_SHAPE = 2;
const SHAPE_DIMENSION = 1;

/** @throws Error where the bytes are no protobuf message, or hold no graph */
export function readModel(bytes: Uint8Array): OnnxModel {
  const fields = fieldsOf(bytes);
  const graph = fields.find(({ number }) => number === MODEL_GRAPH);
  if (graph === undefined) throw new Error("The model holds no graph.");
  return { graph: readGraph(graph.content), rest: without(fields, [MODEL_GRAPH]) };
}

export function writeModel({ graph, rest }: OnnxModel): Uint8Array {
  return messageOf([...rest, message(MODEL_GRAPH, writeGraph(graph))]);
}

/** A node without attributes. */
export function node(operator: string, inputs: string[], output: string): OnnxNode {
  return { operator, name: output, inputs, outputs: [output], branches: new Map(), rest: [] };
}

/** A node that makes 32-bit floats of numbers of another type. */
export function castToFloat(input: string, output: string): OnnxNode {
  const FLOAT = 1;
  const to = [text(ATTRIBUTE_NAME, "to"), int(ATTRIBUTE_INT, FLOAT), int(ATTRIBUTE_TYPE, ATTRIBUTE_TYPE_INT)];
  return { ...node("Cast", [input], output), rest: [message(NODE_ATTRIBUTE, messageOf(to))] };
}

/** Takes back what a graph states of the lengths of values: only of how many dimensions they are. */
export function forgetLengths(graph: OnnxGraph, isMeant: (name: string) => boolean): void {
  graph.rest = graph.rest.map((field) => {
    if (!GRAPH_VALUES.has(field.number)) return field;
    if (!isMeant(textOf(fieldsOf(field.content), VALUE_NAME))) return field;
    return message(field.number, inside(field.content, VALUE_TYPE, ofAnyLength));
  });
}

function ofAnyLength(type: Uint8Array): Uint8Array {
  return inside(type, TYPE_TENSOR, (tensor) =>
    inside(tensor, TENSOR_SHAPE, (shape) => inside(shape, SHAPE_DIMENSION, () => new Uint8Array())),
  );
}

/** A message with the content of one of its fields altered, wherever that stands. */
function inside(bytes: Uint8Array, number: number, alter: (content: Uint8Array) => Uint8Array): Uint8Array {
  const fields = fieldsOf(bytes);
  return messageOf(
    fields.map((field) => (field.number === number ? message(number, alter(field.content)) : field)),
  );
}

function readGraph(bytes: Uint8Array): OnnxGraph {
  const fields = fieldsOf(bytes);
  const nodes = fields.filter(({ number }) => number === GRAPH_NODE);
  return { nodes: nodes.map(({ content }) => readNode(content)), rest: without(fields, [GRAPH_NODE]) };
}

function writeGraph({ nodes, rest }: OnnxGraph): Uint8Array {
  return messageOf([...nodes.map((node) => message(GRAPH_NODE, writeNode(node))), ...rest]);
}

function readNode(bytes: Uint8Array): OnnxNode {
  const fields = fieldsOf(bytes);
  const branches = new Map<string, OnnxGraph>();
  const rest = without(fields, [NODE_INPUT, NODE_OUTPUT, NODE_NAME, NODE_OPERATOR]).filter((field) => {
    const attribute = field.number === NODE_ATTRIBUTE ? fieldsOf(field.content) : [];
    const graph = attribute.find(({ number }) => number === ATTRIBUTE_GRAPH);
    if (graph !== undefined) branches.set(textOf(attribute, ATTRIBUTE_NAME), readGraph(graph.content));
    return graph === undefined;
  });
  return {
    operator: textOf(fields, NODE_OPERATOR),
    name: textOf(fields, NODE_NAME),
    inputs: textsOf(fields, NODE_INPUT),
    outputs: textsOf(fields, NODE_OUTPUT),
    branches,
    rest,
  };
}

function writeNode({ operator, name, inputs, outputs, branches, rest }: OnnxNode): Uint8Array {
  return messageOf([
    ...inputs.map((input) => text(NODE_INPUT, input)),
    ...outputs.map((output) => text(NODE_OUTPUT, output)),
    text(NODE_NAME, name),
    text(NODE_OPERATOR, operator),
    ...Array.from(branches, ([attribute, graph]) => message(NODE_ATTRIBUTE, writeBranch(attribute, graph))),
    ...rest,
  ]);
}

function writeBranch(attribute: string, graph: OnnxGraph): Uint8Array {
  return messageOf([
    text(ATTRIBUTE_NAME, attribute),
    message(ATTRIBUTE_GRAPH, writeGraph(graph)),
    int(ATTRIBUTE_TYPE, ATTRIBUTE_TYPE_GRAPH),
  ]);
}

function fieldsOf(bytes: Uint8Array): Field[] {
  const reader = new BinaryReader(bytes);
  const fields: Field[] = [];
  while (reader.pos < reader.len) {
    const [number, wire] = reader.tag();
    const content = wire === WireType.LengthDelimited ? reader.bytes() : reader.skip(wire, number);
    fields.push({ number, wire, content });
  }
  return fields;
}

function messageOf(fields: readonly Field[]): Uint8Array {
  const writer = new BinaryWriter();
  for (const { number, wire, content } of fields) {
    writer.tag(number, wire);
    if (wire === WireType.LengthDelimited) writer.bytes(content);
    else writer.raw(content);
  }
  return writer.finish();
}

function message(number: number, content: Uint8Array): Field {
  return { number, wire: WireType.LengthDelimited, content };
}

function text(number: number, value: string): Field {
  return message(number, Buffer.from(value));
}

/** @param value 0 to 127 */
function int(number: number, value: number): Field {
  return { number, wire: WireType.Varint, content: Uint8Array.of(value) };
}

function without(fields: readonly Field[], numbers: readonly number[]): Field[] {
  return fields.filter(({ number }) => !numbers.includes(number));
}

function textsOf(fields: readonly Field[], number: number): string[] {
  return fields.flatMap((field) => (field.number === number ? [Buffer.from(field.content).toString()] : []));
}

function textOf(fields: readonly Field[], number: number): string {
  return textsOf(fields, number)[0] ?? "";
}
