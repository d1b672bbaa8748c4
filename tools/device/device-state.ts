import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { BankBoot } from "#agent/boot/bank-boot.ts";
import { installFactoryImage } from "#agent/boot/factory.ts";
import { type FlashLayout, geometryOf, layoutOf, SECTOR_BYTES } from "#agent/boot/layout.ts";
import type { DevicePorts } from "#agent/device.ts";
import { verifyImage } from "#agent/image/verify.ts";
import { journalBytesFor } from "#agent/journal/sizing.ts";
import { NodeCrypto } from "#hal/node/crypto.ts";
import { SystemEntropy } from "#hal/node/entropy.ts";
import { FileFlash } from "#hal/node/file-flash.ts";
import type { PublicKey } from "#hal/ports.ts";
import { imageCheck } from "#sim/fleet/image-check.ts";
import { lockDevice } from "#tools/device-lock.ts";
import { InputError, RefusedError } from "#tools/errors.ts";
import { fileReasonOf } from "#tools/files.ts";

const GRANULE_BYTES = 8;
const ATTEMPTS = 3;
/** Any session that a bank can hold, in the smallest fragments that servers use. */
const FRAG_SIZE_MIN = 40;

export interface DeviceState extends DevicePorts {
  readonly flash: FileFlash;
}

export interface DeviceStateInput {
  /** Where flash and settings are kept. */
  readonly folder: string;
  readonly keys: readonly PublicKey[];
  /** The image it starts with, when there is no state yet. */
  readonly firmware: Uint8Array | undefined;
  readonly bankBytes: number;
}

/** Opens what an earlier process left, or makes a device as a factory would. */
export function openDeviceState({
  folder,
  keys,
  firmware,
  bankBytes,
}: DeviceStateInput): DeviceState {
  const crypto = new NodeCrypto();
  const path = join(folder, "flash.bin");
  const isNew = makeFolder(folder, path);
  if (isNew && firmware === undefined) {
    throw new InputError(
      `${folder} holds no device yet: --firmware is the image that it starts with`,
    );
  }
  const sizePath = join(folder, "bank-bytes");
  const layout = deviceLayout(isNew ? bankBytes : readBankBytes(sizePath));
  if (isNew && firmware !== undefined) requireGood(firmware, keys, crypto, layout);
  const flash = openFlash(path, layout, isNew);
  if (isNew && firmware !== undefined) {
    installFactoryImage(flash, layout, firmware);
    writeFileSync(sizePath, `${bankBytes}\n`);
  }
  const boot = new BankBoot(flash, layout, imageCheck(flash, keys, crypto), {
    attemptsMax: ATTEMPTS,
  });
  return { flash, layout, crypto, entropy: new SystemEntropy(), boot };
}

function deviceLayout(bankBytes: number): FlashLayout {
  const nbFrag = Math.ceil(bankBytes / FRAG_SIZE_MIN);
  const shape = { nbFrag, fragSize: FRAG_SIZE_MIN, padding: 1 };
  return layoutOf({
    bankBytes,
    journalBytes: journalBytesFor(shape, nbFrag, GRANULE_BYTES, SECTOR_BYTES),
    scratchBytes: SECTOR_BYTES + bankBytes,
  });
}

/** Returns whether there is no device in it yet. A device half made counts as none. */
function makeFolder(folder: string, path: string): boolean {
  try {
    mkdirSync(folder, { recursive: true });
    return statSync(join(folder, "bank-bytes"), { throwIfNoEntry: false }) === undefined;
  } catch (error) {
    const reason = fileReasonOf(error);
    if (reason === undefined) throw error;
    throw new InputError(`${path}: ${reason}`);
  }
}

function readBankBytes(path: string): number {
  const text = readFileSync(path, "utf8").trim();
  if (/^\d{4,8}$/.test(text)) return Number(text);
  throw new InputError(`${path}: is not a size; delete the folder to start anew`);
}

function openFlash(path: string, layout: FlashLayout, isNew: boolean): FileFlash {
  const lock = lockDevice(path);
  try {
    // What a making that was interrupted has left.
    if (isNew) rmSync(path, { force: true });
    return new FileFlash(path, geometryOf(layout, GRANULE_BYTES), lock);
  } catch (error) {
    lock.release();
    const reason = fileReasonOf(error) ?? (error instanceof Error ? error.message : "");
    throw new RefusedError(`${path}: ${reason}`);
  }
}

function requireGood(
  firmware: Uint8Array,
  keys: readonly PublicKey[],
  crypto: NodeCrypto,
  layout: FlashLayout,
): void {
  const reader = {
    sizeBytes: firmware.length,
    read: (offset: number, target: Uint8Array) =>
      target.set(firmware.subarray(offset, offset + target.length)),
  };
  if (firmware.length > layout.banks[0].sizeBytes) {
    throw new InputError(
      `the firmware has ${firmware.length} bytes: --bank-kib gives it more room`,
    );
  }
  const verdict = verifyImage(reader, { keys, securityCounterMin: 0 }, crypto);
  if (!verdict.ok) throw new InputError("the firmware is not an image that --key has signed");
}
