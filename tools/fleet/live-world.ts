import { NodeCrypto } from "#hal/node/crypto.ts";
import type { Crypto } from "#hal/ports.ts";
import type { ResolvedScenario } from "#scenarios/defaults.ts";
import type { AirRecord } from "#sim/fleet/air-record.ts";
import { type FirmwarePair, makeFirmware } from "#sim/fleet/firmware.ts";
import { LiveFleet, type LiveFleetInput } from "#sim/fleet/live-fleet.ts";
import { type DeviceResult, resultOf, type ServerView } from "#sim/fleet/result.ts";
import {
  type FirmwareFacts,
  type FleetImages,
  firmwareFacts,
  fleetImages,
  kindOf,
} from "#sim/fleet/roster.ts";
import type { Member } from "#sim/fleet/spawn.ts";
import type { ReportedCell } from "#tools/report/schema.ts";
import { signerOf } from "#tools/run/images.ts";
import type { SuppliedFirmware } from "#tools/run/simulation.ts";

/** What decides a live world beside scenario, seed, firmware and server. */
export type LiveParameters = Pick<
  LiveFleetInput,
  "gpsAtStart" | "gateways" | "statsIntervalS" | "isLenient" | "acknowledges" | "joinSpreadS"
>;

/** Changes nothing in it. */
export type Watching = Pick<LiveFleetInput, "tap" | "isSurveyed">;

export interface LiveSpec {
  readonly scenario: ResolvedScenario;
  readonly seed: number;
  readonly firmware: SuppliedFirmware | undefined;
}

/** The images of a live run. */
export interface LiveImages {
  readonly firmware: FirmwarePair;
  readonly images: FleetImages;
  readonly facts: FirmwareFacts;
  readonly crypto: Crypto;
}

export type LiveDeviceResult = DeviceResult & { readonly air: AirRecord };

export function makeLiveImages({ scenario, seed, firmware: supplied }: LiveSpec): LiveImages {
  const crypto = new NodeCrypto();
  const signer = signerOf(seed, scenario.firmware.signature);
  const firmware = makeFirmware(scenario.firmware, seed, signer, crypto, supplied);
  const images = fleetImages(firmware, crypto);
  const facts = firmwareFacts(firmware, images, scenario.firmware.version, crypto);
  return { firmware, images, facts, crypto };
}

/** Not switched on yet. Equal input and equal commands at equal times make equal events. */
export function makeLiveFleet(
  { scenario, seed }: LiveSpec,
  { firmware, images, crypto }: LiveImages,
  parameters: LiveParameters,
  emit: LiveFleetInput["emit"],
  watching: Watching = {},
): LiveFleet {
  const { devices } = scenario;
  return new LiveFleet({
    ...parameters,
    scenario,
    seed,
    members: Array.from({ length: devices.count }, (_, id) => ({
      id,
      kind: kindOf(devices, seed, id),
    })),
    firmware,
    factoryImage: images.factory,
    updateHash: images.updateHash,
    crypto,
    emit,
    ...watching,
  });
}

export function liveResultOf(fleet: LiveFleet, member: Member, view: ServerView): LiveDeviceResult {
  const result = resultOf(member, { kind: member.kind.name, cell: 0 }, view);
  return { ...result, air: fleet.airOf(member) };
}

/** The whole fleet. Real time has no trace that would come out the same again. */
export function liveCellOf(fleet: LiveFleet, wallSeconds: number): ReportedCell {
  const { members, engine, airtime } = fleet;
  return {
    index: 0,
    devices: members.length,
    events: engine.events,
    virtualSeconds: Math.round(wallSeconds),
    traceHash: "",
    airtime,
  };
}
