import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command, CommanderError } from "commander";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { encodePatchHeader, PATCH_HEADER_BYTES } from "#agent/delta/container.ts";
import { makeImage } from "#agent/image/make.ts";
import { NodeCrypto } from "#hal/node/crypto.ts";
import { NodeSigner } from "#hal/node/signer.ts";
import { draw32, drawKey } from "#sim/kernel/draws.ts";
import { InputError } from "#tools/errors.ts";
import { imageCommand } from "#tools/image.ts";
import { codeModel, linked, withFunction } from "../agent/delta/firmware-model.ts";

const crypto = new NodeCrypto();
const signer = NodeSigner.fromSeed("ed25519", new Uint8Array(32).fill(3));

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "fuota-diff-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

const path = (name: string) => join(folder, name);
function file(name: string, content: Uint8Array): string {
  writeFileSync(path(name), content);
  return path(name);
}
const bytesOf = (name: string) => new Uint8Array(readFileSync(path(name)));

interface Outcome {
  readonly status: number;
  readonly out: string;
  /** What went wrong, for status 2. */
  readonly problem: string;
}

function image(...args: readonly string[]): Outcome {
  let out = "";
  const terminal = {
    out: (text: string) => {
      out += text;
    },
    err: () => {},
    isInteractive: false,
    rows: 24,
    hasColor: false,
    columns: 80,
  };
  const program = new Command().addCommand(imageCommand(terminal));
  for (const command of program.commands.flatMap((verb) => [verb, ...verb.commands])) {
    command.exitOverride().configureOutput({ writeErr: () => {} });
  }
  process.exitCode = undefined;
  try {
    program.parse(["image", ...args], { from: "user" });
    return { status: Number(process.exitCode ?? 0), out, problem: "" };
  } catch (error) {
    if (!(error instanceof InputError || error instanceof CommanderError)) throw error;
    return { status: 2, out, problem: error.message };
  } finally {
    process.exitCode = undefined;
  }
}

function noise(name: string, sizeBytes: number): Uint8Array {
  const key = drawKey(1, 0, name);
  return Uint8Array.from({ length: sizeBytes }, (_, index) => draw32(key, index) >>> 24);
}

function changed(bytes: Uint8Array, count: number): Uint8Array {
  const [places, values] = [drawKey(1, 0, "places"), drawKey(1, 0, "values")];
  const copy = bytes.slice();
  for (let change = 0; change < count; change++) {
    copy[draw32(places, change) % copy.length] = draw32(values, change) >>> 24;
  }
  return copy;
}

function signed(payload: Uint8Array, version: string, securityCounter = 1): Uint8Array {
  return makeImage(payload, { version, securityCounter }, signer, crypto);
}

const payload = noise("payload", 4000);
const oldImage = signed(payload, "1.0.0");
const newImage = signed(changed(payload, 20), "1.1.0", 2);

beforeAll(() => {
  file("old.bin", oldImage);
  file("new.bin", newImage);
  file("noise.bin", payload);
  image("diff", path("old.bin"), path("new.bin"), "-o", path("good.patch"));
});

describe("diff", () => {
  test("writes a patch, and says how large it is", () => {
    const { out, status } = image("diff", path("old.bin"), path("new.bin"), "-o", path("a.patch"));
    const { length } = bytesOf("a.patch");
    expect(status).toBe(0);
    expect(length).toBeLessThan(500);
    const percent = ((100 * length) / newImage.length).toFixed(1);
    expect(out).toBe(
      `${path("a.patch")}: ${length} bytes, ${percent} % of the image of ${newImage.length} bytes, ` +
        "1.0.0+0 to 1.1.0+0, compressed by heatshrink (window 1024 bytes)\n",
    );
  });

  test("says when it is no use", () => {
    const other = file("other.bin", signed(noise("other", 300), "3.0.0"));
    const { out } = image("diff", path("old.bin"), other, "-o", path("long.patch"));
    expect(out).toMatch(/by crle; sending the image itself is shorter\n$/);
  });

  test("leaves out what follows an image, such as the padding of its slot", () => {
    const padded = new Uint8Array(8192).fill(0xff);
    padded.set(newImage);
    image("diff", path("old.bin"), file("padded.bin", padded), "-o", path("b.patch"));
    expect(bytesOf("b.patch")).toEqual(bytesOf("good.patch"));
  });

  test.each([
    ["the same image", ["old.bin", "old.bin"], "are the same image, there is nothing to send"],
    ["an old one that is none", ["noise.bin", "new.bin"], "noise.bin: is no whole MCUboot image"],
    ["a new one that is none", ["old.bin", "noise.bin"], "noise.bin: is no whole MCUboot image"],
    ["a file that is not there", ["old.bin", "none.bin"], "none.bin: no such file"],
  ])("refuses %s", (_, names, problem) => {
    const outcome = image("diff", ...names.map(path), "-o", path("x.patch"));
    expect(outcome.status).toBe(2);
    expect(outcome.problem).toContain(problem);
    expect(outcome.problem).not.toContain("\n");
  });

  test("refuses a patch in Intel HEX, and none at all", () => {
    const names = [path("old.bin"), path("new.bin")];
    expect(image("diff", ...names, "-o", "patch.hex").problem).toContain("would be Intel HEX");
    expect(image("diff", ...names).problem).toContain("required option '-o, --out <file>'");
  });
});

