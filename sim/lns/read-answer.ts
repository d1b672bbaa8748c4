import { CLOCK_SYNC_PORT, clockSyncUplink } from "#agent/packages/clock-sync.wire.ts";
import { FIRMWARE_MANAGEMENT_PORT, fwUplink } from "#agent/packages/firmware-management.wire.ts";
import {
  FRAG_PORT,
  fragUplinkV1,
  fragUplinkV2,
  fragUplinkV2Chirpstack,
} from "#agent/packages/fragmentation.wire.ts";
import {
  MULTICAST_SETUP_PORT,
  mcUplinkChirpstack,
  mcUplinkV1,
  mcUplinkV2,
} from "#agent/packages/multicast-setup.wire.ts";
import type { Decoded } from "#agent/wire/commands.ts";

/** A set of commands, whatever they are. */
interface Codec<C> {
  decode(payload: Uint8Array): readonly Decoded<C>[];
  encode(command: C): Uint8Array;
}

export interface ReadAnswer<C> {
  readonly commands: readonly C[];
  /** Empty: every byte belongs to a command. */
  readonly problem: string;
  /** Bits that no document gives a meaning are set. */
  readonly hasReserved: boolean;
}

/** In the first of the forms that reads it whole. */
function readIn<C>(payload: Uint8Array, codecs: readonly [Codec<C>, ...Codec<C>[]]): ReadAnswer<C> {
  const [first] = codecs;
  const codec = codecs.find((one) => one.decode(payload).every(({ ok }) => ok)) ?? first;
  const decoded = codec.decode(payload);
  const commands = decoded.flatMap((one) => (one.ok ? [one.command] : []));
  const failure = decoded.find((one) => !one.ok);
  const problem = failure?.ok === false ? `${PROBLEM[failure.reason]} at byte ${failure.at}` : "";
  const again = commands.flatMap((command) => [...codec.encode(command)]);
  const hasReserved = again.some((byte, index) => byte !== payload[index]);
  return { commands, problem: payload.length === 0 ? "no command" : problem, hasReserved };
}

const PROBLEM = {
  truncated: "a command ends too early",
  unknownCommand: "an unknown command, or bytes too many",
  notAlone: "a command that has to be alone",
} as const;

/** The forms that servers read: ChirpStack's differ where an error leaves bytes out. */
export const readMulticastSetup = (payload: Uint8Array, packages: 1 | 2) =>
  readIn(payload, packages === 1 ? [mcUplinkV1] : [mcUplinkV2, mcUplinkChirpstack]);
export const readFragmentation = (payload: Uint8Array, packages: 1 | 2) =>
  packages === 1
    ? readIn(payload, [fragUplinkV1])
    : readIn(payload, [fragUplinkV2, fragUplinkV2Chirpstack]);
export const readClockSync = (payload: Uint8Array) => readIn(payload, [clockSyncUplink]);
export const readFirmwareManagement = (payload: Uint8Array) => readIn(payload, [fwUplink]);

/** Ports of the packages, by the identifier of each (TS003 to TS006 PackageVersionAns). */
export const PACKAGE_IDENTIFIERS: ReadonlyMap<number, number> = new Map([
  [CLOCK_SYNC_PORT, 1],
  [MULTICAST_SETUP_PORT, 2],
  [FRAG_PORT, 3],
  [FIRMWARE_MANAGEMENT_PORT, 4],
]);
