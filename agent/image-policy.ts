import type { Flash } from "#hal/ports.ts";
import type { BootStrategy, ImageIdentity, Region } from "./boot/strategy.ts";
import type { DeviceConfig } from "./config.ts";
import { erasedByteOf } from "./flash/sectors.ts";
import type { ImagePolicy } from "./image/verify.ts";
import { parseVersion } from "./image/version.ts";

/** What the device asks of the next image, as of now. */
export function nextImagePolicy(
  { image }: Pick<DeviceConfig, "image">,
  { flash, boot }: { readonly flash: Flash; readonly boot: BootStrategy },
  running: Pick<ImageIdentity, "version">,
): ImagePolicy {
  const { keys, vendorId, classId, versionPolicy } = image;
  const bankAddress = runAddressOf(image, boot.updateRegion());
  const versionMin = versionPolicy === "notLower" ? parseVersion(running.version) : undefined;
  return {
    keys,
    securityCounterMin: boot.report().securityCounter,
    erasedByte: erasedByteOf(flash.geometry),
    ...(vendorId === undefined ? {} : { vendorId }),
    ...(classId === undefined ? {} : { classId }),
    ...(bankAddress === undefined ? {} : { bankAddress }),
    ...(versionMin === undefined ? {} : { versionMin }),
  };
}

/** Where an image in this bank runs; undefined when nobody knows. The bootloader asks the same. */
export function runAddressOf(
  { runsAt }: Pick<DeviceConfig["image"], "runsAt">,
  bank: Region,
): number | undefined {
  if (runsAt === undefined) return undefined;
  return runsAt.bankRemap ? runsAt.address : runsAt.flashAddress + bank.address;
}
