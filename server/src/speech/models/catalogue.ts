/**
 * The models that can be installed: what they are, what they speak, and where their files come from.
 *
 * Every file is pinned by size and SHA-256, and every tarball by its registry integrity, so that what is loaded is
 * what was chosen here, whichever registry, mirror or folder it came through.
 */
import { ModelError } from "./errors.ts";
import type {
  FileRole,
  ModelEntry,
  ModelFile,
  ModelPurpose,
  ModelSource,
  Package,
  RecogniserEntry,
} from "./entry.ts";
import { WHISPER_LANGUAGES, WHISPER_TURBO_LANGUAGES } from "./whisper-languages.ts";

export type { FileRole, ModelEntry, ModelFamily, ModelFile } from "./entry.ts";

/** The detector that every recogniser is used with. */
export const DETECTOR = "silero-vad-v6";

/** How large and exactly which bytes: all that differs between sizes of one model. */
type Content = Pick<ModelFile, "sizeBytes" | "sha256">;

function file(role: FileRole, name: string, sizeBytes: number, sha256: string): ModelFile {
  return { role, name, sizeBytes, sha256 };
}

const MOONSHINE_TOKENS = file(
  "tokens",
  "tokens.txt",
  506_922,
  "0547fb182949fbf8ae2ae046de2c3da652c9c6b7e87b25287bd53ddc32ef10a6",
);

/** Moonshine has the LLaMA vocabulary; this package carries it as text. */
const LLAMA_TOKENIZER: Package = {
  name: "llama-tokenizer-js",
  version: "1.2.2",
  integrity:
    "sha512-Wmth393dc3odWU3IzARJ3r2oIfWgw9GdJ5Gm+hGhfECNO18UHLRqEFSf511jn4E9KcQGzuuKw4Wl08pHAemLAw==",
  sizeBytes: 388_950,
  members: [
    {
      path: "package/llama-tokenizer.js",
      file: MOONSHINE_TOKENS.name,
      make: "moonshine-tokens",
    },
  ],
};

interface MoonshineExport {
  encoder: Content;
  decoder: Content;
  /** What `prepareMoonshineDecoder` makes of the decoder. */
  prepared: Content;
}

function moonshine(size: "base" | "tiny", { encoder, decoder, prepared }: MoonshineExport): ModelEntry {
  const published: ModelFile[] = [
    { role: "encoder", name: "encoder_model.onnx", ...encoder },
    { role: "published-decoder", name: "decoder_model_merged.onnx", ...decoder },
  ];
  const made: ModelFile = {
    role: "merged-decoder",
    name: "decoder_prepared.onnx",
    madeOf: "decoder_model_merged.onnx",
    ...prepared,
  };
  const weights: Package = {
    name: "@usefulsensors/moonshine-js",
    version: "0.1.14",
    integrity:
      "sha512-AbpOnDdMSZ8ZlZYdlUb2UvzBb1Yk9rVoU9BWPtXLpdrt5A6CoDbEct7guLkpcT+GhTtwpsiRrQR1CH1KQy8/mQ==",
    sizeBytes: 72_711_419,
    members: published.map((file) => ({
      path: `package/dist/model/${size}/quantized/${file.name}`,
      file: file.name,
      make: "copy",
    })),
  };
  return {
    name: `moonshine-${size}`,
    purpose: "recogniser",
    family: "moonshine",
    files: [...published, MOONSHINE_TOKENS, made],
    languages: ["en"],
    licence: "MIT",
    upstream: "https://github.com/moonshine-ai/moonshine",
    source: { kind: "npm", packages: [weights, LLAMA_TOKENIZER] },
    requires: [DETECTOR],
  };
}

const SILERO_VAD: ModelEntry = {
  name: DETECTOR,
  purpose: "vad",
  family: "silero",
  files: [
    file(
      "model",
      "silero_vad_v6.onnx",
      2_327_524,
      "1a153a22f4509e292a94e67d6f9b85e8deb25b4988682b7e174c65279d8788e3",
    ),
  ],
  languages: [],
  licence: "MIT",
  upstream: "https://github.com/snakers4/silero-vad",
  source: {
    kind: "npm",
    packages: [
      {
        name: "@ricky0123/vad-web",
        version: "0.0.31",
        integrity:
          "sha512-ePVq8TvB21sdHSxVMZOEIf9JVa7MAYpaIaNXeGgsPOiMCN8xbPCdF2LS5aYj7VRR3ZxzutedgV9ZplV65IA1Fg==",
        sizeBytes: 5_471_324,
        members: [
          {
            path: "package/dist/silero_vad_v6.onnx",
            file: "silero_vad_v6.onnx",
            make: "copy",
          },
        ],
      },
    ],
  },
  requires: [],
};

