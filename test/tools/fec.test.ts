import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { InputError } from "#tools/errors.ts";
import { fecCommand } from "#tools/fec.ts";

const vectorPath = join(import.meta.dirname, "../vectors/fec.json");
const vectors = JSON.parse(readFileSync(vectorPath, "utf8"));

let directory: string;
let output: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "fec-"));
  output = "";
  vi.spyOn(process.stdout, "write").mockImplementation((text) => {
    output += text;
    return true;
  });
});

afterEach(() => {
  vi.restoreAllMocks();
  process.exitCode = undefined;
  rmSync(directory, { recursive: true });
});

/** Runs `fuota fec …` and returns its exit status. */
function fec(...args: readonly string[]): number {
  process.exitCode = undefined;
  try {
    fecCommand().exitOverride().parse(args, { from: "user" });
  } catch (error) {
    if (error instanceof InputError) {
      expect(error.message).not.toContain("\n");
      return 2;
    }
    throw error;
  }
  return Number(process.exitCode ?? 0);
}

function file(name: string, content: string | Uint8Array): string {
  const path = join(directory, name);
  writeFileSync(path, content);
  return path;
}

interface Edit {
  /** Where in the file, such as `sessions/0/name`. */
  readonly path: string;
  /** From what is there to what is put there; undefined removes it. */
  readonly to: (before: unknown) => unknown;
}

function applied(node: unknown, [key, ...rest]: readonly string[], to: Edit["to"]): unknown {
  if (key === undefined) return to(node);
  if (Array.isArray(node)) {
    return node.map((item, index) => (String(index) === key ? applied(item, rest, to) : item));
  }
  const before = typeof node === "object" && node !== null ? Object.entries(node) : [];
  const fields = new Map<string, unknown>(before);
  fields.set(key, applied(fields.get(key), rest, to));
  return Object.fromEntries(fields);
}

/** Eight entries of all kinds, one of them changed. */
function variation(...edits: readonly Edit[]): string {
  let content: unknown = {
    ...vectors,
    rowVectors: vectors.rowVectors.slice(0, 5),
    rowHashes: vectors.rowHashes.slice(2, 3),
    sessions: vectors.sessions.filter(({ loss }: { loss?: unknown }) => loss).slice(0, 1),
    completionCounts: vectors.completionCounts.slice(0, 1),
  };
  for (const { path, to } of edits) content = applied(content, path.split("/"), to);
  return file("vectors.json", JSON.stringify(content));
}

const put = (value: unknown) => () => value;
const plusOne = (before: unknown) => Number(before) + 1;
const withoutLast = (before: unknown) => (Array.isArray(before) ? before.slice(0, -1) : before);
const otherDigest = put("00".repeat(32));

const wrong: readonly (readonly [path: string, to: Edit["to"]])[] = [
  ["rowVectors/2/set", put([7])],
  ["rowVectors/2/N", plusOne],
  ["rowVectors/2/variant", put("ts004-v3")],
  ["rowVectors/2/k", put(16_383)],
  ["rowHashes/0/linesSha256", otherDigest],
  ["rowHashes/0/firstLine", put("1000 0")],
  ["rowHashes/0/lastLine", put("1010 0")],
  ["rowHashes/0/khi", put(16_000)],
  ["sessions/0/variant", put("ts004-v3")],
  ["sessions/0/dataSha256", otherDigest],
  ["sessions/0/blockSha256", otherDigest],
  ["sessions/0/codedSha256", otherDigest],
  ["sessions/0/allFragmentsSha256", otherDigest],
  ["sessions/0/codedFragmentsHex/3", put("00".repeat(10))],
  ["sessions/0/codedFragmentsHex", withoutLast],
  ["sessions/0/dataHex", put("00".repeat(160))],
  ["sessions/0/dataHex", put("00")],
  ["sessions/0/padding", put(1)],
  ["sessions/0/loss/seed", plusOne],
  ["sessions/0/lostIndexes", withoutLast],
  ["sessions/0/rx/0", put([1, 4])],
  ["sessions/0/rxCount", plusOne],
  ["sessions/0/expected/outcome", put("never")],
  ["sessions/0/expected/afterRx", plusOne],
  ["sessions/0/expected/atN", plusOne],
  ["sessions/0/expected/extra", plusOne],
  ["sessions/0/expected/uncodedNotReceived", plusOne],
  ["sessions/0/expected/missing", plusOne],
  ["sessions/0/mlAfterRx", plusOne],
  ["completionCounts/0/afterRx/4", plusOne],
  ["completionCounts/0/seeds/1", plusOne],
  ["completionCounts/0/variant", put("")],
];

