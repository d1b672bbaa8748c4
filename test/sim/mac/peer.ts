import type { AirUplink } from "#sim/air/frames.ts";
import type { SessionKeys } from "#sim/mac/session-keys.ts";
import { DEFAULT_CHANNELS_HZ } from "../eu868.ts";
import { bigEndian, buffer, loraPacket, plain, upperHalf } from "./lora-packet.ts";

/** What both sides of a session know. Addresses as people write them. */
export interface PeerSession {
  readonly devAddr: number;
  readonly keys: SessionKeys;
}

export interface PeerUplink {
  readonly fPort: number | undefined;
  readonly payload: Uint8Array;
  readonly fOpts: Uint8Array;
  readonly ack: boolean;
  readonly isConfirmed: boolean;
}

export interface PeerDownlink {
  readonly confirmed: boolean;
  readonly ack: boolean;
  readonly fPort?: number;
  readonly payload?: Uint8Array;
  readonly fOpts?: Uint8Array;
}

/** Opens an uplink as lora-packet does; throws when its MIC is wrong, or anything of it is not as it should be. */
export function openUplink(
  { phyPayload, dr, frequencyHz }: AirUplink,
  { devAddr, keys }: PeerSession,
  fCnt: number,
  confFCnt: number,
): PeerUplink {
  const packet = loraPacket.fromWire(buffer(phyPayload));
  const upper = upperHalf(fCnt);
  if (packet.getDir() !== "up") throw new Error("not an uplink");
  if (packet.getFCnt() !== fCnt % 65_536) throw new Error(`FCnt ${packet.getFCnt()}, not ${fCnt}`);
  if (packet.DevAddr?.readUInt32BE() !== devAddr) throw new Error("another DevAddr");
  const isValid =
    keys.lorawan === "1.0"
      ? loraPacket.verifyMIC(packet, buffer(keys.nwkSKey), undefined, upper)
      : loraPacket.verifyMIC(
          packet,
          buffer(keys.fNwkSIntKey),
          buffer(keys.sNwkSIntKey),
          upper,
          Buffer.concat([
            // on port 0 it takes every uplink for an acknowledgement
            bigEndian(packet.getFCtrlACK() ? confFCnt % 65_536 : 0, 2),
            Buffer.of(dr, DEFAULT_CHANNELS_HZ.indexOf(frequencyHz)),
          ]),
        );
  if (!isValid) throw new Error(`MIC of ${fCnt}`);
  const networkKey = keys.lorawan === "1.0" ? keys.nwkSKey : keys.nwkSEncKey;
  const hasPayload = (packet.FRMPayload?.length ?? 0) > 0;
  const payload = hasPayload
    ? plain(
        loraPacket.decrypt(packet, buffer(keys.appSKey), buffer(networkKey), upper) ?? undefined,
      )
    : new Uint8Array(0);
  const fOpts =
    keys.lorawan === "1.0"
      ? plain(packet.FOpts)
      : plain(packet.decryptFOpts(buffer(keys.nwkSEncKey), undefined, upper));
  const isConfirmed = packet.isConfirmed();
  return {
    fPort: packet.getFPort() ?? undefined,
    payload,
    fOpts,
    ack: packet.getFCtrlACK() === true,
    isConfirmed,
  };
}

/** A downlink as lora-packet seals it. */
export function sealDownlink(
  { confirmed, ack, fPort, payload = new Uint8Array(0), fOpts = new Uint8Array(0) }: PeerDownlink,
  { devAddr, keys }: PeerSession,
  fCnt: number,
  confFCnt: number,
): Uint8Array {
  const upper = upperHalf(fCnt);
  const networkKey = keys.lorawan === "1.0" ? keys.nwkSKey : keys.nwkSEncKey;
  const packet = loraPacket.fromFields(
    {
      MType: `${confirmed ? "Confirmed" : "Unconfirmed"} Data Down`,
      DevAddr: bigEndian(devAddr, 4),
      FCtrl: { ADR: false, ACK: ack, FPending: false },
      FCnt: bigEndian(fCnt % 65_536, 2),
      FOpts: buffer(fOpts),
      payload: buffer(payload),
      ...(fPort === undefined ? {} : { FPort: fPort }),
    },
    buffer(keys.appSKey),
    buffer(networkKey),
    undefined,
    upper,
  );
  if (keys.lorawan === "1.0") {
    loraPacket.recalculateMIC(packet, buffer(keys.nwkSKey), undefined, upper);
  } else {
    packet.encryptFOpts(buffer(keys.nwkSEncKey), undefined, upper);
    const acknowledged = Buffer.alloc(2);
    acknowledged.writeUInt16LE(ack ? confFCnt % 65_536 : 0);
    const [forwarding, serving] = [buffer(keys.fNwkSIntKey), buffer(keys.sNwkSIntKey)];
    loraPacket.recalculateMIC(packet, forwarding, serving, upper, acknowledged);
  }
  return plain(packet.PHYPayload);
}
