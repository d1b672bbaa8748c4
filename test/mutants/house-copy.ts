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

/** Source of the FEC kernel, and what the compiler makes of it. */
const KERNEL = "agent/fec/kernel/assembly/kernel.ts";
const KERNEL_WASM = "agent/fec/kernel/kernel-wasm.ts";

/** Paths from the root of the repository that git tracks and that are there. */
export function filesInGit(): readonly string[] {
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

  /**
   * Returns what undoes it. Throws `RangeError` when the mutant does not apply, or is none that the
   * compiler of the FEC kernel takes.
   */
  apply(mutant: Mutant): () => void {
    const paths = mutant.file === KERNEL ? [mutant.file, KERNEL_WASM] : [mutant.file];
    const texts = paths.map((path) => readFileSync(join(this.root, path), "utf8"));
    const undo = () => {
      paths.forEach((path, index) => void writeFileSync(join(this.root, path), texts[index] ?? ""));
    };
    writeFileSync(join(this.root, mutant.file), mutate(texts[0] ?? "", mutant));
    if (mutant.file !== KERNEL) return undo;
    const args = ["--conditions=fuota-source", "--import", "tsx", "tools/build-kernel.ts"];
    const build = spawnSync(process.execPath, args, { cwd: this.root, encoding: "utf8" });
    if (build.status === 0) return undo;
    undo();
    throw new RangeError(`${mutant.name}: ${build.stderr}`);
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}
