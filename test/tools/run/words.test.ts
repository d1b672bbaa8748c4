import { describe, expect, test } from "vitest";
import { ProgressLine, progressText, sumProgress } from "#tools/run/progress.ts";
import { durationText, shellWord, tableText } from "#tools/run/words.ts";
import { FakeTerminal } from "./fake-fleet.ts";

test.each([
  [0, "0.0 s"],
  [59.94, "59.9 s"],
  [60, "1 min 00 s"],
  [3599.6, "1 h 00 min 00 s"],
  [93_784, "26 h 03 min 04 s"],
])("%f seconds are %s", (seconds, text) => {
  expect(durationText(seconds)).toBe(text);
});

test("columns line up", () => {
  expect(
    tableText([
      ["kind", "n"],
      ["a", "100"],
    ]),
  ).toBe("kind    n\na     100\n");
});

test.each([
  ["a/b-c.json", "a/b-c.json"],
  ["a b", "'a b'"],
  ["it's; rm", "'it'\\''s; rm'"],
  ["", "''"],
])("a shell reads %s back from %s", (word, text) => {
  expect(shellWord(word)).toBe(text);
});

describe("progress", () => {
  const part = {
    cellsDone: 1,
    cells: 2,
    virtualSeconds: 3725,
    devices: 100,
    joined: 100,
    receiving: 40,
    complete: 10,
    updated: 50,
    failed: 0,
  };

  test("is one line", () => {
    expect(progressText("quick-start", part)).toBe(
      "quick-start 1:02:05  ██████░░░░░░  joined 100  receiving 40  complete 10  updated 50  of 100",
    );
  });

  test("of parts adds up", () => {
    expect(sumProgress([part, { ...part, virtualSeconds: 1 }])).toMatchObject({
      devices: 200,
      virtualSeconds: 3725,
    });
  });

  test("is drawn over itself on a terminal, cleared at the end, and silent in a pipe", () => {
    const terminal = new FakeTerminal(true);
    const line = new ProgressLine(terminal, "a-name-that-is-long".repeat(10));
    line.show(part);
    line.clear();
    line.clear();
    const [before, text, after] = terminal.stderr.split("\r\u001b[K");
    expect([before, text?.length, after]).toEqual(["", 119, ""]);
    const pipe = new FakeTerminal(false);
    new ProgressLine(pipe, "x").show(part);
    expect(pipe.stderr).toBe("");
  });
});
