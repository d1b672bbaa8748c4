import { expect, test } from "vitest";
import { judge } from "#tools/conformance/finding.ts";

const frame = (hex: string) => ({
  atS: 1,
  who: "device 1",
  direction: "up" as const,
  fPort: 200,
  hex,
});
const right = { ok: true, text: "never said", frames: [frame("00")] };
const wrong = (hex: string) => ({ ok: false, text: `found ${hex}`, frames: [frame(hex)] });

test("without an occasion, a requirement was not tried", () => {
  expect(judge([])).toEqual({ verdict: "notTried", text: "no occasion", frames: [] });
});

test("every occasion has to be right", () => {
  expect(judge([right, right])).toMatchObject({ verdict: "pass", text: "2 of 2" });
  expect(judge([right, wrong("01"), wrong("02")])).toMatchObject({
    verdict: "fail",
    text: "1 of 3; found 01",
    frames: [{ hex: "01" }],
  });
});

test("evidence is short", () => {
  const frames = Array.from({ length: 20 }, () => frame("00"));
  expect(judge([{ ...right, frames }]).frames).toHaveLength(6);
});
