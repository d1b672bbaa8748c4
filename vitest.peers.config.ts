import { defineConfig } from "vitest/config";
import { resolution } from "./vitest.config.ts";

/** Tests against programs that are not npm packages; `.ci/run` installs them. */
export default defineConfig({
  ...resolution,
  test: {
    include: ["test/peers/**/*.test.ts"],
    testTimeout: 300_000,
    hookTimeout: 300_000,
    maxWorkers: "100%",
  },
});
