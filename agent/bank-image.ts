import { FlashFault } from "#hal/ports.ts";
import type { BootReport } from "./boot/strategy.ts";
import type { DeviceConfig } from "./config.ts";
import type { DeviceLife, DevicePorts } from "./device-io.ts";
import { flashReader } from "./flash/flash-reader.ts";
import { type ImageVerdict, verifyImage } from "./image/verify.ts";
import { nextImagePolicy } from "./image-policy.ts";

type BankVerdict =
  | ImageVerdict
  | { readonly ok: false; readonly reason: "storage"; readonly detail: string };

/** Verifies from flash what lies in the bank for the next image, by whatever way it came there. */
export function verifyBank(
  config: Pick<DeviceConfig, "image">,
  ports: DevicePorts,
  running: DeviceLife["decision"]["image"],
): BankVerdict {
  try {
    const reader = flashReader(ports.flash, ports.boot.updateRegion());
    return verifyImage(reader, nextImagePolicy(config, ports, running), ports.crypto);
  } catch (error) {
    if (!(error instanceof FlashFault)) throw error;
    return { ok: false, reason: "storage", detail: "the bank cannot be read" };
  }
}

/** Whether this update is the one the bank is open for: neither staged nor given up. */
export function isOpenUpdate(updateId: number, report: BootReport): boolean {
  const { pending, bankStates, active, lastReason } = report;
  if (report.updateId !== updateId || pending !== undefined) return false;
  return bankStates[active === 0 ? 1 : 0] === "dirty" && lastReason === "none";
}
