import { readFileSync, readlinkSync, renameSync, symlinkSync, unlinkSync } from "node:fs";

/** Another process has it. The message names that process. */
export class FileInUse extends Error {
  override readonly name = "FileInUse";
}

/**
 * Keeps other processes of this machine off something, for as long as this one lives: a symbolic link
 * that says who holds it, because that is made whole or not at all. One whose holder is gone, killed
 * or crashed, counts for nothing. Windows has no such links for everybody: there it keeps off nobody.
 */
export class FileLock {
  readonly #path: string;
  readonly #holder: string;

  private constructor(path: string, holder: string) {
    this.#path = path;
    this.#holder = holder;
  }

  /** Throws {@link FileInUse}. */
  static take(path: string): FileLock {
    const own = `${process.pid}-${startOf(process.pid) ?? 0}`;
    if (process.platform === "win32") return new FileLock(path, own);
    for (;;) {
      try {
        symlinkSync(own, path);
        return new FileLock(path, own);
      } catch (error) {
        if (codeOf(error) !== "EEXIST") throw error;
      }
      const holder = holderOf(path);
      if (holder === undefined) continue;
      if (isAlive(holder)) throw new FileInUse(`process ${Number.parseInt(holder, 10)} has it`);
      takeAway(path, holder, own);
    }
  }

  release(): void {
    if (holderOf(this.#path) === this.#holder) unlinkSync(this.#path);
  }
}

/** Of two who find the same dead holder, one may be the holder when the other comes to it. */
function takeAway(path: string, holder: string, own: string): void {
  const aside = `${path}.${own}`;
  try {
    renameSync(path, aside);
    if (readlinkSync(aside) === holder) unlinkSync(aside);
    else renameSync(aside, path);
  } catch (error) {
    if (codeOf(error) !== "ENOENT") throw error;
  }
}

function holderOf(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined;
    throw error;
  }
}

/** A number is given again: who has it now, and began at another time, is another process. */
function isAlive(holder: string): boolean {
  const [, pid, start] = /^(\d+)-(\d+)$/.exec(holder) ?? [];
  if (pid === undefined) return false;
  try {
    process.kill(Number(pid), 0);
  } catch (error) {
    if (codeOf(error) !== "EPERM") return false;
  }
  const now = startOf(Number(pid));
  return now === undefined || String(now) === start;
}

/** In ticks since the machine started; 0 for a process that has ended. Undefined: nobody says so here. */
function startOf(pid: number): number | undefined {
  try {
    // The name before it may hold anything.
    const [state, ...rest] =
      readFileSync(`/proc/${pid}/stat`, "latin1").split(") ").at(-1)?.split(" ") ?? [];
    return state === "Z" || state === "X" ? 0 : Number(rest[18]);
  } catch {
    return undefined;
  }
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && "code" in error ? String(error.code) : undefined;
}
