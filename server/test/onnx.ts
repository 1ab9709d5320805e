/**
 * A voice model that is no one's: its embedding is how loud each of 80 bands gets, against the mean of them.
 * Written as ONNX byte by byte, for
 * the tests may not carry a model that comes from elsewhere.
 */
export function voiceModel(): Uint8Array {
  const nodes = [
    node("ReduceMax", ["feats"], "loudest", { axes: 1, keepdims: 0 }),
    node("ReduceMean", ["loudest"], "loudness", { axes: 1, keepdims: 1 }),
    node("Sub", ["loudest", "loudness"], "embs", {}),
  ];
  const graph = message([
    ...nodes.map((node): Field => [1, node]),
    [2, text("voice")],
    [11, tensor("feats", ["N", "T", 80])],
    [12, tensor("embs", ["N", 80])],
  ]);
  const metadata = Object.entries({
    framework: "wespeaker",
    language: "English",
    sample_rate: "16000",
    output_dim: "80",
    normalize_samples: "1",
    feature_normalize_type: "",
  }).map(([key, value]): Field => [
    14,
    message([
      [1, text(key)],
      [2, text(value)],
    ]),
  ]);
  return message([
    [1, 8],
    [7, graph],
    [
      8,
      message([
        [1, text("")],
        [2, 13],
      ]),
    ],
    ...metadata,
  ]);
}

function node(
  operator: string,
  inputs: readonly string[],
  output: string,
  attributes: { axes?: number; keepdims?: number },
): Uint8Array {
  const { axes, keepdims } = attributes;
  const fields: Field[] = inputs.map((input) => [1, text(input)]);
  fields.push([2, text(output)], [4, text(operator)]);
  if (axes !== undefined)
    fields.push([
      5,
      message([
        [1, text("axes")],
        [8, axes],
        [20, INTS],
      ]),
    ]);
  if (keepdims !== undefined)
    fields.push([
      5,
      message([
        [1, text("keepdims")],
        [3, keepdims],
        [20, INT],
      ]),
    ]);
  return message(fields);
}

/** Kinds of attributes. */
const INT = 2;
const INTS = 7;

const FLOAT = 1;

function tensor(name: string, shape: readonly (string | number)[]): Uint8Array {
  const sizes = shape.map((size): Field => [
    1,
    message([typeof size === "number" ? [1, size] : [2, text(size)]]),
  ]);
  const type = message([
    [
      1,
      message([
        [1, FLOAT],
        [2, message(sizes)],
      ]),
    ],
  ]);
  return message([
    [1, text(name)],
    [2, type],
  ]);
}

/** Number and value: an integer, or bytes. */
type Field = readonly [number: number, value: number | Uint8Array];

/** Protocol buffers' wire format. */
function message(fields: readonly Field[]): Uint8Array {
  return Buffer.concat(
    fields.flatMap(([number, value]) =>
      typeof value === "number"
        ? [varint(number * 8), varint(value)]
        : [varint(number * 8 + 2), varint(value.length), value],
    ),
  );
}

function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    bytes.push(rest >= 128 ? (rest % 128) + 128 : rest);
    if (rest < 128) return Uint8Array.from(bytes);
  }
}

function text(value: string): Uint8Array {
  return Buffer.from(value);
}
