import { HEARTBEAT_PORT, heartbeatUplink } from "#agent/heartbeat.wire.ts";
import { clockSyncDownlink, clockSyncUplink } from "#agent/packages/clock-sync.wire.ts";
import { fwDownlink, fwUplink } from "#agent/packages/firmware-management.wire.ts";
import {
  fragDownlinkV1,
  fragDownlinkV2,
  fragUplinkV1,
  fragUplinkV2,
  fragUplinkV2Chirpstack,
} from "#agent/packages/fragmentation.wire.ts";
import {
  mcDownlink,
  mcUplinkChirpstack,
  mcUplinkV1,
  mcUplinkV2,
} from "#agent/packages/multicast-setup.wire.ts";
import { CommandSet, type Decoded } from "#agent/wire/commands.ts";
import { macDownlink, macUplink } from "#sim/mac/mac-commands.wire.ts";

export type Direction = "down" | "up";

/** Of TS003, TS004 and TS005; `chirpstack` is 2.0.0 with the lengths that ChirpStack v4 insists on. */
export const packageVersions = ["v1", "v2", "chirpstack"] as const;
export type PackageVersion = (typeof packageVersions)[number];

export interface DecodedCommand {
  readonly name: string;
}

/** A `CommandSet` of whatever table. */
export interface AnyCommandSet {
  decode(payload: Uint8Array): readonly Decoded<DecodedCommand>[];
  encode(command: DecodedCommand): Uint8Array;
}

export interface CommandLanguage {
  readonly title: string;
  setOf(direction: Direction, version: PackageVersion): AnyCommandSet;
}

/** MAC commands: in FOpts, or on FPort 0. */
export const MAC_COMMANDS: CommandLanguage = {
  title: "MAC commands",
  setOf: (direction) => (direction === "down" ? macDownlink : macUplink),
};

/** By default port. */
export const PACKAGES: ReadonlyMap<number, CommandLanguage> = new Map<number, CommandLanguage>([
  [0, MAC_COMMANDS],
  [
    HEARTBEAT_PORT,
    {
      title: "uplink of a fuota device",
      setOf: (direction) => (direction === "up" ? heartbeatUplink : new CommandSet({})),
    },
  ],
  [
    200,
    {
      title: "TS005 remote multicast setup",
      setOf(direction, version) {
        if (direction === "down") return mcDownlink;
        return { v1: mcUplinkV1, v2: mcUplinkV2, chirpstack: mcUplinkChirpstack }[version];
      },
    },
  ],
  [
    201,
    {
      title: "TS004 fragmented data block transport",
      setOf(direction, version) {
        if (direction === "down") return version === "v1" ? fragDownlinkV1 : fragDownlinkV2;
        return { v1: fragUplinkV1, v2: fragUplinkV2, chirpstack: fragUplinkV2Chirpstack }[version];
      },
    },
  ],
  [
    202,
    {
      title: "TS003 clock synchronisation",
      setOf: (direction) => (direction === "down" ? clockSyncDownlink : clockSyncUplink),
    },
  ],
  [
    203,
    {
      title: "TS006 firmware management",
      setOf: (direction) => (direction === "down" ? fwDownlink : fwUplink),
    },
  ],
]);
