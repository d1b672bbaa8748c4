/** The extra bytes of journal records: fixed layouts, little endian. */
import type { FailureReason } from "../events.ts";
import type { FragSession, FragSetup } from "../packages/frag-session.ts";
import type { McGroup, McSession } from "../packages/multicast-state.ts";

const KEY_BYTES = 16;
export const GROUP_BYTES = 16 + 2 * KEY_BYTES;
export const MC_SESSION_BYTES = 14;
export const SETUP_BYTES = 26;
export const VERDICT_BYTES = 13;

/** Position is the code in flash. */
const REASONS: readonly (FailureReason | undefined)[] = [
  undefined,
  "neverJoined",
  "missedSetup",
  "lateStart",
  "shortOfRows",
  "twinColumns",
  "matrixFull",
  "wrongVariant",
  "mic",
  "digest",
  "signature",
  "imageFormat",
  "downgrade",
  "wrongHardware",
  "storage",
  "rolledBack",
  "bricked",
  "notActivated",
  "wrongBase",
  "patchFormat",
];

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Without the session, which has a record of its own. */
export function encodeGroup(group: McGroup): Uint8Array {
  const bytes = new Uint8Array(GROUP_BYTES);
  const view = viewOf(bytes);
  view.setUint32(0, group.mcAddr, true);
  view.setUint32(4, group.minMcFCnt, true);
  view.setUint32(8, group.maxMcFCnt, true);
  view.setUint32(12, group.nextMcFCnt, true);
  bytes.set(group.mcAppSKey, 16);
  bytes.set(group.mcNwkSKey, 16 + KEY_BYTES);
  return bytes;
}

export function decodeGroup(bytes: Uint8Array): McGroup | undefined {
  if (bytes.length !== GROUP_BYTES) return undefined;
  const view = viewOf(bytes);
  return {
    mcAddr: view.getUint32(0, true),
    minMcFCnt: view.getUint32(4, true),
    maxMcFCnt: view.getUint32(8, true),
    nextMcFCnt: view.getUint32(12, true),
    mcAppSKey: bytes.slice(16, 16 + KEY_BYTES),
    mcNwkSKey: bytes.slice(16 + KEY_BYTES, GROUP_BYTES),
    session: undefined,
  };
}

export function encodeMcSession(session: McSession): Uint8Array {
  const bytes = new Uint8Array(MC_SESSION_BYTES);
  const view = viewOf(bytes);
  view.setUint32(0, session.startGps, true);
  view.setUint32(4, session.durationS, true);
  view.setUint32(8, session.dlFrequencyHz, true);
  view.setUint8(12, session.dr);
  view.setUint8(13, session.periodicity === undefined ? 0 : 1 + session.periodicity);
  return bytes;
}

export function decodeMcSession(bytes: Uint8Array): McSession | undefined {
  if (bytes.length !== MC_SESSION_BYTES) return undefined;
  const view = viewOf(bytes);
  return {
    startGps: view.getUint32(0, true),
    durationS: view.getUint32(4, true),
    dlFrequencyHz: view.getUint32(8, true),
    dr: view.getUint8(12),
    periodicity: view.getUint8(13) === 0 ? undefined : view.getUint8(13) - 1,
    isOpen: false,
  };
}

interface SetupRecord {
  readonly setup: FragSetup;
  readonly placeIndex: number;
  readonly updateId: number;
  readonly order: number;
}

export function encodeSetup(session: FragSession): Uint8Array {
  const { setup } = session;
  const bytes = new Uint8Array(SETUP_BYTES);
  const view = viewOf(bytes);
  view.setUint8(0, setup.mcGroupBitMask);
  view.setUint8(1, setup.fragSize);
  view.setUint16(2, setup.nbFrag, true);
  view.setUint8(4, setup.blockAckDelay);
  view.setUint8(5, (setup.ackReception ? 1 : 0) | (setup.sessionCnt >= 0 ? 2 : 0));
  view.setUint8(6, setup.padding);
  view.setUint8(7, session.placeIndex);
  bytes.set(setup.descriptor, 8);
  view.setUint16(12, Math.max(setup.sessionCnt, 0), true);
  bytes.set(setup.mic, 14);
  view.setUint32(18, session.updateId, true);
  view.setUint32(22, session.order, true);
  return bytes;
}

export function decodeSetup(fragIndex: number, bytes: Uint8Array): SetupRecord | undefined {
  if (bytes.length !== SETUP_BYTES) return undefined;
  const view = viewOf(bytes);
  const flags = view.getUint8(5);
  const setup: FragSetup = {
    fragIndex,
    mcGroupBitMask: view.getUint8(0),
    fragSize: view.getUint8(1),
    nbFrag: view.getUint16(2, true),
    blockAckDelay: view.getUint8(4),
    ackReception: (flags & 1) === 1,
    padding: view.getUint8(6),
    descriptor: bytes.slice(8, 12),
    sessionCnt: (flags & 2) === 2 ? view.getUint16(12, true) : -1,
    mic: bytes.slice(14, 18),
  };
  return {
    setup,
    placeIndex: view.getUint8(7),
    updateId: view.getUint32(18, true),
    order: view.getUint32(22, true),
  };
}

export function encodeVerdict(session: FragSession): Uint8Array {
  const bytes = new Uint8Array(VERDICT_BYTES);
  const view = viewOf(bytes);
  view.setUint8(0, (session.phase === "failed" ? 1 : 0) | (session.micError ? 2 : 0));
  view.setUint8(1, REASONS.indexOf(session.failure));
  view.setUint8(2, session.receivedReqsLeft);
  view.setUint16(3, session.received, true);
  view.setUint16(5, session.coded, true);
  view.setUint16(7, session.beyondM, true);
  view.setUint32(9, session.patchStep, true);
  return bytes;
}

/** Puts the verdict into the session. */
export function decodeVerdict(bytes: Uint8Array, session: FragSession): void {
  if (bytes.length !== VERDICT_BYTES) return;
  const view = viewOf(bytes);
  const flags = view.getUint8(0);
  session.phase = (flags & 1) === 1 ? "failed" : "complete";
  session.micError = (flags & 2) === 2;
  session.failure = REASONS[view.getUint8(1)];
  session.receivedReqsLeft = view.getUint8(2);
  session.received = view.getUint16(3, true);
  session.coded = view.getUint16(5, true);
  session.beyondM = view.getUint16(7, true);
  session.patchStep = view.getUint32(9, true);
}
