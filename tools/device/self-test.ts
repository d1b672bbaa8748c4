import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ImageIdentity } from "#agent/boot/strategy.ts";
import { RefusedError } from "#tools/errors.ts";
import { fileReasonOf } from "#tools/files.ts";
import type { DeviceState } from "./device-state.ts";
import { runShellCommand } from "./shell-command.ts";

const SELF_TEST_MAX_MS = 600_000;

/**
 * The image's own test: a command of the operator's, with the image in a file. It is good when the
 * command ends with 0 in time. Rejects with `RefusedError` when there is no room for the file.
 */
export function selfTestOf(
  command: string | undefined,
  folder: string,
  state: DeviceState,
  say: (text: string) => void,
  interrupt?: AbortSignal,
): (image: ImageIdentity) => Promise<boolean> {
  if (command === undefined) return () => Promise.resolve(true);
  return async (image) => {
    const path = join(folder, "image.bin");
    writeImage(path, imageBytes(image, state));
    const env = { ...process.env, FUOTA_IMAGE: path, FUOTA_VERSION: image.version };
    const how = await runShellCommand(command, { env, maxMs: SELF_TEST_MAX_MS, interrupt });
    say(`self-test of ${image.version}: ${how === "0" ? "passed" : `ended with ${how}`}`);
    return how === "0";
  };
}

function writeImage(path: string, bytes: Uint8Array): void {
  try {
    writeFileSync(path, bytes);
  } catch (error) {
    const reason = fileReasonOf(error);
    if (reason === undefined) throw error;
    throw new RefusedError(`cannot write ${path}: ${reason}`);
  }
}

/** Of the bank that the boot record says is on trial. */
function imageBytes(image: ImageIdentity, { flash, layout, boot }: DeviceState): Uint8Array {
  const { active, pending } = boot.report();
  const bytes = new Uint8Array(image.sizeBytes);
  flash.read(layout.banks[pending ?? active].address, bytes);
  return bytes;
}
