import { swapStateBytesFor } from "#agent/boot/embassy-layout.ts";
import { type FlashLayout, layoutOf, SECTOR_BYTES } from "#agent/boot/layout.ts";
import type { DeviceConfig } from "#agent/config.ts";
import type { ParityVariant } from "#agent/fec/rows.ts";
import { journalBytesFor } from "#agent/journal/sizing.ts";
import type { RegionLimits } from "#agent/packages/region-limits.ts";
import type { ResolvedDevice } from "#scenarios/defaults.ts";
import type { Region } from "#scenarios/regions/region.ts";
import { type CurrentModel, NS3_CURRENTS, NUCLEO_WL55_CURRENTS } from "#sim/air/energy.ts";
import { isDownlinkDr, isDownlinkFrequency } from "#sim/air/regional.ts";
import { CLASS_ID, type FirmwarePair } from "./firmware.ts";

/** Time a device that holds a verified image waits for the status request before it reboots. */
const ACTIVATION_TIMEOUT_S = 7200;
const TRIAL_DEADLINE_S = 600;
/** Scratch when the scenario does not say: enough for half as many fragments as the bank holds. */
const SCRATCH_BYTES_MIN = 16_384;

export function parityVariantOf(
  device: Pick<ResolvedDevice, "parity" | "packages">,
): ParityVariant {
  if (device.parity !== "auto") return device.parity;
  return device.packages === "v1" ? "ts004-v1" : "ts004-v2-lbm";
}

/** Pairs of hex digits. */
export function bytesOf(hex: string): Uint8Array {
  const pairs = hex.match(/../g) ?? [];
  return Uint8Array.from(pairs, (pair) => Number.parseInt(pair, 16));
}

export function currentsOf({ currents }: Pick<ResolvedDevice, "currents">): CurrentModel {
  if (currents === "ns3") return NS3_CURRENTS;
  if (currents === "nucleo-wl55jc1") return NUCLEO_WL55_CURRENTS;
  const { txMa, rxMa, standbyMa, sleepMa, supplyV } = currents;
  const nanoamperes = (milliamperes: number) => Math.round(milliamperes * 1e6);
  return {
    txNa: nanoamperes(txMa),
    rxNa: nanoamperes(rxMa),
    standbyNa: nanoamperes(standbyMa),
    sleepNa: nanoamperes(sleepMa),
    supplyMv: Math.round(supplyV * 1000),
  };
}

/** Flash of a device that has to take `nbFrag` fragments of `fragSize` bytes. */
export function layoutFor(device: ResolvedDevice, nbFrag: number, fragSize: number): FlashLayout {
  const scratchFragments = device.scratchFragments ?? nbFrag;
  const shape = { nbFrag, fragSize, padding: 1 };
  const pages = Math.ceil(device.bankBytes / SECTOR_BYTES);
  return layoutOf({
    bankBytes: device.bankBytes,
    journalBytes: journalBytesFor(shape, scratchFragments, device.granuleBytes, SECTOR_BYTES),
    swapStateBytes: device.boot === "embassy" ? swapStateBytesFor(pages, device.granuleBytes) : 0,
    // The last sector is the spare in which a sector of the bank is rewritten.
    scratchBytes: SECTOR_BYTES + Math.max(SCRATCH_BYTES_MIN, scratchFragments * (fragSize + 32)),
  });
}

/** What the agent lets a multicast session ask of the radio. */
export function regionLimits(region: Region): RegionLimits {
  return {
    validMcDr: (dr) => isDownlinkDr(region, dr),
    validFrequency: (frequencyHz) => isDownlinkFrequency(region, frequencyHz),
  };
}

export function deviceConfigOf(
  device: ResolvedDevice,
  rootSecret: Uint8Array,
  { keys, defect }: Pick<FirmwarePair, "keys" | "defect">,
  region: RegionLimits,
): DeviceConfig {
  const version = device.packages === "v1" ? 1 : 2;
  return {
    packages: { clockSync: version, multicastSetup: version, fragmentation: version },
    lorawan: device.lorawan,
    rootSecret,
    parityVariant: parityVariantOf(device),
    decoder: {
      matrixRows: device.matrixRows,
      scratchFragments: device.scratchFragments ?? 16_383,
    },
    activation:
      device.activation === "afterStatus"
        ? { policy: "afterStatus", timeoutS: ACTIVATION_TIMEOUT_S }
        : { policy: device.activation },
    heartbeatS: device.uplinkIntervalS,
    trialDeadlineS: TRIAL_DEADLINE_S,
    quirks: { chirpstackAnswers: device.chirpstackAnswers, aggregateAnswers: false },
    // Images need not say what hardware they are for, unless that is what a run is about.
    image: defect === "wrongHardware" ? { keys, classId: CLASS_ID } : { keys },
    hardwareVersion: 1,
    ...(device.descriptor === undefined ? {} : { descriptors: [bytesOf(device.descriptor)] }),
    region,
  };
}
