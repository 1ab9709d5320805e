/** Which formats FFmpeg may open, and which are known only by a file name's extension. */

/**
 * Demuxers that may open an upload: containers and streams of audio and video, and nothing that names other files or
 * addresses (`hls`, `dash`, `concat`, `imf`, `sdp`, `rtsp`, `webm_dash_manifest`, `vobsub`, `lavfi`), that is a picture
 * (`image2`, `*_pipe`, `gif`), text, a device, or a game's own format that no recorder writes.
 * Names that a build of FFmpeg lacks do no harm. A demuxer with several names is allowed by any of them.
 */
const DEMUXERS = [
  // Everyday containers.
  [
    "mov",
    "mp4",
    "matroska",
    "webm",
    "ogg",
    "wav",
    "w64",
    "mp3",
    "aac",
    "flac",
    "aiff",
    "caf",
    "avi",
    "asf",
    "asf_o",
  ],
  ["flv", "mpeg", "mpegts", "mxf", "nut", "rm", "wtv", "dv", "gxf", "swf"],
  // Streams of one codec.
  [
    "ac3",
    "eac3",
    "dts",
    "dtshd",
    "mlp",
    "truehd",
    "loas",
    "amr",
    "amrnb",
    "amrwb",
    "gsm",
    "sbc",
    "spdif",
    "iamf",
  ],
  // Lossless and older codecs with a header of their own.
  ["ape", "wv", "tta", "tak", "shn", "mpc", "mpc8", "vqf", "oma", "aea", "dsf", "iff", "xwma"],
  // Speech, dictation and workstation formats.
  ["au", "voc", "sox", "ircam", "nistsphere", "avr", "paf", "epaf", "pvf", "hcom", "sds", "wve"],
  ["act", "aa", "dss", "qcp", "ilbc", "codec2", "lvf", "bit"],
].flat();

/** The value of FFmpeg's `-format_whitelist` where the content decides. */
export const DEMUXER_LIST = DEMUXERS.join(",");

/** A format that content alone may not show: samples without a header, or frames whose beginning is damaged. */
export interface RawFormat {
  demuxer: string;
  /** Null where the format or the stream itself says it. */
  sampleRateHz: number | null;
}

const fixed = (demuxer: string): RawFormat => ({ demuxer, sampleRateHz: null });
const telephone = (demuxer: string): RawFormat => ({ demuxer, sampleRateHz: 8_000 });
const signedLinear = (sampleRateHz: number): RawFormat => ({ demuxer: "s16le", sampleRateHz });

/**
 * Extensions that mean one format and nothing else. `.raw` and `.pcm` are not here: nobody can tell their rate.
 * `.sln…` are Asterisk's names for signed linear samples. The last have frames that a demuxer can find again in the
 * middle of a damaged file, which FFmpeg's look at the first bytes does not.
 */
const RAW_FORMATS = new Map<string, RawFormat>([
  ["al", telephone("alaw")],
  ["alaw", telephone("alaw")],
  ["pcma", telephone("alaw")],
  ["ul", telephone("mulaw")],
  ["ulaw", telephone("mulaw")],
  ["mulaw", telephone("mulaw")],
  ["pcmu", telephone("mulaw")],
  ["sln", signedLinear(8_000)],
  ["slin", signedLinear(8_000)],
  ["sln16", signedLinear(16_000)],
  ["sln32", signedLinear(32_000)],
  ["sln44", signedLinear(44_100)],
  ["sln48", signedLinear(48_000)],
  ["gsm", fixed("gsm")],
  ["g722", fixed("g722")],
  ["g723", fixed("g723_1")],
  ["g729", fixed("g729")],
  ["aac", fixed("aac")],
  ["ac3", fixed("ac3")],
  ["eac3", fixed("eac3")],
  ["flac", fixed("flac")],
  ["mp3", fixed("mp3")],
]);

/** Demuxers that have to be told their rate, and take the option. */
const RATE_TAKERS = new Set(["alaw", "mulaw", "s16le"]);

/** The format that a name's extension stands for, or null. The name is looked up and used for nothing else. */
export function rawFormatOf(filename: string): RawFormat | null {
  const extension = /\.([a-z0-9_]{1,8})$/iu.exec(filename)?.[1];
  return (extension !== undefined && RAW_FORMATS.get(extension.toLowerCase())) || null;
}

/** FFmpeg's options that force a format. */
export function rawFormatArguments(format: RawFormat): string[] {
  const rate = RATE_TAKERS.has(format.demuxer) ? ["-sample_rate", String(format.sampleRateHz)] : [];
  return ["-f", format.demuxer, ...rate];
}
