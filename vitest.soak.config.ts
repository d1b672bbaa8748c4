import { defineConfig } from "vitest/config";
import { resolution } from "./vitest.config.ts";

/** Minutes instead of seconds: large fleets, statistics, fresh seeds. */
export default defineConfig({
  ...resolution,
  test: { include: ["test/soak/**/*.test.ts"], testTimeout: 1_800_000, hookTimeout: 300_000 },
});