const hugeHash = { ...vectors.rowHashes[0], Mlo: 1, Mhi: 8000, klo: 1, khi: 8000, kstep: 1 };

const unusable: readonly (readonly [path: string, value: unknown])[] = [
  ["format", "vectors/9"],
  ["rowVectors/0/M", undefined],
  ["rowHashes/0/kstep", 0],
  ["sessions", {}],
  ["sessions/0/nbFrag", "16"],
  ["sessions/0/nbFrag", 0],
  ["sessions/0/nbFrag", 16_384],
  ["sessions/0/fragSize", 0],
  ["sessions/0/rx", [1.5]],
  ["sessions/0/rx", [[1, 2, 3]]],
  ["sessions/0/dataHex", "0g"],
  // More work than any check should take.
  ["sessions/0/rx", new Array(100).fill([1, 16_383])],
  ["rowHashes", new Array(200).fill(hugeHash)],
  ["completionCounts/0/seeds", [0, 0xffff_ffff]],
];

describe("check", () => {
  test("every vector of the independent implementations passes", { timeout: 30_000 }, () => {
    expect(fec("check", vectorPath)).toBe(0);
    const { rowVectors, rowHashes, sessions, completionCounts } = vectors;
    const lists = [rowVectors, rowHashes, sessions, completionCounts];
    const count = lists.reduce((sum, list) => sum + list.length, 0);
    expect(output).toBe(`${count} passed, 0 failed\n`);
  });

  test("unknown fields and missing kinds are fine", () => {
    const path = variation(
      { path: "sessions/0/somethingNew", to: put({ nested: [1] }) },
      { path: "later", to: put(1) },
      { path: "rowHashes", to: put(undefined) },
    );
    expect(fec("check", path)).toBe(0);
    expect(output).toBe("7 passed, 0 failed\n");
  });

  test.each(wrong)("a wrong %s is one failure", (path, to) => {
    expect(fec("check", variation({ path, to }))).toBe(1);
    expect(output).toMatch(/^FAIL .*\n7 passed, 1 failed\n$/);
  });

  test.each(unusable)("%s: %j is unusable", (path, value) => {
    expect(fec("check", variation({ path, to: put(value) }))).toBe(2);
    expect(output).toBe("");
  });

  test.each([
    ["an empty file", ""],
    ["not JSON", "format: yaml\n\u001b[2J"],
    ["null", "null"],
    ["a number", "7"],
    ["a list", "[]"],
    ["an empty object", "{}"],
    ["no entries", '{"format":"lorawan-ts004-fec-vectors/1"}'],
    ["deep nesting", "[".repeat(500_000)],
    ["a prototype", '{"__proto__":{"format":"lorawan-ts004-fec-vectors/1"}}'],
  ])("%s is unusable", (_, text) => {
    expect(fec("check", file("bad.json", text))).toBe(2);
  });

  test("every truncation of a file is unusable", () => {
    const text = readFileSync(variation(), "utf8");
    for (let length = 0; length < text.length; length += 97) {
      expect(fec("check", file("cut.json", text.slice(0, length)))).toBe(2);
    }
  });

  test("so are a file that is not there, a directory and an endless device", () => {
    for (const path of [join(directory, "none.json"), directory, "/dev/zero"]) {
      expect(fec("check", path)).toBe(2);
    }
  });
});

