import { describe, expect, test } from "vitest";
import { joined, silence, temporaryFolder, writeSpool } from "../../test/spools.ts";
import { soundOf } from "../../test/scripted-engine.ts";
import { SAMPLE_RATE_HZ, type Clip } from "../speech/recogniser.ts";
import { sharedWords } from "./evidence/agreement.ts";
import { heardOf, textOf, type Heard } from "./heard.ts";
import { read, type Reading } from "./looks.ts";
import { boundsOf, type Segment } from "./segments.ts";

const LOOP = "We went home, " + "and that was that, ".repeat(9);

/** 44 syllables. */
const SENTENCES =
  "because the government committee in Philadelphia had already published its definitive recommendation " +
  "on agricultural machinery";

/** Speech from 1 s to 5 s, and from 6 s to 9 s. */
const SEGMENT: Segment = segmentOf([1, 5], [6, 9]);

function segmentOf(...speech: [number, number][]): Segment {
  const spans = speech.map(([start, end]) => ({
    startSample: start * SAMPLE_RATE_HZ,
    endSample: end * SAMPLE_RATE_HZ,
  }));
  const { startSample, endSample } = boundsOf(spans);
  return { startSample: startSample - 6400, endSample: endSample + 6400, spans };
}

/** Reads a segment of a spool with sound from 1 s to 5 s and 6 s to 9 s; `hears` is the model. */
async function readWith(segment: Segment, hears: (part: Segment) => string | Heard): Promise<Reading[]> {
  await using folder = await temporaryFolder();
  const sound = soundOf(
    [
      { start: 1, end: 5, text: "" },
      { start: 6, end: 9, text: "" },
    ],
    12,
  );
  const spool = await writeSpool(folder.path, joined(sound, silence(1)));
  const clip: Clip = { spool, mix: "mono", gainDb: 0, startSample: 0, endSample: spool.samples };
  return read(clip, segment, async (part) => {
    const heard = hears(part);
    return typeof heard === "string" ? heardOf({ text: heard, tokens: [], language: null }) : heard;
  });
}

function outline(readings: Reading[]): [string, string][] {
  return readings.map(({ heard, standing }) => [textOf(heard.words), standing]);
}

const isWhole = (part: Segment) =>
  part.startSample === SEGMENT.startSample && part.endSample === SEGMENT.endSample;

