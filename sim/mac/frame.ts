/**
 * LoRaWAN PHYPayload (TS001 §4, major version 0): bytes ⇄ fields, for both directions. What protects
 * the bytes (MIC, encryption) is in `data-security.ts` and `join.ts`.
 */

export const MIC_BYTES = 4;
export const FOPTS_MAX_BYTES = 15;
const JOIN_REQUEST_BYTES = 23;
const JOIN_ACCEPT_BYTES: readonly number[] = [17, 33];
/** MHDR, DevAddr, FCtrl, FCnt. */
const FHDR_END = 8;

const MTYPE = {
  joinRequest: 0,
  joinAccept: 1,
  unconfirmedUp: 2,
  unconfirmedDown: 3,
  confirmedUp: 4,
  confirmedDown: 5,
} as const;

/** What a data frame says in clear. */
export interface DataHeader {
  readonly direction: "up" | "down";
  readonly confirmed: boolean;
  /** Unsigned, as people write it. */
  readonly devAddr: number;
  readonly adr: boolean;
  /** Bit 6: ADRACKReq of an uplink, reserved in a downlink. */
  readonly adrAckReq: boolean;
  readonly ack: boolean;
  /** Bit 4: FPending of a downlink, ClassB of an uplink. */
  readonly fPending: boolean;
  readonly fPort: number | undefined;
}

export interface DataFrame extends DataHeader {
  readonly type: "data";
  /** The 16 low bits of the frame counter. */
  readonly fCntLow: number;
  /** As on the air. Views into the frame, like `frmPayload`. */
  readonly fOpts: Uint8Array;
  readonly frmPayload: Uint8Array;
}

/** EUIs are 8 bytes, most significant first, as people write them. */
export interface JoinRequestFrame {
  readonly type: "joinRequest";
  readonly joinEui: Uint8Array;
  readonly devEui: Uint8Array;
  readonly devNonce: number;
}

/** A join accept is encrypted as a whole: `openJoinAccept` reads it. */
export interface JoinAcceptFrame {
  readonly type: "joinAccept";
}

export interface RejectedFrame {
  readonly type: "rejected";
  readonly reason: "length" | "majorVersion" | "messageType" | "fOptsBesidePort0";
}

export type PhyFrame = DataFrame | JoinRequestFrame | JoinAcceptFrame | RejectedFrame;

const LENGTH: RejectedFrame = { type: "rejected", reason: "length" };
const MAJOR_VERSION: RejectedFrame = { type: "rejected", reason: "majorVersion" };
const MESSAGE_TYPE: RejectedFrame = { type: "rejected", reason: "messageType" };
const FOPTS_BESIDE_PORT_0: RejectedFrame = { type: "rejected", reason: "fOptsBesidePort0" };

/** Never throws: any bytes are some frame, or a rejected one. Checks no MIC. */
export function parsePhyPayload(phy: Uint8Array): PhyFrame {
  const mhdr = phy[0];
  if (mhdr === undefined) return LENGTH;
  if ((mhdr & 0x03) !== 0) return MAJOR_VERSION;
  const messageType = mhdr >> 5;
  switch (messageType) {
    case MTYPE.joinRequest:
      return phy.length === JOIN_REQUEST_BYTES ? parseJoinRequest(phy) : LENGTH;
    case MTYPE.joinAccept:
      return JOIN_ACCEPT_BYTES.includes(phy.length) ? { type: "joinAccept" } : LENGTH;
    case MTYPE.unconfirmedUp:
    case MTYPE.unconfirmedDown:
    case MTYPE.confirmedUp:
    case MTYPE.confirmedDown:
      return parseData(phy, messageType);
    default:
      return MESSAGE_TYPE;
  }
}

function parseJoinRequest(phy: Uint8Array): JoinRequestFrame {
  return {
    type: "joinRequest",
    joinEui: phy.subarray(1, 9).toReversed(),
    devEui: phy.subarray(9, 17).toReversed(),
    devNonce: viewOf(phy).getUint16(17, true),
  };
}

