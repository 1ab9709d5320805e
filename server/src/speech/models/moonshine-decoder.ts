/**
 * Moonshine's decoder, made ready for writing token after token: what is the same for each is computed once.
 *
 * As it is published, every token pays for turning and unpacking the table of 32,768 tokens, and in each layer for turning and
 * scaling what the encoder heard: half of the decoder's time. Here the first is done when the model is loaded, and the
 * second with the first token. It is the same arithmetic on the same numbers, so the same tokens come out.
 */
import {
  castToFloat,
  forgetLengths,
  node,
  readModel,
  writeModel,
  type OnnxGraph,
  type OnnxNode,
} from "./onnx.ts";

/**
 * @param published the bytes of `decoder_model_merged.onnx`
 * @returns the bytes of a model with the same inputs and outputs, but that the encoder's keys are kept turned and scaled
 * @throws Error where the graph is another one
 */
export function prepareMoonshineDecoder(published: Uint8Array): Uint8Array {
  const model = readModel(published);
  const choice = found(model.graph.nodes.find(({ operator }) => operator === "If"));
  const first = found(choice.branches.get("else_branch"));
  const next = found(choice.branches.get("then_branch"));
  model.graph.nodes.unshift(...unpackedOnce(takeTable(first)));
  takeTable(next);
  keepKeysReady(first, next);
  for (const graph of [model.graph, first, next]) forgetLengths(graph, isEncoderKey);
  return writeModel(model);
}

/** The nodes that turn the table of tokens, and that unpack what was turned. */
interface Table {
  turn: OnnxNode;
  unpack: OnnxNode;
}

function takeTable(branch: OnnxGraph): Table {
  for (const unpack of branch.nodes.filter(({ operator }) => operator === "DequantizeLinear")) {
    const turn = branch.nodes.find(({ outputs }) => outputs[0] === unpack.inputs[0]);
    if (turn?.operator !== "Transpose") continue;
    remove(branch, turn, unpack);
    return { turn, unpack };
  }
  throw another();
}

/**
 * The same in nodes that the engine computes when it loads the model, since nothing in them varies: it leaves
 * `DequantizeLinear` for later, and looks into no branch.
 */
function unpackedOnce({ turn, unpack }: Table): OnnxNode[] {
  const [packed, scale, zero] = unpack.inputs.map(found);
  const [table] = unpack.outputs.map(found);
  const part = (name: string): string => `${found(table)}/${name}`;
  return [
    turn,
    castToFloat(found(packed), part("steps")),
    castToFloat(found(zero), part("zero")),
    node("Sub", [part("steps"), part("zero")], part("offset")),
    node("Mul", [part("offset"), found(scale)], found(table)),
  ];
}

/** Has the first token hand on the keys as each token needs them, layer by layer. */
function keepKeysReady(first: OnnxGraph, next: OnnxGraph): void {
  for (let layer = 0; ; layer++) {
    const kept = `past_key_values.${layer}.encoder.key`;
    const turn = next.nodes.find(({ inputs }) => inputs[0] === kept);
    if (turn === undefined) {
      if (layer === 0) throw another();
      return;
    }
    const scale = onlyUser(next, turn);
    const score = onlyUser(next, scale);
    score.inputs = score.inputs.map((input) => (input === scale.outputs[0] ? kept : input));
    remove(next, turn, scale);
    handOnScaled(first, score.name, `present.${layer}.encoder.key`);
  }
}

/** @param score name of the node that multiplies queries with scaled keys */
function handOnScaled(first: OnnxGraph, score: string, present: string): void {
  const before = found(first.nodes.find(({ outputs }) => outputs[0] === present));
  const multiply = found(first.nodes.find(({ name }) => name === score));
  const scaled = found(first.nodes.find(({ outputs }) => outputs[0] === multiply.inputs[1]));
  remove(first, before);
  scaled.outputs = [present];
  multiply.inputs = [found(multiply.inputs[0]), present];
}

function isEncoderKey(value: string): boolean {
  return value.endsWith(".encoder.key");
}

function onlyUser(graph: OnnxGraph, { outputs }: OnnxNode): OnnxNode {
  const users = graph.nodes.filter(({ inputs }) => inputs.some((input) => outputs.includes(input)));
  if (users.length !== 1) throw another();
  return found(users[0]);
}

function remove(graph: OnnxGraph, ...nodes: OnnxNode[]): void {
  graph.nodes = graph.nodes.filter((node) => !nodes.includes(node));
}

function found<T>(value: T | undefined): T {
  if (value === undefined) throw another();
  return value;
}

function another(): Error {
  return new Error("This is not the decoder of Moonshine as it was published: its graph is another one.");
}
