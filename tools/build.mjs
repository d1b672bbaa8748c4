// Builds dist/: plain JavaScript with declarations, and the files that the commands read.
import { spawnSync } from "node:child_process";
import { chmodSync, copyFileSync, cpSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const dist = join(root, "dist");
const tsc = join(
  dirname(createRequire(import.meta.url).resolve("typescript/package.json")),
  "bin/tsc",
);

rmSync(dist, { recursive: true, force: true });
const run = spawnSync(process.execPath, [tsc, "-p", "tsconfig.build.json"], {
  cwd: root,
  stdio: "inherit",
});
if (run.status !== 0) process.exit(run.status ?? 1);

for (const folder of ["scenarios", "docs"]) {
  mkdirSync(join(dist, folder), { recursive: true });
  for (const name of readdirSync(join(root, folder))) {
    if (/\.(yaml|json)$/.test(name))
      copyFileSync(join(root, folder, name), join(dist, folder, name));
  }
}
cpSync(join(root, "tools/report/html/page"), join(dist, "tools/report/html/page"), {
  recursive: true,
});
chmodSync(join(dist, "tools/bin.js"), 0o755);
