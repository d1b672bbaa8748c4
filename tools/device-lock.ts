import { FileInUse, FileLock } from "#hal/node/file-lock.ts";
import { RefusedError } from "#tools/errors.ts";

/** A device that is a folder is run by one process at a time. Throws `RefusedError`. */
export function lockDevice(flashPath: string): FileLock {
  try {
    return FileLock.take(`${flashPath}.lock`);
  } catch (error) {
    if (error instanceof FileInUse) throw new RefusedError(`${flashPath}: ${error.message}`);
    throw error;
  }
}
