import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ImageIdentity } from "#agent/boot/strategy.ts";
import type { DeviceState } from "./device-state.ts";

const SELF_TEST_MAX_MS = 600_000;

/**
 * The image's own test: a command of the operator's, with the image in a file. It is good when the
 * command ends with 0 in time.
 */
export function selfTestOf(
  command: string | undefined,
  folder: string,
  state: DeviceState,
  say: (text: string) => void,
): (image: ImageIdentity) => Promise<boolean> {
  if (command === undefined) return () => Promise.resolve(true);
  return (image) => {
    const path = join(folder, "image.bin");
    writeFileSync(path, imageBytes(image, state));
    const env = { ...process.env, FUOTA_IMAGE: path, FUOTA_VERSION: image.version };
    const child = spawn(command, { shell: true, env, stdio: "ignore", timeout: SELF_TEST_MAX_MS });
    return new Promise((resolve) => {
      child.once("error", () => resolve(false));
      child.once("exit", (status, signal) => {
        say(
          `self-test of ${image.version}: ${status === 0 ? "passed" : `ended with ${signal ?? status}`}`,
        );
        resolve(status === 0);
      });
    });
  };
}

/** Of the bank that the boot record says is on trial. */
function imageBytes(image: ImageIdentity, { flash, layout, boot }: DeviceState): Uint8Array {
  const { active, pending } = boot.report();
  const bytes = new Uint8Array(image.sizeBytes);
  flash.read(layout.banks[pending ?? active].address, bytes);
  return bytes;
}
