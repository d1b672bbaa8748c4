// Installs the dependencies when they are missing or older than the lock file, so that `npm start`
// and `npm test` work in a fresh clone. Uses nothing but Node and npm.
import { spawnSync } from "node:child_process";
import { statSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const modifiedMs = (path) =>
  statSync(new URL(`../${path}`, import.meta.url), { throwIfNoEntry: false })?.mtimeMs ?? 0;

// npm writes this file at the end of every install.
const installed = modifiedMs("node_modules/.package-lock.json");
const wanted = modifiedMs("package-lock.json");

if (wanted > 0 && installed < wanted) {
  console.error("installing dependencies (once) …");
  const args = ["ci", "--include=dev", "--no-audit", "--no-fund", "--loglevel=error"];
  const npm = process.env.npm_execpath;
  const [command, prefix] = npm === undefined ? ["npm", []] : [process.execPath, [npm]];
  const run = spawnSync(command, [...prefix, ...args], { cwd: root, encoding: "utf8" });
  if (run.status !== 0) {
    console.error(`${run.stdout ?? ""}${run.stderr ?? ""}${run.error?.message ?? ""}`.trim());
    console.error("fuota: could not install the dependencies: npm ci failed, see above");
    process.exit(3);
  }
}
