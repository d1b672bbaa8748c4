import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { buildKernel } from "#tools/build-kernel.ts";

test("kernel-wasm.ts is what the compiler makes of its source", { timeout: 60_000 }, async () => {
  const committed = new URL("../../../agent/fec/kernel/kernel-wasm.ts", import.meta.url);
  expect(await buildKernel()).toBe(readFileSync(committed, "utf8"));
});
