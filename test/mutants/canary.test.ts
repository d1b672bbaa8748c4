import { expect, test } from "vitest";
import { checksum } from "./canary.ts";

test("the canary sings", () => {
  expect(checksum(Uint8Array.of(1, 2, 255))).toBe(2);
  expect(checksum(new Uint8Array(0))).toBe(0);
});
