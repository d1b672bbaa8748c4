import { crc32 } from "./crc32.ts";
import type { BankIndex, BankState, BootReason, ImageIdentity } from "./strategy.ts";

/** One state of the boot decision. What it says, it says alone: no other byte of flash counts. */
export interface BootRecord {
  /** Rises by one with each commit; the highest is the truth. */
  readonly sequence: number;
  readonly active: BankIndex;
  readonly pending: BankIndex | undefined;
  readonly attemptsLeft: number;
  readonly attemptsMax: number;
  readonly bankStates: readonly [BankState, BankState];
  readonly securityCounter: number;
  readonly lastReason: BootReason;
  readonly banks: readonly [BankEntry, BankEntry];
  readonly updateId: number;
}

/** What was last verified in a bank. */
export interface BankEntry {
  readonly version: string;
  /** First eight bytes of the image hash. */
  readonly hashPrefix: bigint;
}

/** A multiple of every granule. */
export const RECORD_BYTES = 64;

/** "FBR1" as it lies in flash. */
const MAGIC = 0x3152_4246;
const FORMAT = 1;
const NO_BANK = 2;
/** Older than any record. */
const NO_SEQUENCE = -1;

/** Position is the code in flash. */
const BANK_STATES = ["empty", "dirty", "ready", "confirmed", "bad"] as const;
const REASONS = [
  "none",
  "confirmed",
  "attemptsExhausted",
  "pendingInvalid",
  "activeInvalid",
  "factoryRecovery",
  "abandoned",
] as const;

export const NO_ENTRY: BankEntry = { version: "0.0.0+0", hashPrefix: 0n };

/** Before anything was ever committed. */
export const BLANK_RECORD: BootRecord = {
  sequence: 0,
  active: 0,
  pending: undefined,
  attemptsLeft: 0,
  attemptsMax: 0,
  bankStates: ["empty", "empty"],
  securityCounter: 0,
  lastReason: "none",
  banks: [NO_ENTRY, NO_ENTRY],
  updateId: 0,
};

export function entryOf(image: Pick<ImageIdentity, "version" | "hash">): BankEntry {
  return { version: image.version, hashPrefix: hashPrefixOf(image.hash) };
}

export function hashPrefixOf(hash: Uint8Array): bigint {
  return new DataView(hash.buffer, hash.byteOffset, hash.length).getBigUint64(0);
}

export function otherThan(bank: BankIndex): BankIndex {
  return bank === 0 ? 1 : 0;
}

export function withState(
  { bankStates }: Pick<BootRecord, "bankStates">,
  bank: BankIndex,
  state: BankState,
): readonly [BankState, BankState] {
  return bank === 0 ? [state, bankStates[1]] : [bankStates[0], state];
}

/** By version alone; equal versions are not newer. */
export function isNewer(
  image: Pick<ImageIdentity, "version">,
  than: Pick<ImageIdentity, "version">,
): boolean {
  const a = versionNumbers(image.version);
  const b = versionNumbers(than.version);
  for (let part = 0; part < a.length; part++) {
    const difference = (a[part] ?? 0) - (b[part] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  return false;
}

/** `[major, minor, revision, build]`; a version of another form counts as all zeros. */
function versionNumbers(version: string): readonly [number, number, number, number] {
  const match = /^(\d+)\.(\d+)\.(\d+)(?:\+(\d+))?$/.exec(version);
  if (match === null) return [0, 0, 0, 0];
  return [Number(match[1]), Number(match[2]), Number(match[3]), Number(match[4] ?? 0)];
}

/**
 * 64 bytes, little endian: magic 4, format 1, flags 1, active 1, pending 1, sequence 4,
 * attemptsLeft 1, attemptsMax 1, bank states 2, security counter 4, reason 1, reserved 3,
 * per bank (version 8, hash prefix 8), update id 4, CRC-32 of all before it 4.
 */
export function encodeRecord(record: BootRecord): Uint8Array {
  const bytes = new Uint8Array(RECORD_BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, MAGIC, true);
  view.setUint8(4, FORMAT);
  view.setUint8(6, record.active);
  view.setUint8(7, record.pending ?? NO_BANK);
  view.setUint32(8, record.sequence, true);
  view.setUint8(12, record.attemptsLeft);
  view.setUint8(13, record.attemptsMax);
  view.setUint8(14, BANK_STATES.indexOf(record.bankStates[0]));
  view.setUint8(15, BANK_STATES.indexOf(record.bankStates[1]));
  view.setUint32(16, record.securityCounter, true);
  view.setUint8(20, REASONS.indexOf(record.lastReason));
  encodeEntry(view, 24, record.banks[0]);
  encodeEntry(view, 40, record.banks[1]);
  view.setUint32(56, record.updateId, true);
  view.setUint32(60, crc32(bytes.subarray(0, 60)), true);
  return bytes;
}

/** The sequence number of what may be a record: enough to see that it cannot be the newest. */
export function sequenceIn(bytes: Uint8Array, at: number): number {
  // Most slots are erased, and a view of each would cost more than all the rest.
  if (bytes[at] !== (MAGIC & 0xff)) return NO_SEQUENCE;
  return new DataView(bytes.buffer, bytes.byteOffset + at).getUint32(8, true);
}

/** Undefined for anything but a whole record of this format. */
export function decodeRecord(bytes: Uint8Array): BootRecord | undefined {
  if (bytes.length !== RECORD_BYTES) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (view.getUint32(0, true) !== MAGIC || view.getUint8(4) !== FORMAT) return undefined;
  if (view.getUint32(60, true) !== crc32(bytes.subarray(0, 60))) return undefined;
  const active = bankOf(view.getUint8(6));
  const pendingCode = view.getUint8(7);
  const pending = bankOf(pendingCode);
  const stateA = BANK_STATES[view.getUint8(14)];
  const stateB = BANK_STATES[view.getUint8(15)];
  const lastReason = REASONS[view.getUint8(20)];
  if (active === undefined || active === pending) return undefined;
  if (pending === undefined && pendingCode !== NO_BANK) return undefined;
  if (stateA === undefined || stateB === undefined || lastReason === undefined) return undefined;
  return {
    sequence: view.getUint32(8, true),
    active,
    pending,
    attemptsLeft: view.getUint8(12),
    attemptsMax: view.getUint8(13),
    bankStates: [stateA, stateB],
    securityCounter: view.getUint32(16, true),
    lastReason,
    banks: [decodeEntry(view, 24), decodeEntry(view, 40)],
    updateId: view.getUint32(56, true),
  };
}

function bankOf(code: number): BankIndex | undefined {
  return code === 0 || code === 1 ? code : undefined;
}

/** Version as in an MCUboot header (u8 major, u8 minor, u16 revision, u32 build), then the hash. */
function encodeEntry(view: DataView, at: number, entry: BankEntry): void {
  const [major, minor, revision, build] = versionNumbers(entry.version);
  view.setUint8(at, major);
  view.setUint8(at + 1, minor);
  view.setUint16(at + 2, revision, true);
  view.setUint32(at + 4, build, true);
  view.setBigUint64(at + 8, entry.hashPrefix);
}

function decodeEntry(view: DataView, at: number): BankEntry {
  const revision = view.getUint16(at + 2, true);
  const build = view.getUint32(at + 4, true);
  return {
    version: `${view.getUint8(at)}.${view.getUint8(at + 1)}.${revision}+${build}`,
    hashPrefix: view.getBigUint64(at + 8),
  };
}
