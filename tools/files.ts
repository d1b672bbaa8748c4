import { closeSync, fstatSync, openSync, readSync, writeFileSync } from "node:fs";
import { InputError, systemCodeOf } from "./errors.ts";

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "no such file",
  ENOTDIR: "no such file",
  EISDIR: "is a directory",
  EACCES: "permission denied",
  EPERM: "permission denied",
  ENAMETOOLONG: "the name is too long",
  ELOOP: "too many symbolic links",
  EROFS: "the file system is read-only",
  ENOSPC: "no space left",
  EEXIST: "exists already",
};

/** In words, for errors that a file name can cause; undefined for the rest. */
export function fileReasonOf(error: unknown): string | undefined {
  const code = systemCodeOf(error);
  return code === undefined ? undefined : (REASONS[code] ?? code);
}

/**
 * Reads a whole file of at most `bytesMax` bytes. Throws `InputError` when that cannot be done, with
 * `hint` when there is no such file.
 */
export function readInputFile(path: string, bytesMax: number, hint = ""): Uint8Array {
  try {
    return readBounded(path, bytesMax);
  } catch (error) {
    const isBadName = error instanceof TypeError && path.includes("\0");
    const reason = isBadName ? "not a file name" : fileReasonOf(error);
    if (reason === undefined) throw error;
    const advice = hint !== "" && systemCodeOf(error) === "ENOENT" ? `; ${hint}` : "";
    throw new InputError(`${path.replaceAll("\0", "?")}: ${reason}${advice}`);
  }
}

export interface OutputOptions {
  /** Permissions of a new file. */
  readonly mode?: number;
  /** Leaves a file that is there already as it is, and throws. */
  readonly keepsExisting?: boolean;
}

/** Writes a whole file. Throws `InputError` when that cannot be done, with `hint` when it exists. */
export function writeOutputFile(
  path: string,
  content: string | Uint8Array,
  { mode = 0o666, keepsExisting = false }: OutputOptions = {},
  hint = "",
): void {
  try {
    writeFileSync(path, content, { mode, flag: keepsExisting ? "wx" : "w" });
  } catch (error) {
    const isBadName = error instanceof TypeError && path.includes("\0");
    const reason = isBadName ? "not a file name" : fileReasonOf(error);
    if (reason === undefined) throw error;
    const advice = hint !== "" && systemCodeOf(error) === "EEXIST" ? `; ${hint}` : "";
    throw new InputError(`cannot write ${path.replaceAll("\0", "?")}: ${reason}${advice}`);
  }
}

/** Never trusts the size that the file system tells: pipes and devices have none. */
function readBounded(path: string, bytesMax: number): Uint8Array {
  const file = openSync(path, "r");
  try {
    const { size } = fstatSync(file);
    const tooLarge = () => new InputError(`${path}: is larger than ${bytesMax} bytes`);
    if (size > bytesMax) throw tooLarge();
    const chunks: Uint8Array[] = [];
    let total = 0;
    for (;;) {
      const chunk = new Uint8Array(Math.max(65_536, Math.min(size, bytesMax) + 1));
      const length = readSync(file, chunk, 0, chunk.length, null);
      if (length === 0) break;
      total += length;
      if (total > bytesMax) throw tooLarge();
      chunks.push(chunk.subarray(0, length));
    }
    return Buffer.concat(chunks);
  } finally {
    closeSync(file);
  }
}
