import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import { beforeAll, describe, expect, test } from "vitest";
import { describeImage } from "#tools/image/describe.ts";
import { explanationOf } from "#tools/image/explain.ts";
import { readBinary } from "#tools/image/input.ts";
import { imageSchema } from "#tools/image/schema.ts";
import { structureOf } from "#tools/image/structure.ts";

/** What `fuota image info` says of boot trailers, as imgtool and as an MCUboot leaves them. */

const folder = new URL("../vectors/images/", import.meta.url);

function fixture(name: string): Uint8Array {
  return readBinary(new URL(name, folder).pathname).bytes;
}

/** Bytes of the trailer, counted from the end of the slot. */
function written(name: string, bytes: Readonly<Record<number, number>>): Uint8Array {
  const slot = fixture(name).slice();
  for (const [fromEnd, value] of Object.entries(bytes)) slot[slot.length - Number(fromEnd)] = value;
  return slot;
}

function described(bytes: Uint8Array) {
  return describeImage("slot.bin", { bytes }, structureOf("slot.bin", { bytes }));
}

describe.each([
  { align: 8, name: "pad-8.bin", imageOk: 24, copyDone: 32, swapInfo: 40, swapSize: 48 },
  { align: 16, name: "pad-16.bin", imageOk: 32, copyDone: 48, swapInfo: 64, swapSize: 80 },
])("$align-byte writes", ({ align, name, imageOk, copyDone, swapInfo, swapSize }) => {
  const rest = (bytes: Readonly<Record<number, number>>) => described(written(name, bytes)).rest;

  test("as imgtool pads it", () => {
    expect(rest({})).toEqual({
      type: "trailer",
      alignBytes: align,
      erasedByte: 0xff,
      endOffset: 2048,
      imageOk: "unset",
      copyDone: "unset",
      swapInfo: null,
      swapSizeBytes: null,
      keySlotsWritten: null,
      statusBytesWritten: 0,
    });
  });

  test("flags: set, and torn", () => {
    expect(rest({ [imageOk]: 1, [copyDone]: 3 })).toMatchObject({
      imageOk: "set",
      copyDone: "bad",
    });
    expect(rest({ [imageOk]: 0, [copyDone]: 1 })).toMatchObject({
      imageOk: "bad",
      copyDone: "set",
    });
  });

  test.each([
    [0x01, "none", 0],
    [0x02, "test", 0],
    [0x13, "permanent", 1],
    [0xf4, "revert", 15],
    [0x05, "unknown", 0],
    [0x00, "unknown", 0],
  ])("swap_info 0x%i is %s of image %i", (value, swapType, imageNumber) => {
    const found = { value, swapType, imageNumber };
    expect(rest({ [swapInfo]: value })).toMatchObject({ swapInfo: found });
  });

  test("size and steps of a swap", () => {
    const bytes = { [swapSize]: 0x34, [swapSize - 1]: 0x12, [swapSize - 2]: 0, [swapSize - 3]: 0 };
    const found = rest({ ...bytes, [swapSize + 8]: 1, [swapSize + 16]: 2 });
    expect(found).toMatchObject({ swapSizeBytes: 0x1234, statusBytesWritten: 2 });
  });

  test("the words", () => {
    const text = explanationOf(described(written(name, { [imageOk]: 1, [swapInfo]: 0x13 })));
    expect(text).toContain(`  boot trailer up to byte 2048 of 2048, writes of ${align} bytes\n`);
    expect(text).toContain("    magic       good\n    image_ok    set\n    copy_done   unset\n");
    expect(text).toContain("    swap_info   permanent (0x13), image 1\n");
  });
});

