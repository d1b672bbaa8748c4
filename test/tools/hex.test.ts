import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { InputError } from "#tools/errors.ts";
import { parseIntelHex } from "#tools/hex.ts";

/** One line with its checksum. */
function record(type: number, offset: number, data: readonly number[]): string {
  const bytes = [data.length, offset >> 8, offset & 0xff, type, ...data];
  const sum = bytes.reduce((total, byte) => total + byte, 0);
  return `:${Buffer.from([...bytes, -sum & 0xff])
    .toString("hex")
    .toUpperCase()}`;
}
const data = (offset: number, ...bytes: number[]) => record(0, offset, bytes);
const END = ":00000001FF";
const file = (...lines: string[]) => [...lines, ""].join("\n");

function parsed(...lines: string[]): { address: number; bytes: number[] } {
  const { address, bytes } = parseIntelHex(file(...lines), 1 << 20);
  return { address, bytes: [...bytes] };
}

function problem(...lines: string[]): string {
  try {
    parseIntelHex(lines.join("\n"), 1 << 20);
  } catch (error) {
    if (error instanceof InputError) return error.message;
    throw error;
  }
  return "none";
}

describe("Intel HEX", () => {
  test("the specification's own example line", () => {
    const line = ":10010000214601360121470136007EFE09D2190140";
    const { address, bytes } = parsed(line, END);
    expect(address).toBe(0x100);
    expect(bytes.slice(0, 4)).toEqual([0x21, 0x46, 0x01, 0x36]);
    expect(bytes).toHaveLength(16);
  });

  test("gaps read as erased flash, in whatever order the records come", () => {
    const expected = { address: 0x10, bytes: [1, 2, 0xff, 0xff, 3] };
    expect(parsed(data(0x10, 1, 2), data(0x14, 3), END)).toEqual(expected);
    expect(parsed(data(0x14, 3), data(0x10, 1, 2), END)).toEqual(expected);
  });

  test("linear and segment addresses", () => {
    expect(parsed(record(4, 0, [0x08, 0x00]), data(0x4000, 9), END).address).toBe(0x0800_4000);
    expect(parsed(record(2, 0, [0x12, 0x34]), data(0x10, 9), END).address).toBe(0x1_2350);
    const run = [record(4, 0, [0, 0]), data(0xffff, 1, 2), record(4, 0, [0, 1]), data(1, 3), END];
    expect(parsed(...run)).toEqual({ address: 0xffff, bytes: [1, 2, 3] });
  });

  test("start addresses say nothing of the content", () => {
    const lines = [record(3, 0, [0, 0, 0x38, 0]), record(5, 0, [0, 0, 0, 0xcd]), data(0, 7), END];
    expect(parsed(...lines)).toEqual({ address: 0, bytes: [7] });
  });

  test("CR LF, lower case and empty lines are the same file", () => {
    const text = `\r\n${data(0, 0xab).toLowerCase()}\r\n\r\n${END.toLowerCase()}\r\n\r\n`;
    expect([...parseIntelHex(text, 16).bytes]).toEqual([0xab]);
  });
});

describe("what cannot be read names its line", () => {
  const good = data(0, 1, 2, 3);
  test.each<[string, string[], string]>([
    ["empty", [""], "line 1 the file ends without its end record; it is cut off"],
    ["no end", [good], "line 1 the file ends without its end record; it is cut off"],
    ["no data", [END], "holds no data"],
    ["no colon", [good, "00000001FF"], "line 2 does not begin with a colon"],
    ["odd digits", [good.slice(0, -1)], "line 1 is not pairs of hex digits"],
    ["no digit", [good, `${END.slice(0, -1)}g`], "line 2 is not pairs of hex digits"],
    ["cut line", [good.slice(0, -2), END], "line 1 is a record of 7 bytes, expected 8"],
    ["long line", [`${good}00`, END], "line 1 is a record of 9 bytes, expected 8"],
    ["a colon alone", [":", END], "line 1 is a record of 0 bytes, expected 5"],
    ["wrong checksum", [":0100000007F9", END], "line 1 has checksum f9, expected f8"],
    ["unknown type", [good, record(6, 0, []), END], "line 2 has record type 06, known are 00-05"],
    ["long end", [record(1, 0, [1])], "line 1 has 1 data bytes, type 01 has 0"],
    ["short address", [record(4, 0, [1]), END], "line 1 has 1 data bytes, type 04 has 2"],
    ["short start", [record(5, 0, [1]), END], "line 1 has 1 data bytes, type 05 has 4"],
    ["after the end", [good, END, "", good], "line 4 follows the end of the file in line 2"],
    ["overlap", [good, data(2, 9), END], "line 2 overlaps an earlier record at 0x2"],
    ["the same twice", [good, good, END], "line 2 overlaps an earlier record at 0x0"],
    [
      "too far apart",
      [good, record(4, 0, [0x10, 0]), data(0, 1), END],
      "line 3 makes the file span 0x0 to 0x10000001, more than 1048576 bytes",
    ],
    [
      "past a segment",
      [record(2, 0, [0, 0]), data(0xffff, 1, 2), END],
      "line 2 runs past the end of its 64 KiB segment",
    ],
    [
      "past the memory",
      [record(4, 0, [0xff, 0xff]), data(0xffff, 1, 2), END],
      "line 2 runs past the 4 GiB of memory",
    ],
  ])("%s", (_, lines, message) => expect(problem(...lines)).toBe(message));

  test("every truncation of a file", () => {
    const text = [good, data(8, 4), END].join("\n");
    for (let length = 0; length < text.length; length++) {
      expect(problem(text.slice(0, length))).toMatch(/^line \d /);
    }
    expect(problem(text)).toBe("none");
  });
});

test("any bytes, cut into records in any way, come back", () => {
  const memory = fc.record({
    bytes: fc.uint8Array({ minLength: 1, maxLength: 600 }),
    address: fc.integer({ min: 0, max: 0xfff0_0000 }),
    recordBytes: fc.integer({ min: 1, max: 255 }),
  });
  fc.assert(
    fc.property(memory, ({ bytes, address, recordBytes }) => {
      const lines: string[] = [];
      for (let at = 0; at < bytes.length; at += recordBytes) {
        const [high, low] = [(address + at) >>> 16, (address + at) & 0xffff];
        lines.push(record(4, 0, [high >> 8, high & 0xff]));
        lines.push(data(low, ...bytes.subarray(at, at + recordBytes)));
      }
      const content = parseIntelHex(file(...lines, END), 600);
      return content.address === address && Buffer.compare(content.bytes, bytes) === 0;
    }),
    { seed: 1, numRuns: 200 },
  );
});

test("any text is a file or an InputError", () => {
  const text = fc.array(fc.constantFrom(...":0123456789ABCDEF\n\r xé"), { maxLength: 60 });
  fc.assert(
    fc.property(text, (characters) => {
      problem(characters.join(""));
      return true;
    }),
    { seed: 2, numRuns: 2000 },
  );
});