/** Exports for sherpa-onnx, one repository a model, each fixed at one revision: what is behind such an address never changes. */
function exported(repository: string, revision: string): ModelSource {
  return { kind: "address", base: `https://huggingface.co/${repository}/resolve/${revision}/` };
}

interface WhisperExport {
  revision: string;
  languages: readonly string[];
  encoder: Content;
  decoder: Content;
}

function whisper(size: string, { revision, languages, encoder, decoder }: WhisperExport): ModelEntry {
  return {
    name: `whisper-${size}`,
    purpose: "recogniser",
    family: "whisper",
    files: [
      { role: "encoder", name: `${size}-encoder.int8.onnx`, ...encoder },
      { role: "decoder", name: `${size}-decoder.int8.onnx`, ...decoder },
      file(
        "tokens",
        `${size}-tokens.txt`,
        816_730,
        "b34b360dbb493e781e479794586d661700670d65564001f23024971d1f2fa126",
      ),
    ],
    languages,
    licence: "MIT",
    upstream: "https://github.com/openai/whisper",
    source: exported(`csukuangfj/sherpa-onnx-whisper-${size}`, revision),
    requires: [DETECTOR],
  };
}

const PARAKEET: ModelEntry = {
  name: "parakeet-tdt-0.6b-v3",
  purpose: "recogniser",
  family: "nemo-transducer",
  files: [
    file(
      "encoder",
      "encoder.int8.onnx",
      652_184_281,
      "acfc2b4456377e15d04f0243af540b7fe7c992f8d898d751cf134c3a55fd2247",
    ),
    file(
      "decoder",
      "decoder.int8.onnx",
      11_845_275,
      "179e50c43d1a9de79c8a24149a2f9bac6eb5981823f2a2ed88d655b24248db4e",
    ),
    file(
      "joiner",
      "joiner.int8.onnx",
      6_355_277,
      "3164c13fc2821009440d20fcb5fdc78bff28b4db2f8d0f0b329101719c0948b3",
    ),
    file("tokens", "tokens.txt", 93_939, "d58544679ea4bc6ac563d1f545eb7d474bd6cfa467f0a6e2c1dc1c7d37e3c35d"),
  ],
  languages: "bg cs da de el en es et fi fr hr hu it lt lv mt nl pl pt ro ru sk sl sv uk".split(" "),
  licence: "CC-BY-4.0",
  upstream: "https://github.com/NVIDIA-NeMo/NeMo",
  source: exported(
    "csukuangfj/sherpa-onnx-nemo-parakeet-tdt-0.6b-v3-int8",
    "2bda32ec70b097a55adaa07d9a7173915b43cc78",
  ),
  requires: [DETECTOR],
};

/** The decoder is tiny, and not in 8 bits, as in the examples of those who publish it. */
const REAZON_SPEECH: ModelEntry = {
  name: "reazonspeech-k2-v2",
  purpose: "recogniser",
  family: "zipformer-transducer",
  files: [
    file(
      "encoder",
      "encoder-epoch-99-avg-1.int8.onnx",
      154_670_139,
      "2c7bd08a8a99f9ddd0d9e458456577b1f6279214e51426f114f9eced44c54e1d",
    ),
    file(
      "decoder",
      "decoder-epoch-99-avg-1.onnx",
      11_767_836,
      "58b18211ae06265466bfa17172dab574df94f76c8bcb61a3640c28ba860e4124",
    ),
    file(
      "joiner",
      "joiner-epoch-99-avg-1.int8.onnx",
      2_696_970,
      "49cc7ea1d3d35a40a27442db5e89996da64bf0e683a903dce76e99e57a12e4de",
    ),
    file("tokens", "tokens.txt", 45_754, "2c3ac659818a48a0c04010e0593bbc4d7c8a24a054340b01131499c05fd52def"),
  ],
  languages: ["ja"],
  licence: "Apache-2.0",
  upstream: "https://github.com/reazon-research/ReazonSpeech",
  source: exported("reazon-research/reazonspeech-k2-v2", "291488c8151be24d7da4bf7af26e533fad96e407"),
  requires: [DETECTOR],
};