function parseData(phy: Uint8Array, messageType: number): DataFrame | RejectedFrame {
  const end = phy.length - MIC_BYTES;
  if (end < FHDR_END) return LENGTH;
  const view = viewOf(phy);
  const fCtrl = view.getUint8(5);
  const fOptsEnd = FHDR_END + (fCtrl & 0x0f);
  if (fOptsEnd > end) return LENGTH;
  const fPort = fOptsEnd < end ? phy[fOptsEnd] : undefined;
  if (fPort === 0 && fOptsEnd > FHDR_END) return FOPTS_BESIDE_PORT_0;
  return {
    type: "data",
    direction: messageType % 2 === 0 ? "up" : "down",
    confirmed: messageType >= MTYPE.confirmedUp,
    devAddr: view.getUint32(1, true),
    adr: (fCtrl & 0x80) !== 0,
    adrAckReq: (fCtrl & 0x40) !== 0,
    ack: (fCtrl & 0x20) !== 0,
    fPending: (fCtrl & 0x10) !== 0,
    fCntLow: view.getUint16(6, true),
    fOpts: phy.subarray(FHDR_END, fOptsEnd),
    fPort,
    frmPayload: phy.subarray(Math.min(fOptsEnd + 1, end), end),
  };
}

/** The frame as bytes, MIC left zero. Contents go out as they are given: encrypt them first. */
export function layOutData(
  header: DataHeader,
  fCnt: number,
  fOpts: Uint8Array,
  frmPayload: Uint8Array,
): Uint8Array {
  const { fPort } = header;
  if (fOpts.length > FOPTS_MAX_BYTES) throw new RangeError(`${fOpts.length} bytes of FOpts`);
  if (fPort === undefined && frmPayload.length > 0) throw new RangeError("payload without a port");
  if (fPort === 0 && fOpts.length > 0) throw new RangeError("FOpts beside port 0");
  const portBytes = fPort === undefined ? 0 : 1;
  const phy = new Uint8Array(FHDR_END + fOpts.length + portBytes + frmPayload.length + MIC_BYTES);
  const view = viewOf(phy);
  const up = header.direction === "up";
  const unconfirmed = up ? MTYPE.unconfirmedUp : MTYPE.unconfirmedDown;
  const confirmed = up ? MTYPE.confirmedUp : MTYPE.confirmedDown;
  view.setUint8(0, (header.confirmed ? confirmed : unconfirmed) << 5);
  view.setUint32(1, header.devAddr, true);
  const flags =
    (header.adr ? 0x80 : 0) |
    (header.adrAckReq ? 0x40 : 0) |
    (header.ack ? 0x20 : 0) |
    (header.fPending ? 0x10 : 0);
  view.setUint8(5, flags | fOpts.length);
  view.setUint16(6, fCnt % 65_536, true);
  phy.set(fOpts, FHDR_END);
  if (fPort !== undefined) {
    if (!Number.isInteger(fPort) || fPort < 0 || fPort > 255) throw new RangeError(`port ${fPort}`);
    view.setUint8(FHDR_END + fOpts.length, fPort);
    phy.set(frmPayload, FHDR_END + fOpts.length + 1);
  }
  return phy;
}

/** The join request as bytes, MIC left zero. */
export function layOutJoinRequest(request: Omit<JoinRequestFrame, "type">): Uint8Array {
  const phy = new Uint8Array(JOIN_REQUEST_BYTES);
  phy.set(request.joinEui.toReversed(), 1);
  phy.set(request.devEui.toReversed(), 9);
  viewOf(phy).setUint16(17, request.devNonce, true);
  return phy;
}

/**
 * The full counter of a frame: the smallest value from `atLeast` up with these low bits, or
 * undefined when 32 bits do not hold one. What was seen before comes out 65536 too high, and the
 * MIC, which covers all 32 bits, tells.
 */
export function fullFCnt(atLeast: number, fCntLow: number): number | undefined {
  let full = atLeast - (atLeast % 65_536) + fCntLow;
  if (full < atLeast) full += 65_536;
  return full > 0xffff_ffff ? undefined : full;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
