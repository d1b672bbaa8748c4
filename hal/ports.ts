/**
 * The device's edge. Every side effect the agent can have passes through a port declared here, or
 * is an effect of `agent/events.ts`. This file imports nothing: the agent and every backend may
 * depend on it, it depends on no one.
 */

/** Integer microseconds since the device booted, on its own oscillator. Monotonic, never wraps. */
export type UptimeUs = number;

/** Seconds since 1980-01-06T00:00:00Z without leap seconds, modulo 2^32: the "GPS time" of TS003. */
export type GpsSeconds = number;

/** `count` consecutive sectors of `sizeBytes` each, the first at `address`. */
export interface SectorRun {
  readonly address: number;
  readonly sizeBytes: number;
  readonly count: number;
}

export interface FlashGeometry {
  readonly sizeBytes: number;
  /** Programming unit: 1, 2, 4, 8, 16 or 32 bytes. Programs are whole aligned granules. */
  readonly granuleBytes: number;
  /** Ascending, without gaps, covering the device. */
  readonly sectors: readonly SectorRun[];
  /** What an erased byte reads; 0xFF if not said. STM32L0 and L1 erase to 0x00. */
  readonly erasedByte?: 0xff | 0x00;
}

/**
 * One NOR flash, addressed from 0. Erased bytes read `geometry.erasedByte`.
 *
 * Calls are synchronous so that "written" and "remembered as written" cannot be separated by an
 * await. Misuse (out of range, misaligned, a second program of a granule) is a bug and throws
 * `RangeError`. A sick cell throws {@link FlashFault}. Power that fails throws {@link PowerLoss},
 * after which the object is dead until the device reboots.
 */
export interface Flash {
  readonly geometry: FlashGeometry;
  read(address: number, target: Uint8Array): void;
  /** `address` and `source.length` are multiples of the granule; every granule must be erased. */
  program(address: number, source: Uint8Array): void;
  /** Erases the sector that starts at `address`. */
  erase(address: number): void;
}

/** A read, program or erase that the hardware reported as failed. */
export class FlashFault extends Error {
  override readonly name = "FlashFault";
  readonly operation: "read" | "program" | "erase";
  readonly address: number;

  constructor(operation: "read" | "program" | "erase", address: number) {
    super(`flash ${operation} failed at 0x${address.toString(16)}`);
    this.operation = operation;
    this.address = address;
  }
}

/**
 * A number outside the flash that only rises: fuses, a secure element, a counter in protected
 * memory. What it holds survives the loss of every boot record.
 */
export interface MonotonicCounter {
  read(): number;
  /** Raises it to `value`; a value that is not higher does nothing. */
  raise(value: number): void;
}

/** Resets the device unless it is fed in time. What runs cannot stop it. */
export interface Watchdog {
  start(): void;
  feed(): void;
}

/** The supply failed. The device remembers only what its flash holds. */
export class PowerLoss extends Error {
  override readonly name = "PowerLoss";
}

/** A running hash or MAC. */
export interface Digest {
  update(bytes: Uint8Array): void;
  digest(): Uint8Array;
}

/** Raw 32-byte Ed25519 key, or uncompressed 65-byte P-256 point (`04 x y`). */
export interface PublicKey {
  readonly algorithm: "ed25519" | "ecdsa-p256";
  readonly bytes: Uint8Array;
}

/** Primitives only; what is built from them (McKEKey, frame MIC, …) is the agent's own. */
export interface Crypto {
  /** AES-128-ECB encryption of one or more whole 16-byte blocks. */
  aesEncrypt(key: Uint8Array, blocks: Uint8Array): Uint8Array;
  /** AES-128-ECB decryption; only servers need it. */
  aesDecrypt(key: Uint8Array, blocks: Uint8Array): Uint8Array;
  /** AES-CMAC (RFC 4493), streaming. */
  aesCmac(key: Uint8Array): Digest;
  /** MD5 is for transports whose servers still name it; nothing trusts it. */
  hash(algorithm: "sha256" | "sha384" | "sha512" | "md5"): Digest;
  /** Hashes one buffer in a single call: faster than {@link hash} for short inputs. */
  hashOf(algorithm: "sha256" | "sha384" | "sha512", bytes: Uint8Array): Uint8Array;
  /**
   * Ed25519 over `message`; ECDSA over SHA-256 of `message` with a DER signature.
   * Malformed keys and signatures verify as false.
   */
  verify(key: PublicKey, message: Uint8Array, signature: Uint8Array): boolean;
}

/** Seeded in the simulator, hardware-backed on a device. */
export interface Entropy {
  /**
   * Uniform integer in `[0, bound)`, `1 <= bound <= 2^53`.
   *
   * Each purpose has its own sequence, so a draw added for one leaves all the others as they were.
   */
  below(purpose: string, bound: number): number;
}