describe("a segment", () => {
  test("is heard once where nothing speaks against it", async () => {
    let looks = 0;
    const readings = await readWith(SEGMENT, () => `We went home ${(looks += 1)} time.`);
    expect(outline(readings)).toEqual([["We went home 1 time.", "kept"]]);
  });

  test("whose text runs in a circle is cured by a second look, cut at its longest pause", async () => {
    const cuts: Segment[] = [];
    const readings = await readWith(SEGMENT, (part) => {
      if (isWhole(part)) return LOOP;
      cuts.push(part);
      return part.spans[0] === SEGMENT.spans[0] ? "We went home," : "and that was that.";
    });
    expect(outline(readings)).toEqual([
      ["We went home,", "kept"],
      ["and that was that.", "kept"],
    ]);
    expect(cuts.map((cut) => cut.spans)).toEqual([[SEGMENT.spans[0]], [SEGMENT.spans[1]]]);
    expect(cuts[0]?.endSample).toBeLessThanOrEqual(cuts[1]?.startSample ?? 0);
  });

  test("keeps the half that is cured, and withholds the other with the evidence of both looks", async () => {
    const readings = await readWith(SEGMENT, (part) =>
      part.spans.includes(SEGMENT.spans[0] ?? { startSample: 0, endSample: 0 }) && !isWhole(part)
        ? "We went home and slept."
        : LOOP,
    );
    expect(outline(readings).map(([, standing]) => standing)).toEqual(["kept", "withheld"]);
    expect(readings[1]?.evidence.length).toBeGreaterThanOrEqual(2);
  });

  test("with next to no text is withheld where another cut has another one, and doubtful where it has the same", async () => {
    const few = await readWith(SEGMENT, (part) => (isWhole(part) ? "You know." : ""));
    expect(outline(few)).toEqual([["You know.", "withheld"]]);
    const same = await readWith(SEGMENT, (part) =>
      isWhole(part) || part.spans[0] === SEGMENT.spans[0] ? "You know." : "",
    );
    expect(outline(same)).toEqual([["You know.", "doubtful"]]);
  });

  test("in which somebody really says the same thing often is kept: both looks hear it alike", async () => {
    const half = "No, no, no, no, no. ";
    const readings = await readWith(SEGMENT, (part) => half.repeat(part.spans.length));
    expect(outline(readings)).toEqual([[half.repeat(2).trim(), "kept"]]);
    expect(readings[0]?.evidence).toEqual([]);
  });

  const FAST = "She never really understood ".repeat(2) + SENTENCES;

  test("that was said fast is kept: both looks hear it alike", async () => {
    const halves = [FAST.slice(0, FAST.indexOf("because")), FAST.slice(FAST.indexOf("because"))];
    const readings = await readWith(SEGMENT, (part) =>
      isWhole(part) ? FAST : (halves[part.spans[0] === SEGMENT.spans[0] ? 0 : 1] ?? ""),
    );
    expect(outline(readings)).toEqual([[FAST, "kept"]]);
  });

  test("with an ending that the model made up keeps what both looks hear, and no more", async () => {
    const readings = await readWith(SEGMENT, (part) => {
      if (isWhole(part)) return FAST;
      return part.spans[0] === SEGMENT.spans[0] ? "She never really understood." : "Nobody did.";
    });
    expect(outline(readings)).toEqual([
      ["She never really understood.", "kept"],
      ["Nobody did.", "kept"],
    ]);
  });

  test("whose looks both add an ending, each another one, is shown as doubtful", async () => {
    const readings = await readWith(SEGMENT, (part) =>
      isWhole(part) ? FAST : `${part.startSample} ${SENTENCES.split(" ").toReversed().slice(0, 7).join(" ")}`,
    );
    expect(outline(readings).map(([, standing]) => standing)).toEqual(["doubtful", "doubtful"]);
  });

  test("of which the model wrote next to nothing is heard again, and the fuller text taken", async () => {
    const full = await readWith(SEGMENT, (part) => (isWhole(part) ? "" : "Here is what was said."));
    expect(outline(full)).toEqual([
      ["Here is what was said.", "kept"],
      ["Here is what was said.", "kept"],
    ]);
    const empty = await readWith(SEGMENT, () => "");
    expect(outline(empty)).toEqual([["", "doubtful"]]);
  });

  test("without a pause is cut where it is quietest", async () => {
    const cuts: number[] = [];
    const one = segmentOf([1, 9]);
    await readWith(one, (part) => {
      if (part.spans[0] !== one.spans[0]) cuts.push(boundsOf(part.spans).startSample / SAMPLE_RATE_HZ);
      return part.spans[0] === one.spans[0] ? LOOP : "We went home.";
    });
    expect(cuts[1]).toBeGreaterThan(5);
    expect(cuts[1]).toBeLessThan(6);
  });

  const invented = "was published in 1965.";

  /** As the aligner finds them: the last four words are squeezed into no time, on other sounds. */
  function withEnding(text: string): Heard {
    const said = text
      .split(" ")
      .map((_, i) => ({ start: i * 0.3, end: (i + 1) * 0.3, fit: -2.5, squeeze: 0.4 }));
    const unsaid = invented.split(" ").map((_, i) => ({
      start: 6 + i * 0.05,
      end: 6 + (i + 1) * 0.05,
      fit: -11,
      squeeze: 1,
    }));
    const heard = heardOf({ text: `${text} ${invented}`, tokens: [], language: null });
    return { ...heard, aligned: [...said, ...unsaid] };
  }

  test("with a few words that have no sound is not kept because the rest of a long text is heard alike", async () => {
    const long = "We went home and slept, and in the morning we had breakfast in the garden.";
    const halves = [long.slice(0, long.indexOf("and in")), long.slice(long.indexOf("and in"))];
    const half = (part: Segment) => halves[part.spans[0] === SEGMENT.spans[0] ? 0 : 1] ?? "";
    const cured = await readWith(SEGMENT, (part) => (isWhole(part) ? withEnding(long) : half(part)));
    expect(
      outline(cured)
        .map(([text]) => text)
        .join(" "),
    ).not.toContain("1965");
    expect(cured.every(({ standing }) => standing === "kept")).toBe(true);
    const said = await readWith(SEGMENT, (part) =>
      isWhole(part)
        ? withEnding(long)
        : part.spans[0] === SEGMENT.spans[0]
          ? half(part)
          : `${half(part)} ${invented}`,
    );
    expect(outline(said)).toEqual([[`${long} ${invented}`, "kept"]]);
  });

  test("that cannot be cut otherwise has no second look, and stays as doubtful as it was", async () => {
    const word: Segment = {
      ...segmentOf([1, 1.9]),
      startSample: SAMPLE_RATE_HZ,
      endSample: 1.9 * SAMPLE_RATE_HZ,
    };
    let looks = 0;
    const readings = await readWith(word, () => {
      looks += 1;
      return LOOP;
    });
    expect(outline(readings)).toEqual([[LOOP.trim(), "withheld"]]);
    expect(looks).toBe(1);
  });

  test("that is short is heard again with less around it", async () => {
    const short = segmentOf([1, 2]);
    const clips: Segment[] = [];
    const readings = await readWith(short, (part) => {
      clips.push(part);
      return clips.length === 1 ? LOOP : "Home.";
    });
    expect(outline(readings)).toEqual([["Home.", "kept"]]);
    expect(clips[1]?.startSample).toBeGreaterThan(short.startSample);
  });
});

test.each([
  [["a", "b", "c"], ["a", "b", "c"], 1],
  [["a", "b", "c", "d"], ["a", "c", "d"], 0.75],
  [["a"], [], 0],
  [[], [], 0],
])("words shared by %j and %j", (a, b, share) => {
  expect(sharedWords(a, b)).toBe(share);
});
