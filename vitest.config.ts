import { defineConfig } from "vitest/config";

const conditions = ["fuota-source", "module", "node", "import", "default"];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: { include: ["test/**/*.test.ts"], exclude: ["test/peers/**", "test/soak/**"] },
});
