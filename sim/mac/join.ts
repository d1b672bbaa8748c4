/** Join request and join accept: their MIC, and the accept's encryption (TS001 §6.2). */
import type { Crypto } from "#hal/ports.ts";
import { layOutJoinRequest, MIC_BYTES } from "./frame.ts";
import { getUint24, joinServerIntKey, setUint24 } from "./session-keys.ts";

export interface JoinAccept {
  /** 24 bits. */
  readonly joinNonce: number;
  /** 24 bits. */
  readonly netId: number;
  readonly devAddr: number;
  /** The server speaks LoRaWAN 1.1. */
  readonly optNeg: boolean;
  readonly rx1DrOffset: number;
  readonly rx2Dr: number;
  /** 0 means 1, as on the air. */
  readonly rxDelayS: number;
  /** 16 bytes as on the air, the last one being CFListType. */
  readonly cfList: Uint8Array | undefined;
}

/** What binds an accept to its request. */
export interface JoinBinding {
  /** NwkKey of a 1.1 device, AppKey of a 1.0 device. */
  readonly rootKey: Uint8Array;
  readonly joinEui: Uint8Array;
  readonly devEui: Uint8Array;
  readonly devNonce: number;
}

const CF_LIST_BYTES = 16;
/** JoinReqType of an accept that answers a plain join request. */
const JOIN_REQUEST_TYPE = 0xff;
const MHDR_JOIN_ACCEPT = 0x20;

/** `key` is NwkKey on 1.1, AppKey on 1.0. */
export function sealJoinRequest(
  request: { readonly joinEui: Uint8Array; readonly devEui: Uint8Array; readonly devNonce: number },
  key: Uint8Array,
  crypto: Crypto,
): Uint8Array {
  const phy = layOutJoinRequest(request);
  phy.set(requestMic(phy, key, crypto), phy.length - MIC_BYTES);
  return phy;
}

export function isJoinRequestMicValid(phy: Uint8Array, key: Uint8Array, crypto: Crypto): boolean {
  return endsWith(phy, requestMic(phy, key, crypto));
}

function requestMic(phy: Uint8Array, key: Uint8Array, crypto: Crypto): Uint8Array {
  const mac = crypto.aesCmac(key);
  mac.update(phy.subarray(0, phy.length - MIC_BYTES));
  return mac.digest().subarray(0, MIC_BYTES);
}

export function sealJoinAccept(
  accept: JoinAccept,
  binding: JoinBinding,
  crypto: Crypto,
): Uint8Array {
  const { cfList } = accept;
  if (cfList !== undefined && cfList.length !== CF_LIST_BYTES) throw new RangeError("CFList");
  const phy = new Uint8Array(13 + (cfList?.length ?? 0) + MIC_BYTES);
  const view = new DataView(phy.buffer);
  phy[0] = MHDR_JOIN_ACCEPT;
  setUint24(phy, 1, accept.joinNonce);
  setUint24(phy, 4, accept.netId);
  view.setUint32(7, accept.devAddr, true);
  phy[11] = (accept.optNeg ? 0x80 : 0) | ((accept.rx1DrOffset & 7) << 4) | (accept.rx2Dr & 15);
  phy[12] = accept.rxDelayS & 15;
  if (cfList !== undefined) phy.set(cfList, 13);
  phy.set(acceptMic(phy, accept.optNeg, binding, crypto), phy.length - MIC_BYTES);
  // the server decrypts, so that a device needs only the encrypting half of AES
  phy.set(crypto.aesDecrypt(binding.rootKey, phy.subarray(1)), 1);
  return phy;
}

/** Undefined: not for this device, not an answer to this request, or damaged. */
export function openJoinAccept(
  phy: Uint8Array,
  binding: JoinBinding,
  crypto: Crypto,
): JoinAccept | undefined {
  if (phy.length !== 17 && phy.length !== 33) return undefined;
  const clear = new Uint8Array(phy.length);
  clear[0] = phy[0] ?? 0;
  clear.set(crypto.aesEncrypt(binding.rootKey, phy.subarray(1)), 1);
  const settings = clear[11] ?? 0;
  const optNeg = (settings & 0x80) !== 0;
  if (!endsWith(clear, acceptMic(clear, optNeg, binding, crypto))) return undefined;
  return {
    joinNonce: getUint24(clear, 1),
    netId: getUint24(clear, 4),
    devAddr: new DataView(clear.buffer).getUint32(7, true),
    optNeg,
    rx1DrOffset: (settings >> 4) & 7,
    rx2Dr: settings & 15,
    rxDelayS: (clear[12] ?? 0) & 15,
    cfList: clear.length === 33 ? clear.slice(13, 13 + CF_LIST_BYTES) : undefined,
  };
}

function acceptMic(
  clear: Uint8Array,
  optNeg: boolean,
  { rootKey, joinEui, devEui, devNonce }: JoinBinding,
  crypto: Crypto,
): Uint8Array {
  const mac = crypto.aesCmac(optNeg ? joinServerIntKey(rootKey, devEui, crypto) : rootKey);
  if (optNeg) {
    mac.update(Uint8Array.of(JOIN_REQUEST_TYPE));
    mac.update(joinEui.toReversed());
    mac.update(Uint8Array.of(devNonce & 0xff, devNonce >> 8));
  }
  mac.update(clear.subarray(0, clear.length - MIC_BYTES));
  return mac.digest().subarray(0, MIC_BYTES);
}

function endsWith(phy: Uint8Array, mic: Uint8Array): boolean {
  const at = phy.length - MIC_BYTES;
  return at >= 0 && mic.every((byte, index) => phy[at + index] === byte);
}
