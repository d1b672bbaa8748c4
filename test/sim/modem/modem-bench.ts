import { NodeCrypto } from "#hal/node/crypto.ts";
import type { ModemTroubles } from "#scenarios/modem-schema.ts";
import { sealData } from "#sim/mac/data-security.ts";
import { bytesFrom } from "#sim/modem/hex-text.ts";
import { ModemLab } from "#sim/modem/modem-lab.ts";
import { PROFILES, type ProfileName } from "#sim/modem/profiles.ts";
import { IN_EU868 } from "../eu868.ts";

const bytes = (hex: string) => bytesFrom(hex) ?? new Uint8Array(0);
const crypto = new NodeCrypto();

export const GPS_AT_START = 1_451_260_818;
export const GROUP = {
  mcAddr: 0x11223344,
  nwkSKey: "11223344556677881122334455667788",
  appSKey: "99AABBCCDDEEFF0099AABBCCDDEEFF00",
};

/** A virtual modem on the simulated air, and what it says. */
export class ModemBench {
  readonly lab: ModemLab;
  readonly uplinks: string[] = [];
  said = "";
  /** When the last uplink was heard. */
  uplinkUs = 0;

  constructor(profile: ProfileName, unicastClass: "A" | "C" = "A", troubles: ModemTroubles = {}) {
    this.lab = new ModemLab({
      profile: PROFILES[profile],
      unicastClass,
      troubles,
      regional: IN_EU868,
      identity: {
        devEui: bytes("0080E11500004CF6"),
        joinEui: bytes("0102030405060708"),
        appKey: bytes("2B7E151628AED2A6ABF7158809CF4F3C"),
      },
      crypto,
      seed: 1,
      gpsAtStart: GPS_AT_START,
      emit: (chunk) => {
        this.said += Buffer.from(chunk).toString("latin1");
      },
      onUplink: (fPort, payload) => {
        this.uplinkUs = this.lab.engine.now;
        this.uplinks.push(`${fPort} ${Buffer.from(payload).toString("hex")}`);
      },
    });
  }

  /** Sends a line, lets time pass, returns what came meanwhile. */
  tell(line: string, seconds = 0.01): readonly string[] {
    this.lab.modem.receive(Buffer.from(`${line}\r\n`, "latin1"));
    return this.wait(seconds);
  }

  wait(seconds: number): readonly string[] {
    this.lab.engine.advance(Math.round(this.lab.engine.now + seconds * 1e6));
    const lines = this.said.split(/[\r\n]+/).filter((one) => one !== "");
    this.said = "";
    return lines;
  }

  /** A frame of the group, on the air at once. */
  multicast(
    fCnt: number,
    fPort: number,
    payload: Uint8Array,
    at = { frequencyHz: 869_525_000, dr: 0 },
    { mcAddr, nwkSKey, appSKey } = GROUP,
  ): void {
    const phyPayload = sealData(
      {
        direction: "down",
        confirmed: false,
        devAddr: mcAddr,
        adr: false,
        adrAckReq: false,
        ack: false,
        fPending: false,
        fPort,
        fOpts: new Uint8Array(0),
        frmPayload: payload,
      },
      { lorawan: "1.0", nwkSKey: bytes(nwkSKey), appSKey: bytes(appSKey) },
      { fCnt, confFCnt: 0 },
      crypto,
    );
    this.lab.broadcast(phyPayload, at.frequencyHz, at.dr);
  }
}
