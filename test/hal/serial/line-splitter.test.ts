import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { LineSplitter } from "#hal/serial/line-splitter.ts";

const bytes = (text: string) => Buffer.from(text, "latin1");

describe("a line ends with CR or LF, in any order", () => {
  test.each([
    ["AT+VER=?\r\nOK\r\n", ["AT+VER=?", "OK"]],
    ["AT\n\rOK\r\n", ["AT", "OK"]],
    ["OK\n", ["OK"]],
    ["\r\n\r\nOK\r\n\r\n", ["OK"]],
    ["OK", []],
    ["", []],
    ["\u0000\u00ffO\u0000K\r", ["OK"]],
    ["  OK \r\n", ["OK"]],
    ["\u00e9\r\n", ["\u00e9"]],
  ])("%j", (text, lines) => {
    expect(new LineSplitter().push(bytes(text))).toEqual(lines);
  });
});

test("4096 bytes are a line; one more is none, and the next line is whole", () => {
  const splitter = new LineSplitter();
  expect(splitter.push(bytes(`${"x".repeat(4096)}\r\n`))).toEqual(["x".repeat(4096)]);
  expect(splitter.push(bytes(`${"x".repeat(4097)}\r\nOK\r\n`))).toEqual(["OK"]);
  expect(splitter.droppedBytes).toBe(4097);
});

test("an unfinished line can be forgotten", () => {
  const splitter = new LineSplitter();
  splitter.push(bytes("+EVT:RX_1:-7"));
  expect(splitter.pendingBytes).toBe(12);
  splitter.clear();
  expect(splitter.push(bytes("OK\r\n"))).toEqual(["OK"]);
});

test("chunks make no difference", () => {
  const input = fc.uint8Array({ maxLength: 300 });
  fc.assert(
    fc.property(input, fc.integer({ min: 1, max: 20 }), (data, size) => {
      const pieces = new LineSplitter();
      const found: string[] = [];
      for (let at = 0; at < data.length; at += size) {
        found.push(...pieces.push(data.subarray(at, at + size)));
      }
      expect(found).toEqual(new LineSplitter().push(data));
    }),
  );
});
