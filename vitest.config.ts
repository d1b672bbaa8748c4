import { defineConfig } from "vitest/config";

const conditions = ["fuota-source", "module", "node", "import", "default"];

/** Makes `#agent/…` and its like mean the sources. */
export const resolution = {
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
};

export default defineConfig({
  ...resolution,
  test: {
    include: ["test/**/*.test.ts"],
    exclude: ["test/peers/**", "test/soak/**"],
    // Only what hangs shall end by it, also on a machine that does other things besides.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Its own default leaves a core of two idle.
    maxWorkers: "100%",
  },
});
