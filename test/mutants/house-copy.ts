import { spawnSync } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Mutant, mutate } from "./mutant.ts";

export const root = fileURLToPath(new URL("../..", import.meta.url));

function filesInGit(): readonly string[] {
  const run = spawnSync("git", ["ls-files", "-z"], { cwd: root, encoding: "utf8" });
  if (run.status !== 0) throw new Error(`git ls-files: ${run.stderr}`);
  return run.stdout.split("\0").filter((path) => path !== "" && existsSync(join(root, path)));
}

/** A private copy of the repository as it stands, where files may be spoilt. */
export class HouseCopy {
  readonly root = mkdtempSync(join(tmpdir(), "fuota-mutants-"));

  constructor() {
    for (const path of filesInGit()) {
      const target = join(this.root, path);
      mkdirSync(dirname(target), { recursive: true });
      copyFileSync(join(root, path), target);
    }
    symlinkSync(join(root, "node_modules"), join(this.root, "node_modules"), "dir");
  }

  /** Returns what undoes it. Throws `RangeError` when the mutant does not apply. */
  apply(mutant: Mutant): () => void {
    const path = join(this.root, mutant.file);
    const text = readFileSync(path, "utf8");
    writeFileSync(path, mutate(text, mutant));
    return () => writeFileSync(path, text);
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}