describe("what an MCUboot does next", () => {
  const [IMAGE_OK, COPY_DONE, SWAP_INFO] = [24, 32, 40];
  const next = (bytes: Readonly<Record<number, number>>) =>
    described(written("pad-8.bin", bytes)).nextBoot;

  test.each<[string, Readonly<Record<number, number>>, RegExp]>([
    ["asked to test it", {}, /secondary slot it is swapped in for one test run/],
    ["asked to keep it", { [IMAGE_OK]: 1 }, /secondary slot it is swapped in for good/],
    [
      "tested, not confirmed",
      { [COPY_DONE]: 1 },
      /has not confirmed itself, so it is swapped back/,
    ],
    ["confirmed", { [COPY_DONE]: 1, [IMAGE_OK]: 1 }, /has confirmed itself: it runs on/],
    ["a torn image_ok", { [IMAGE_OK]: 3 }, /neither set nor erased, so no swap/],
    ["a torn image_ok of what runs", { [COPY_DONE]: 1, [IMAGE_OK]: 3 }, /with revert erases it/],
    ["a torn copy_done", { [COPY_DONE]: 3 }, /copy_done is torn: .* erases it/],
    ["a swap in the middle", { [SWAP_INFO]: 3 }, /the permanent swap was interrupted/],
    ["steps of a swap", { [SWAP_INFO + 16]: 1 }, /primary slot a swap was interrupted/],
    [
      "a swap that is over",
      { [SWAP_INFO]: 2, [COPY_DONE]: 1, [IMAGE_OK]: 1 },
      /has confirmed itself: it runs on/,
    ],
    ["a magic that is none", { 1: 0 }, /^the magic is bad; no swap is requested/],
  ])("%s", (_, bytes, words) => expect(next(bytes)).toMatch(words));

  test("without a trailer, and with an image that is no program", () => {
    expect(described(fixture("ed25519.bin")).nextBoot).toMatch(/^no swap is requested/);
    expect(described(fixture("non-bootable.bin")).nextBoot).toBe(
      "it is marked as not bootable and never run",
    );
  });
});

test("what a device refuses behind an image is said, and what it does not is not", () => {
  expect(described(fixture("pad-8.bin")).refusal).toBeNull();
  expect(described(fixture("erased-0-confirmed.bin")).refusal).toBeNull();
  expect(described(written("pad-8.bin", { 56: 1 })).refusal).toEqual({
    reason: "imageFormat",
    detail: "ends at byte 476, but something follows at byte 1992",
  });
});

test("flash that erases to zeros", () => {
  expect(described(fixture("erased-0-confirmed.bin")).rest).toMatchObject({
    type: "trailer",
    erasedByte: 0,
    imageOk: "set",
    copyDone: "unset",
    statusBytesWritten: 0,
  });
  const blank = new Uint8Array(600);
  blank.set(fixture("erased-0.bin"));
  const description = described(blank);
  expect(description.rest).toEqual({ type: "blank", erasedByte: 0 });
  expect(explanationOf(description)).toContain(`then ${600 - 508} bytes 0x00`);
});

test("keys of an encrypted image", () => {
  const slot = new Uint8Array(2048).fill(0xff);
  slot.set(fixture("encrypted-p256.bin"));
  slot.set(fixture("pad-8.bin").subarray(-16), 2032);
  slot[2048 - 48 - 16] = 0x55;
  const description = described(slot);
  expect(description.rest).toMatchObject({ keySlotsWritten: 1, statusBytesWritten: 0 });
  const text = explanationOf(description);
  expect(text).toContain("    key slots   1 of 2 written\n");
  expect(text).toContain("hash of the image before it was encrypted");
  expect(text).toContain("key of the encrypted payload, wrapped for the device");
});

describe("every fixture", () => {
  const manifest: { images: { file: string }[] } = JSON.parse(
    readFileSync(new URL("manifest.json", folder), "utf8"),
  );
  let validate: ReturnType<Ajv2020["compile"]>;
  beforeAll(() => {
    validate = new Ajv2020({ strict: false }).compile(imageSchema);
  });

  test.each(manifest.images.filter(({ file }) => file !== "big-endian.bin"))(
    "$file",
    ({ file }) => {
      const binary = readBinary(new URL(file, folder).pathname);
      const description = describeImage(file, binary, structureOf(file, binary));
      expect(validate(description), JSON.stringify(validate.errors)).toBe(true);
      expect(description.address).toBe(binary.address ?? null);
      const text = explanationOf(description);
      expect(text).not.toMatch(/undefined|NaN|DIFFERS/);
      expect(text).toContain("MCUboot, next boot: ");
    },
  );
});