const SENSE_VOICE: ModelEntry = {
  name: "sense-voice",
  purpose: "recogniser",
  family: "sense-voice",
  files: [
    file(
      "model",
      "model.int8.onnx",
      239_233_841,
      "c71f0ce00bec95b07744e116345e33d8cbbe08cef896382cf907bf4b51a2cd51",
    ),
    file("tokens", "tokens.txt", 315_894, "f449eb28dc567533d7fa59be34e2abca8784f771850c78a47fb731a31429a1dc"),
  ],
  languages: ["en", "ja", "ko", "yue", "zh"],
  licence: "FunASR Model License",
  upstream: "https://github.com/FunAudioLLM/SenseVoice",
  source: exported(
    "csukuangfj/sherpa-onnx-sense-voice-zh-en-ja-ko-yue-2024-07-17",
    "2365baeacb507f821a0c8120fcee3d484dba7a07",
  ),
  requires: [DETECTOR],
};

/**
 * WeSpeaker's ResNet34, trained on VoxCeleb. The address is a release of sherpa-onnx, misspelt there: what is behind it could
 * be replaced, and would be refused then.
 */
const WESPEAKER: ModelEntry = {
  name: "wespeaker-resnet34",
  purpose: "speakers",
  family: "voice-embedding",
  files: [
    file(
      "model",
      "wespeaker_en_voxceleb_resnet34_LM.onnx",
      26_530_550,
      "e9848563da86f263117134dfd7ad63c92355b37de492b55e325400c9d9c39012",
    ),
  ],
  languages: [],
  licence: "CC-BY-4.0",
  upstream: "https://github.com/wenet-e2e/wespeaker",
  source: {
    kind: "address",
    base: "https://github.com/k2-fsa/sherpa-onnx/releases/download/speaker-recongition-models/",
  },
  requires: [],
};

/** Every model that can be installed, the default first. */
export const CATALOGUE: readonly ModelEntry[] = [
  moonshine("base", {
    encoder: {
      sizeBytes: 20_513_063,
      sha256: "1dd9ab0a7f987113d30affcba5a068d11c8f90fa0223caa3e491ade431ad9751",
    },
    decoder: {
      sizeBytes: 42_498_870,
      sha256: "cc9f3cd6698a369c6008b41aa60aa3fb3322e7f03c9bdf19d8e6b7200afca4f3",
    },
    prepared: {
      sizeBytes: 42_492_365,
      sha256: "aca5743acb8a25236425500995df0e03b685a9b76c566e7647ae8fbeacd7aeea",
    },
  }),
  moonshine("tiny", {
    encoder: {
      sizeBytes: 7_937_661,
      sha256: "c6fc4b7bc5af75c0591fd157a1f3829b533d18e9769a888fd95a62e470dd4f4a",
    },
    decoder: {
      sizeBytes: 20_243_286,
      sha256: "eed87831c3a6103534aae7d47a5d485025c659a1323901513961c39fe8a1a367",
    },
    prepared: {
      sizeBytes: 20_238_421,
      sha256: "fafffa87a106887494fcbca5633c8d588627572c77b805a797282595a4d621ad",
    },
  }),
  PARAKEET,
  SENSE_VOICE,
  REAZON_SPEECH,
  whisper("tiny", {
    revision: "65176e2deb88badc814a94058666cadccc29b61c",
    languages: WHISPER_LANGUAGES,
    encoder: {
      sizeBytes: 12_937_772,
      sha256: "d24fb083ae3b1041fc24e97971d60e280c9342201fbb67b0ab428a8b4a51a434",
    },
    decoder: {
      sizeBytes: 89_855_401,
      sha256: "d2fece8dd42771f1df975c6c0445770d0c292bf7547c2cae04a6c0cc57540925",
    },
  }),
  whisper("base", {
    revision: "bb53ee204431c90d314c1cc08d28d23e5b7927cc",
    languages: WHISPER_LANGUAGES,
    encoder: {
      sizeBytes: 29_120_534,
      sha256: "0b8fb1304b6109976038efff5ace81720e00386f3ff6b54ee8c75291ca0a1e11",
    },
    decoder: {
      sizeBytes: 130_672_026,
      sha256: "9759d217388a01b3a4c7c15533201067b48ae819c4daafc8624e64b9409dc02d",
    },
  }),
  whisper("small", {
    revision: "8f3c18b358db4d1f2fc1eae49d75cd20989e4309",
    languages: WHISPER_LANGUAGES,
    encoder: {
      sizeBytes: 112_442_483,
      sha256: "4cbe7b22fa9026b843b60a68640c747de05bafb1a11b57edc0e66c232d9f33a9",
    },
    decoder: {
      sizeBytes: 262_226_114,
      sha256: "acad50b5c782696e91b55914cc5ab4f756f1532f76e22aa6fc615f39fb69a8ee",
    },
  }),
  whisper("turbo", {
    revision: "2ca6ff69fc878651b770880507669577ac41c2ff",
    languages: WHISPER_TURBO_LANGUAGES,
    encoder: {
      sizeBytes: 674_716_297,
      sha256: "b02dcdf54f348741e93fe732b67d933c8dcb6735655f710640143081db38878b",
    },
    decoder: {
      sizeBytes: 361_080_764,
      sha256: "20accd02388482eb3a46bd615631adfdc85e1eb2c7db9ea3f02a40ffe6b81547",
    },
  }),
  SILERO_VAD,
  WESPEAKER,
];

