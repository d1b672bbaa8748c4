/** MIC and encryption of data frames (TS001 1.0.4 §4.3.3, §4.4; 1.1 §4.3.1.6, §4.3.3, §4.4). */
import type { Crypto } from "#hal/ports.ts";
import { type DataFrame, type DataHeader, layOutData, MIC_BYTES } from "./frame.ts";
import type { SessionKeys } from "./session-keys.ts";

/** What the MIC covers besides the frame itself. */
export interface MicContext {
  /** All 32 bits. */
  readonly fCnt: number;
  /** 1.1, frames with ACK: counter of the confirmed frame that is acknowledged. */
  readonly confFCnt?: number;
  /** 1.1, uplinks: data rate and channel index. */
  readonly txDr?: number;
  readonly txCh?: number;
}

/** A frame in clear, to be sent. */
export interface OutgoingData extends DataHeader {
  readonly fOpts: Uint8Array;
  readonly frmPayload: Uint8Array;
}

const NO_BYTES = new Uint8Array(0);

/**
 * Encrypts, signs and lays out a data frame. A multicast frame is a downlink of a 1.0 session whose
 * keys are McNwkSKey and McAppSKey, whatever its members speak.
 */
export function sealData(
  frame: OutgoingData,
  keys: SessionKeys,
  context: MicContext,
  crypto: Crypto,
): Uint8Array {
  const { fCnt } = context;
  const fOpts = cryptFOpts(frame, frame.fOpts, fCnt, keys, crypto);
  const payload = cryptPayload(frame, frame.frmPayload, fCnt, keys, crypto);
  const phy = layOutData(frame, fCnt, fOpts, payload);
  phy.set(dataMic(phy, frame, keys, context, crypto), phy.length - MIC_BYTES);
  return phy;
}

export function isDataMicValid(
  phy: Uint8Array,
  frame: DataHeader,
  keys: SessionKeys,
  context: MicContext,
  crypto: Crypto,
): boolean {
  const mic = dataMic(phy, frame, keys, context, crypto);
  const at = phy.length - MIC_BYTES;
  return mic.every((byte, index) => phy[at + index] === byte);
}

/** FRMPayload in clear. */
export function openPayload(
  frame: DataFrame,
  fCnt: number,
  keys: SessionKeys,
  crypto: Crypto,
): Uint8Array {
  return cryptPayload(frame, frame.frmPayload, fCnt, keys, crypto);
}

/** FOpts in clear; only a 1.1 session encrypts them. */
export function openFOpts(
  frame: DataFrame,
  fCnt: number,
  keys: SessionKeys,
  crypto: Crypto,
): Uint8Array {
  return cryptFOpts(frame, frame.fOpts, fCnt, keys, crypto);
}

function dataMic(
  phy: Uint8Array,
  header: DataHeader,
  keys: SessionKeys,
  context: MicContext,
  crypto: Crypto,
): Uint8Array {
  const message = phy.subarray(0, phy.length - MIC_BYTES);
  const confFCnt = header.ack ? (context.confFCnt ?? 0) % 65_536 : 0;
  const mac = (key: Uint8Array, confirmed: number, txDr: number, txCh: number): Uint8Array => {
    const block = cryptoBlock(0x49, header, context.fCnt);
    block[1] = confirmed & 0xff;
    block[2] = confirmed >> 8;
    block[3] = txDr;
    block[4] = txCh;
    block[15] = message.length;
    const cmac = crypto.aesCmac(key);
    cmac.update(block);
    cmac.update(message);
    return cmac.digest();
  };
  if (keys.lorawan === "1.0") return mac(keys.nwkSKey, 0, 0, 0).subarray(0, MIC_BYTES);
  if (header.direction === "down") {
    return mac(keys.sNwkSIntKey, confFCnt, 0, 0).subarray(0, MIC_BYTES);
  }
  const serving = mac(keys.sNwkSIntKey, confFCnt, context.txDr ?? 0, context.txCh ?? 0);
  const forwarding = mac(keys.fNwkSIntKey, 0, 0, 0);
  const mic = new Uint8Array(MIC_BYTES);
  mic.set(serving.subarray(0, 2));
  mic.set(forwarding.subarray(0, 2), 2);
  return mic;
}

function cryptPayload(
  header: DataHeader,
  payload: Uint8Array,
  fCnt: number,
  keys: SessionKeys,
  crypto: Crypto,
): Uint8Array {
  if (payload.length === 0) return NO_BYTES;
  const networkKey = keys.lorawan === "1.0" ? keys.nwkSKey : keys.nwkSEncKey;
  const key = header.fPort === 0 ? networkKey : keys.appSKey;
  const blockCount = Math.ceil(payload.length / 16);
  const blocks = new Uint8Array(16 * blockCount);
  const block = cryptoBlock(0x01, header, fCnt);
  for (let index = 0; index < blockCount; index++) {
    block[15] = index + 1;
    blocks.set(block, 16 * index);
  }
  return xored(payload, crypto.aesEncrypt(key, blocks));
}

function cryptFOpts(
  header: DataHeader,
  fOpts: Uint8Array,
  fCnt: number,
  keys: SessionKeys,
  crypto: Crypto,
): Uint8Array {
  if (fOpts.length === 0 || keys.lorawan === "1.0") return fOpts;
  const block = cryptoBlock(0x01, header, fCnt);
  // which counter this is: AFCntDown counts application downlinks alone (erratum to 1.1)
  block[4] = header.direction === "down" && (header.fPort ?? 0) > 0 ? 2 : 1;
  block[15] = 1;
  return xored(fOpts, crypto.aesEncrypt(keys.nwkSEncKey, block));
}

/** What the blocks A, B0 and B1 have in common. */
function cryptoBlock(tag: number, header: DataHeader, fCnt: number): Uint8Array {
  const block = new Uint8Array(16);
  const view = new DataView(block.buffer);
  block[0] = tag;
  block[5] = header.direction === "up" ? 0 : 1;
  view.setUint32(6, header.devAddr, true);
  view.setUint32(10, fCnt, true);
  return block;
}

function xored(data: Uint8Array, stream: Uint8Array): Uint8Array {
  const out = new Uint8Array(data.length);
  for (let index = 0; index < out.length; index++) {
    out[index] = (data[index] ?? 0) ^ (stream[index] ?? 0);
  }
  return out;
}
