import { describe, expect, test } from "vitest";
import { readerOf } from "#agent/image/reader.ts";
import { type Rest, restOf } from "#agent/image/rest.ts";
import { hex } from "../../hex.ts";

const MAGIC_8 = hex("77 c2 95 f3 60 d2 ef 7f 35 52 50 0f 2c b6 79 80");
const magicOf = (align: number) =>
  Uint8Array.of(align, 0, ...hex("2d e1 5d 29 41 0b 8d 77 67 9c 11 0f 1f 8a"));

const IMAGE_BYTES = 101;
const SLOT_BYTES = 40_000;

/** A slot that is blank behind the image but for bytes counted from its end. */
function slot(magic: Uint8Array, bytes: Readonly<Record<number, number>> = {}): Uint8Array {
  const content = new Uint8Array(SLOT_BYTES).fill(0xff);
  content.fill(0, 0, IMAGE_BYTES);
  content.set(magic, SLOT_BYTES - magic.length);
  for (const [fromEnd, value] of Object.entries(bytes))
    content[SLOT_BYTES - Number(fromEnd)] = value;
  return content;
}

const rest = (content: Uint8Array): Rest => restOf(readerOf(content), IMAGE_BYTES);
const trailer = (alignBytes: number, imageOk = false): Rest => ({
  type: "trailer",
  alignBytes,
  imageOk,
});
const other = (fromEnd: number): Rest => ({ type: "other", offset: SLOT_BYTES - fromEnd });

describe("what follows an image", () => {
  test("nothing", () => {
    expect(rest(new Uint8Array(IMAGE_BYTES))).toEqual({ type: "nothing" });
  });

  test("blank, whatever its length", () => {
    for (const length of [1, 2, 3, 15, 16, 17, 16_383, 16_384, 16_385, 50_000]) {
      const content = new Uint8Array(IMAGE_BYTES + length).fill(0xff);
      expect(rest(content)).toEqual({ type: "blank" });
    }
  });

  test("one byte that is not blank, wherever it is", () => {
    for (let length = 1; length < 70; length++) {
      for (let at = 0; at < length; at++) {
        const content = new Uint8Array(IMAGE_BYTES + length).fill(0xff);
        content[IMAGE_BYTES + at] = 0x7f;
        expect(rest(content)).toEqual({ type: "other", offset: IMAGE_BYTES + at });
      }
    }
  });

  /** Distances from the slot's end, by write alignment. */
  describe.each([
    { align: 8, magic: MAGIC_8, imageOk: 24, copyDone: 32, swapInfo: 40 },
    { align: 16, magic: magicOf(16), imageOk: 32, copyDone: 48, swapInfo: 64 },
    { align: 32, magic: magicOf(32), imageOk: 64, copyDone: 96, swapInfo: 128 },
  ])("trailer of $align-byte writes", ({ align, magic, imageOk, copyDone, swapInfo }) => {
    test("magic alone", () => expect(rest(slot(magic))).toEqual(trailer(align)));

    test("its fields", () => {
      const fields = { [imageOk]: 1, [copyDone]: 1, [swapInfo]: 3 };
      expect(rest(slot(magic, fields))).toEqual(trailer(align, true));
      expect(rest(slot(magic, { [copyDone]: 1 }))).toEqual(trailer(align));
    });

    test("other values are none of a trailer", () => {
      expect(rest(slot(magic, { [imageOk]: 0 }))).toEqual(other(imageOk));
      expect(rest(slot(magic, { [copyDone]: 2 }))).toEqual(other(copyDone));
      expect(rest(slot(magic, { [swapInfo]: 0x0f }))).toEqual(other(swapInfo));
      for (const value of [0, 1]) {
        expect(rest(slot(magic, { [imageOk - 1]: value }))).toEqual(other(imageOk - 1));
        expect(rest(slot(magic, { [swapInfo + 1]: value }))).toEqual(other(swapInfo + 1));
      }
    });

    test("every flipped bit of the magic is refused", () => {
      for (let at = 0; at < 16; at++) {
        const bad = magic.slice();
        bad[at] = (bad[at] ?? 0) ^ 0x40;
        expect(rest(slot(bad)).type).toBe("other");
      }
    });
  });

  test("no alignment but 8, 16 and 32", () => {
    for (const align of [0, 1, 4, 8, 64, 255])
      expect(rest(slot(magicOf(align))).type).toBe("other");
  });

  test("magic and two flags do not overlap the image", () => {
    for (const room of [15, 16, 31]) {
      const content = new Uint8Array(IMAGE_BYTES + room);
      content.fill(0xff, IMAGE_BYTES);
      content.set(MAGIC_8, IMAGE_BYTES + room - 16);
      expect(rest(content)).toEqual({
        type: "other",
        offset: IMAGE_BYTES + Math.max(0, room - 16),
      });
    }
    const content = new Uint8Array(IMAGE_BYTES + 32).fill(0xff);
    content.set(MAGIC_8, IMAGE_BYTES + 16);
    expect(rest(content)).toEqual(trailer(8));
  });

  test("a trailer of a slot smaller than the bank, and erased flash behind it", () => {
    for (const behind of [1, 15, 16, 64, 20_000]) {
      const content = new Uint8Array(SLOT_BYTES + behind).fill(0xff);
      content.set(slot(MAGIC_8, { 24: 1 }));
      expect(rest(content)).toEqual(trailer(8, true));
      content[SLOT_BYTES + behind - 1] = 0xfe;
      expect(rest(content).type).toBe("other");
    }
  });
});

describe("flash that erases to zeros", () => {
  const inverted = (content: Uint8Array) => {
    const result = content.map((byte) => (byte === 0xff ? 0 : byte));
    result.fill(0x55, 0, IMAGE_BYTES);
    return result;
  };
  const restOfZeros = (content: Uint8Array) => restOf(readerOf(content), IMAGE_BYTES, 0x00);

  test("blank", () => {
    expect(restOfZeros(new Uint8Array(SLOT_BYTES))).toEqual({ type: "blank" });
    expect(restOfZeros(new Uint8Array(IMAGE_BYTES + 3).fill(0xff))).toEqual({
      type: "other",
      offset: IMAGE_BYTES,
    });
  });

  test("trailer", () => {
    expect(restOfZeros(inverted(slot(MAGIC_8, { 24: 1 })))).toEqual(trailer(8, true));
    expect(restOfZeros(inverted(slot(magicOf(16), { 32: 2 })))).toEqual(other(32));
  });
});
