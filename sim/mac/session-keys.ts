/** Keys that a join makes (TS001 1.0.4 §6.2.5; 1.1 §6.1.1.3, §6.2.5). All are 16 bytes. */
import type { Crypto } from "#hal/ports.ts";

export type SessionKeys =
  | { readonly lorawan: "1.0"; readonly nwkSKey: Uint8Array; readonly appSKey: Uint8Array }
  | {
      readonly lorawan: "1.1";
      readonly fNwkSIntKey: Uint8Array;
      readonly sNwkSIntKey: Uint8Array;
      readonly nwkSEncKey: Uint8Array;
      readonly appSKey: Uint8Array;
    };

/** What a device that never joins is made with (activation by personalization). */
export interface AbpSession {
  readonly devAddr: number;
  readonly keys: SessionKeys;
}

export interface RootKeys {
  /** The only root key of a 1.0 device has its place in both fields. */
  readonly appKey: Uint8Array;
  readonly nwkKey: Uint8Array;
}

/** What both sides have seen in the exchange. */
export interface JoinTranscript {
  /** 8 bytes, most significant first. */
  readonly joinEui: Uint8Array;
  readonly devNonce: number;
  /** 24 bits, called AppNonce in 1.0. */
  readonly joinNonce: number;
  /** 24 bits. */
  readonly netId: number;
  /** Whether the server speaks 1.1; a 1.1 device falls back to 1.0 keys when it does not. */
  readonly optNeg: boolean;
}

export function deriveSessionKeys(
  { appKey, nwkKey }: RootKeys,
  transcript: JoinTranscript,
  crypto: Crypto,
): SessionKeys {
  const derive = (key: Uint8Array, purpose: number) =>
    crypto.aesEncrypt(key, derivationBlock(purpose, transcript));
  if (!transcript.optNeg) {
    return { lorawan: "1.0", nwkSKey: derive(nwkKey, 0x01), appSKey: derive(nwkKey, 0x02) };
  }
  return {
    lorawan: "1.1",
    fNwkSIntKey: derive(nwkKey, 0x01),
    appSKey: derive(appKey, 0x02),
    sNwkSIntKey: derive(nwkKey, 0x03),
    nwkSEncKey: derive(nwkKey, 0x04),
  };
}

/** purpose ‖ JoinNonce ‖ NetID (1.0) or JoinEUI (1.1) ‖ DevNonce ‖ zeros; little-endian. */
function derivationBlock(purpose: number, transcript: JoinTranscript): Uint8Array {
  const block = new Uint8Array(16);
  block[0] = purpose;
  setUint24(block, 1, transcript.joinNonce);
  let at = 4;
  if (transcript.optNeg) {
    block.set(transcript.joinEui.toReversed(), at);
    at += 8;
  } else {
    setUint24(block, at, transcript.netId);
    at += 3;
  }
  block[at] = transcript.devNonce & 0xff;
  block[at + 1] = transcript.devNonce >> 8;
  return block;
}

/** Protects the join accept of a 1.1 server. */
export function joinServerIntKey(
  nwkKey: Uint8Array,
  devEui: Uint8Array,
  crypto: Crypto,
): Uint8Array {
  const block = new Uint8Array(16);
  block[0] = 0x06;
  block.set(devEui.toReversed(), 1);
  return crypto.aesEncrypt(nwkKey, block);
}

export function setUint24(target: Uint8Array, at: number, value: number): void {
  target[at] = value & 0xff;
  target[at + 1] = (value >> 8) & 0xff;
  target[at + 2] = (value >> 16) & 0xff;
}

export function getUint24(source: Uint8Array, at: number): number {
  return (source[at] ?? 0) | ((source[at + 1] ?? 0) << 8) | ((source[at + 2] ?? 0) << 16);
}
