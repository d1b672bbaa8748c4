import { createRequire } from "node:module";
import { type DataFrame, parsePhyPayload, type RejectedFrame } from "#sim/mac/frame.ts";
import { InputError } from "../errors.ts";
import { hexText, plural, type Row, rowLines } from "./explain.ts";
import type { Direction } from "./packages.ts";

/**
 * The tool checks and decrypts with a codec that is not the simulator's own. Its declarations
 * promise a `default` that its module lacks.
 */
const loraPacket: typeof import("lora-packet").default = createRequire(import.meta.url)(
  "lora-packet",
);

export interface FrameKeys {
  /** AppSKey, or McAppSKey of a multicast frame. */
  readonly appSKey: Uint8Array | undefined;
  /** NwkSKey, or McNwkSKey. */
  readonly nwkSKey: Uint8Array | undefined;
  /** The 16 bits of the frame counter that are not on the air. */
  readonly fCntHigh: number;
}

export interface ExplainedFrame {
  readonly lines: readonly string[];
  readonly direction: Direction;
  readonly isMicWrong: boolean;
  /** In clear, as far as it can be read. */
  readonly fOpts: Uint8Array;
  readonly payload: { readonly fPort: number; readonly bytes: Uint8Array } | undefined;
}

const REJECTIONS: Readonly<Record<RejectedFrame["reason"], string>> = {
  length: "its length fits no frame",
  majorVersion: "its major version is not 0",
  messageType: "its message type is rejoin or proprietary",
  fOptsBesidePort0: "it has MAC commands both in FOpts and on FPort 0",
};

const NO_BYTES = new Uint8Array(0);
const HINT = "for an application payload give --port";

export function explainFrame(phy: Uint8Array, keys: FrameKeys): ExplainedFrame {
  const frame = parsePhyPayload(phy);
  const mic = hexText(phy.subarray(-4));
  switch (frame.type) {
    case "rejected":
      throw new InputError(`not a LoRaWAN frame: ${REJECTIONS[frame.reason]}; ${HINT}`);
    case "joinRequest":
      return plainFrame("up", [
        `LoRaWAN join request, device to server, ${plural(phy.length, "byte")}`,
        ...rowLines([
          { name: "JoinEUI", value: hexText(frame.joinEui), words: "" },
          { name: "DevEUI", value: hexText(frame.devEui), words: "" },
          { name: "DevNonce", value: String(frame.devNonce), words: "" },
          { name: "MIC", value: mic, words: "" },
        ]),
      ]);
    case "joinAccept":
      return plainFrame("down", [
        `LoRaWAN join accept, server to device, ${plural(phy.length, "byte")}`,
        "  encrypted as a whole, with the root key of the device",
      ]);
    case "data":
      return explainData(phy, frame, keys);
    default:
      return frame satisfies never;
  }
}

function plainFrame(direction: Direction, lines: readonly string[]): ExplainedFrame {
  return { lines, direction, isMicWrong: false, fOpts: NO_BYTES, payload: undefined };
}

function explainData(phy: Uint8Array, frame: DataFrame, keys: FrameKeys): ExplainedFrame {
  const { direction, fPort } = frame;
  const isMicWrong = keys.nwkSKey !== undefined && !isMicValid(phy, keys.nwkSKey, keys.fCntHigh);
  const clear = isMicWrong ? undefined : payloadInClear(phy, frame, keys);
  const way = direction === "up" ? "device to server" : "server to device";
  const kind = frame.confirmed ? "confirmed" : "unconfirmed";
  const rows: readonly Row[] = [
    {
      name: "DevAddr",
      value: frame.devAddr.toString(16).toUpperCase().padStart(8, "0"),
      words: "",
    },
    { name: "FCtrl", value: flagsOf(frame), words: "" },
    { name: "FCnt", value: String(frame.fCntLow + 65_536 * keys.fCntHigh), words: "" },
    ...(frame.fOpts.length > 0 ? [{ name: "FOpts", value: hexText(frame.fOpts), words: "" }] : []),
    ...(fPort === undefined ? [] : [{ name: "FPort", value: String(fPort), words: "" }]),
    { name: "MIC", value: hexText(phy.subarray(-4)), words: micWords(keys, isMicWrong) },
    payloadRow(frame, clear, isMicWrong),
  ];
  return {
    lines: [`LoRaWAN ${kind} data, ${way}, ${plural(phy.length, "byte")}`, ...rowLines(rows)],
    direction,
    isMicWrong,
    fOpts: frame.fOpts,
    payload: clear === undefined || fPort === undefined ? undefined : { fPort, bytes: clear },
  };
}

function flagsOf({ direction, adr, adrAckReq, ack, fPending }: DataFrame): string {
  const isUp = direction === "up";
  const flags = [
    ...(adr ? ["ADR"] : []),
    ...(adrAckReq && isUp ? ["ADRACKReq"] : []),
    ...(ack ? ["ACK"] : []),
    ...(fPending ? [isUp ? "ClassB" : "FPending"] : []),
  ];
  return flags.length === 0 ? "none" : flags.join(" ");
}

function micWords({ nwkSKey }: FrameKeys, isMicWrong: boolean): string {
  if (nwkSKey === undefined) return "not checked: give --nwk-s-key";
  return isMicWrong ? "WRONG: another key, --f-cnt-high, or LoRaWAN 1.1" : "valid";
}

function payloadRow(
  { frmPayload }: DataFrame,
  clear: Uint8Array | undefined,
  isMicWrong: boolean,
): Row {
  const name = "FRMPayload";
  if (frmPayload.length === 0) return { name, value: "none", words: "" };
  if (clear !== undefined) return { name, value: hexText(clear), words: "in clear" };
  const words = isMicWrong ? "encrypted" : "encrypted: give the key";
  return { name, value: hexText(frmPayload), words };
}

function payloadInClear(
  phy: Uint8Array,
  { fPort, frmPayload }: DataFrame,
  { appSKey, nwkSKey, fCntHigh }: FrameKeys,
): Uint8Array | undefined {
  if (frmPayload.length === 0 || fPort === undefined) return undefined;
  const key = fPort === 0 ? nwkSKey : appSKey;
  if (key === undefined) return undefined;
  const packet = loraPacket.fromWire(Buffer.from(phy));
  const keyBytes = Buffer.from(key);
  return Uint8Array.from(loraPacket.decrypt(packet, keyBytes, keyBytes, upperHalf(fCntHigh)));
}

function isMicValid(phy: Uint8Array, nwkSKey: Uint8Array, fCntHigh: number): boolean {
  const packet = loraPacket.fromWire(Buffer.from(phy));
  return loraPacket.verifyMIC(packet, Buffer.from(nwkSKey), undefined, upperHalf(fCntHigh));
}

function upperHalf(fCntHigh: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(fCntHigh);
  return bytes;
}
