import { defineConfig } from "vitest/config";
import { resolution } from "./vitest.config.ts";

/** A modem on a wire is there or not; a test without it would pass for one with it. */
const needsModem = process.env["FUOTA_TEST_PORT"] ? [] : ["test/soak/radio-on-port.test.ts"];

/** Minutes instead of seconds: large fleets, statistics, fresh seeds. */
export default defineConfig({
  ...resolution,
  test: {
    include: ["test/soak/**/*.test.ts"],
    exclude: needsModem,
    testTimeout: 1_800_000,
    hookTimeout: 300_000,
  },
});