describe("patch", () => {
  test("makes the new image of the old one", () => {
    const { out, status } = image("patch", path("old.bin"), path("good.patch"), "-o", path("made"));
    expect({ out, status }).toEqual({
      status: 0,
      out: `${path("made")}: ${newImage.length} bytes, version 1.1.0+0\n`,
    });
    expect(bytesOf("made")).toEqual(newImage);
  });

  test("needs no more of the old image than what its hash covers", () => {
    const resigned = oldImage.slice().fill(0, oldImage.length - 64);
    const args = [file("resigned.bin", resigned), path("good.patch"), "-o", path("made2")];
    expect(image("patch", ...args).status).toBe(0);
    expect(bytesOf("made2")).toEqual(newImage);
  });

  test.each([
    ["another image", "new.bin", (patch: Uint8Array) => patch, /refused: wrongBase: changes image/],
    ["damage", "old.bin", (patch: Uint8Array) => flipped(patch, 100), /patchFormat: is damaged/],
    ["a wrong promise", "old.bin", promisingOther, /patchFormat: does not make the image that/],
    ["an endless target", "old.bin", promisingMuch, /patchFormat: makes \d+ bytes, its header/],
  ])("refuses, with status 1: %s", (_, base, spoil, problem) => {
    const bad = file("bad.patch", spoil(bytesOf("good.patch")));
    const { status, out } = image("patch", path(base), bad, "-o", path("x.bin"));
    expect(status).toBe(1);
    expect(out).toMatch(problem);
  });

  test("refuses what is no patch, with status 2", () => {
    const args = (name: string) => [path("old.bin"), path(name), "-o", path("x.bin")];
    expect(image("patch", ...args("new.bin")).problem).toMatch(/is no patch for images/);
    file("short.patch", bytesOf("good.patch").subarray(0, 80));
    expect(image("patch", ...args("short.patch")).problem).toMatch(/shorter than the header/);
    const noBase = image("patch", path("noise.bin"), path("good.patch"), "-o", path("x.bin"));
    expect(noBase.problem).toMatch(/noise.bin: is no whole MCUboot image/);
  });
});

function flipped(bytes: Uint8Array, at: number): Uint8Array {
  const bad = bytes.slice();
  bad[at] = (bad[at] ?? 0) ^ 1;
  return bad;
}

function withHeader(patch: Uint8Array, change: object): Uint8Array {
  const view = new DataView(patch.buffer, patch.byteOffset, patch.length);
  const header = encodePatchHeader({
    bodyBytes: patch.length - PATCH_HEADER_BYTES,
    targetBytes: newImage.length,
    baseHash: patch.slice(16, 48),
    targetHash: patch.slice(48, 80),
    bodyCrc: view.getUint32(80, true),
    ...change,
  });
  return Uint8Array.of(...header, ...patch.subarray(PATCH_HEADER_BYTES));
}

function promisingOther(patch: Uint8Array): Uint8Array {
  return withHeader(patch, { targetHash: new Uint8Array(32) });
}

function promisingMuch(patch: Uint8Array): Uint8Array {
  return withHeader(patch, { targetBytes: 0xffff_ffff });
}

describe("info explains a patch", () => {
  test("in words", () => {
    const { out } = image("info", path("good.patch"));
    expect(out.split("\n")).toEqual([
      expect.stringMatching(
        /^patch of \d+ bytes, \d+\.\d % of the image of \d+ bytes that it makes$/,
      ),
      expect.stringMatching(/^ {2}changes the image with hash [0-9a-f]{64}$/),
      expect.stringMatching(/^ {2}to the image with hash {6}[0-9a-f]{64}$/),
      expect.stringMatching(
        /^ {2}detools patch of \d+ bytes, compressed by heatshrink \(window 1024 bytes\), checksum right$/,
      ),
      "",
    ]);
  });

  test("that is damaged, or beyond this device", () => {
    const damaged = flipped(bytesOf("good.patch"), 100);
    expect(image("info", file("damaged.patch", damaged)).out).toContain("checksum WRONG");
    const lzma = bytesOf("good.patch");
    lzma[PATCH_HEADER_BYTES] = 1;
    const { out } = image("info", file("lzma.patch", lzma));
    expect(out).toMatch(/compressed by method 1.*\n {2}no device takes it: it is compressed by/);
  });

  test("but not as JSON", () => {
    expect(image("info", "--json", path("good.patch")).problem).toMatch(/is a patch; --json/);
  });
});

const LARGE_BYTES = 100 * 1024;
const PATCH_BYTES_MAX = 10 * 1024;

/** What the issue asks for: 100 KiB changed in 1 %. */
describe("a 100 KiB image changed in 1 % is a patch of under 10 KiB", () => {
  const random = noise("large", LARGE_BYTES);
  const model = codeModel(LARGE_BYTES);
  const code = linked(model);
  const middle = model.functions.length >> 1;
  const inserted = Uint8Array.from([
    ...random.subarray(0, 40_000),
    ...noise("inserted", 1024),
    ...random.subarray(40_000),
  ]);

  test.each([
    ["bytes here and there", random, changed(random, 1024), 4096],
    ["a part inserted, all behind it shifted", random, inserted, 1536],
    ["code, bytes here and there", code, changed(code, 1024), 4096],
    ["code, a function inserted", code, linked(withFunction(model, middle, 1024)), 3584],
  ])("%s", (name, from, to, expectedMax) => {
    const [oldPath, newPath] = [
      file("large-old.bin", signed(from, "1.0.0")),
      file("large-new.bin", signed(to, "1.1.0", 2)),
    ];
    const patchPath = path(`${name.replaceAll(/\W+/g, "-")}.patch`);
    expect(image("diff", oldPath, newPath, "-o", patchPath).status).toBe(0);
    const { length } = readFileSync(patchPath);
    expect(length).toBeLessThan(expectedMax);
    expect(expectedMax).toBeLessThan(PATCH_BYTES_MAX);
    expect(image("patch", oldPath, patchPath, "-o", path("large-made.bin")).status).toBe(0);
    expect(Buffer.compare(bytesOf("large-made.bin"), bytesOf("large-new.bin"))).toBe(0);
  });
});