describe("encode and decode", () => {
  const data = Uint8Array.from({ length: 995 }, (_, at) => (at * 7) ^ (at >> 3));

  function encoded(...options: readonly string[]): string {
    output = "";
    const path = file("data.bin", data);
    expect(fec("encode", path, "--frag-size", "50", "--coded", "8", ...options)).toBe(0);
    return output;
  }

  test.each(["ts004-v1", "ts004-v2-lbm", "ts004-v2-spec"])(
    "%s rebuilds what was lost",
    (variant) => {
      const lines = encoded("--variant", variant).trimEnd().split("\n");
      expect(lines.length).toBe(1 + 20 + 8);
      const [header, ...fragments] = lines;
      const kept = [...fragments.slice(20).reverse(), ...fragments.slice(3, 20)];
      const out = join(directory, "rebuilt.bin");
      expect(fec("decode", file("air.txt", [header, ...kept].join("\n")), "--out", out)).toBe(0);
      expect(new Uint8Array(readFileSync(out))).toEqual(data);
    },
  );

  test("too few fragments: status 1, and how many are missing", () => {
    const lines = encoded().trimEnd().split("\n");
    output = "";
    expect(fec("decode", file("air.txt", [...lines.slice(0, 18), lines[21]].join("\n")))).toBe(1);
    expect(output).toMatch(/^incomplete: [23] independent fragments are missing\n$/);
  });

  test("fragments of another size, number 0 and numbers beyond 14 bits are passed over", () => {
    const lines = encoded().trimEnd().split("\n");
    lines.splice(1, 0, "0 00", "1 0000", "99999 00");
    expect(fec("decode", file("air.txt", lines.join("\n")))).toBe(0);
  });

  test.each([
    "",
    "1 00",
    "# variant=ts004-v9 nbFrag=1 fragSize=1 padding=0",
    "# variant=ts004-v1 nbFrag=0 fragSize=1 padding=0",
    "# variant=ts004-v1 nbFrag=16384 fragSize=1 padding=0",
    "# variant=ts004-v1 nbFrag=1 fragSize=0 padding=0",
    "# variant=ts004-v1 nbFrag=1 fragSize=256 padding=0",
    "# variant=ts004-v1 nbFrag=1 fragSize=1 padding=2",
    "# variant=ts004-v1 nbFrag=1 fragSize=1 padding=0\nx",
    "# variant=ts004-v1 nbFrag=1 fragSize=1 padding=0\n1 0",
  ])("unusable: %j", (text) => {
    expect(fec("decode", file("air.txt", text))).toBe(2);
  });

  test("what does not fit in 14 bits is refused", () => {
    expect(fec("encode", file("big", new Uint8Array(16_384)), "--frag-size", "1")).toBe(2);
    expect(fec("encode", file("empty", ""), "--frag-size", "1")).toBe(2);
    expect(fec("encode", file("one", "x"), "--frag-size", "256")).toBe(2);
  });
});

describe("rows", () => {
  test("prints the rows of the standard", () => {
    expect(fec("rows", "10", "--count", "3")).toBe(0);
    expect(output).toBe("11: 2 5\n12: 0 2 4 5 9\n13: 1 3 5 6 7\n");
  });

  test("as JSON, in the shape of a row vector", () => {
    expect(fec("rows", "8", "--from", "2", "--count", "1", "--json")).toBe(0);
    expect(JSON.parse(output)).toEqual({ variant: "ts004-v1", M: 8, k: 2, N: 10, set: [0, 4, 7] });
  });

  test("numbers out of range are refused", () => {
    expect(fec("rows", "0")).toBe(2);
    expect(fec("rows", "16383")).toBe(2);
    expect(fec("rows", "10", "--from", "16374")).toBe(2);
  });
});