/**
 * The order in which recognisers are recommended: those made for few languages before those made for a hundred, and of
 * Whisper's sizes the middle one, below which error rates on FLEURS grow by half and more with each step (Radford et al.
 * 2022, appendix D.2.4) and above which a download is a gigabyte.
 */
const RECOMMENDED: readonly string[] = [
  "moonshine-base",
  "parakeet-tdt-0.6b-v3",
  "sense-voice",
  "reazonspeech-k2-v2",
  "whisper-small",
  "whisper-turbo",
  "whisper-base",
  "moonshine-tiny",
  "whisper-tiny",
];

/**
 * The entry with this name.
 * @throws ModelError `unknown_model`, listing the names that exist
 */
export function findModel(name: string): ModelEntry {
  const entry = CATALOGUE.find((entry) => entry.name === name);
  if (entry === undefined) throw unknownModel(name, ["recogniser", "vad", "speakers"]);
  return entry;
}

/**
 * The entry with this name, of a model that writes what is said.
 * @throws ModelError `unknown_model`, listing the recognisers; `no_recogniser` for a model of another kind
 */
export function findRecogniser(name: string): RecogniserEntry {
  const entry = CATALOGUE.find((entry) => entry.name === name);
  if (entry === undefined) throw unknownModel(name, ["recogniser"]);
  if (isRecogniser(entry)) return entry;
  throw new ModelError(
    "no_recogniser",
    `The model ${name} ${WORK[entry.purpose]} but does not write it. Choose one of: ${namesOf(["recogniser"])}.`,
  );
}

/** What a model does with speech, by its purpose. */
const WORK: Record<ModelPurpose, string> = {
  recogniser: "writes speech",
  vad: "finds speech",
  speakers: "tells whose speech is whose",
};

function unknownModel(name: string, purposes: readonly ModelPurpose[]): ModelError {
  return new ModelError("unknown_model", `There is no model "${name}". There are: ${namesOf(purposes)}.`);
}

function namesOf(purposes: readonly ModelPurpose[]): string {
  const entries = CATALOGUE.filter(({ purpose }) => purposes.includes(purpose));
  return entries.map(({ name }) => name).join(", ");
}

function isRecogniser(entry: ModelEntry): entry is RecogniserEntry {
  return entry.purpose === "recogniser";
}

/** Recognisers that speak a language, the one to recommend first: what to offer when the installed one does not speak it. */
export function recognisersFor(language: string): RecogniserEntry[] {
  return recognisers().filter(({ languages }) => languages.includes(language));
}

/** All recognisers, the one to recommend first. */
export function recognisers(): RecogniserEntry[] {
  return CATALOGUE.filter(isRecogniser).sort(
    (a, b) => RECOMMENDED.indexOf(a.name) - RECOMMENDED.indexOf(b.name),
  );
}
