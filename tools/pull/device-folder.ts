import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { installFactoryImage } from "#agent/boot/factory.ts";
import { type FlashLayout, geometryOf, layoutOf, SECTOR_BYTES } from "#agent/boot/layout.ts";
import { makeImage } from "#agent/image/make.ts";
import { readerOf } from "#agent/image/reader.ts";
import { verifyImage } from "#agent/image/verify.ts";
import { NodeCrypto } from "#hal/node/crypto.ts";
import { FileFlash } from "#hal/node/file-flash.ts";
import { NodeSigner } from "#hal/node/signer.ts";
import type { PublicKey } from "#hal/ports.ts";
import { lockDevice } from "#tools/device-lock.ts";
import { InputError } from "#tools/errors.ts";
import { fileReasonOf, readInputFile, writeOutputFile } from "#tools/files.ts";

const GRANULE_BYTES = 8;
const JOURNAL_BYTES = 8 * SECTOR_BYTES;
const FACTORY_VERSION = "1.0.0";
const FACTORY_PAYLOAD = new TextEncoder().encode("the image that a device of fuota comes with");
const FILE_BYTES_MAX = 65_536;

export interface NewDevice {
  /** Images are signed by one of these. */
  readonly keys: readonly PublicKey[];
  readonly bankBytes: number;
}

/** A device that is a folder: its flash, and what it was provisioned with. */
export interface StoredDevice {
  readonly flash: FileFlash;
  readonly layout: FlashLayout;
  readonly keys: readonly PublicKey[];
}

/** Opens the device in a folder, or makes it from `fresh`. Throws `InputError`. */
export function openDevice(folder: string, fresh: () => NewDevice): StoredDevice {
  const flashPath = join(folder, "flash.bin");
  const factsPath = join(folder, "device.json");
  if (existsSync(factsPath)) {
    const { keys, bankBytes } = readFacts(factsPath);
    const layout = layoutFor(bankBytes);
    return { flash: openFlash(flashPath, layout), layout, keys };
  }
  if (existsSync(flashPath)) {
    throw new InputError(`${flashPath}: is there, but no device.json beside it; delete it`);
  }
  const { keys, bankBytes } = fresh();
  const layout = layoutFor(bankBytes);
  try {
    mkdirSync(folder, { recursive: true });
  } catch (error) {
    throw new InputError(`cannot make ${folder}: ${fileReasonOf(error) ?? String(error)}`);
  }
  const flash = openFlash(flashPath, layout);
  const factoryKey = installFactory(flash, layout);
  const all = [...keys, factoryKey];
  const facts = { schemaVersion: 1, bankBytes, keys: all.map(factsOfKey) };
  writeOutputFile(factsPath, `${JSON.stringify(facts, null, 2)}\n`);
  return { flash, layout, keys: all };
}

function layoutFor(bankBytes: number): FlashLayout {
  return layoutOf({ bankBytes, journalBytes: JOURNAL_BYTES, scratchBytes: SECTOR_BYTES });
}

function openFlash(path: string, layout: FlashLayout): FileFlash {
  const lock = lockDevice(path);
  try {
    return new FileFlash(path, geometryOf(layout, GRANULE_BYTES), lock);
  } catch (error) {
    lock.release();
    const reason = fileReasonOf(error) ?? (error instanceof Error ? error.message : "");
    throw new InputError(`${path}: ${reason}`);
  }
}

/** Signed by a key that nobody keeps. */
function installFactory(flash: FileFlash, layout: FlashLayout): PublicKey {
  const crypto = new NodeCrypto();
  const signer = NodeSigner.generate("ed25519");
  const image = makeImage(FACTORY_PAYLOAD, { version: FACTORY_VERSION }, signer, crypto);
  const policy = { keys: [signer.publicKey], securityCounterMin: 0 };
  const verdict = verifyImage(readerOf(image), policy, crypto);
  if (!verdict.ok) throw new RangeError(verdict.detail);
  installFactoryImage(flash, layout, image, verdict.image);
  return signer.publicKey;
}

function factsOfKey({ algorithm, bytes }: PublicKey) {
  return { algorithm, hex: Buffer.from(bytes).toString("hex") };
}

function readFacts(path: string): NewDevice {
  const bad = (what: string) => new InputError(`${path}: ${what}; delete the folder to start anew`);
  let facts: unknown;
  try {
    facts = JSON.parse(new TextDecoder().decode(readInputFile(path, FILE_BYTES_MAX)));
  } catch (error) {
    if (error instanceof InputError) throw error;
    throw bad("is not JSON");
  }
  const { schemaVersion, bankBytes, keys } = Object(facts);
  if (schemaVersion !== 1) throw bad("is of another version of fuota");
  if (!Number.isInteger(bankBytes) || bankBytes % SECTOR_BYTES !== 0 || !Array.isArray(keys)) {
    throw bad("does not say what a device is");
  }
  return {
    bankBytes,
    keys: keys.map((key) => keyOfFacts(key) ?? fail(bad("has a key that is none"))),
  };
}

function keyOfFacts(facts: unknown): PublicKey | undefined {
  const { algorithm, hex } = Object(facts);
  if (typeof hex !== "string" || (algorithm !== "ed25519" && algorithm !== "ecdsa-p256")) {
    return undefined;
  }
  return { algorithm, bytes: new Uint8Array(Buffer.from(hex, "hex")) };
}

function fail(error: Error): never {
  throw error;
}
