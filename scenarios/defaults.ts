/** Every default of a scenario, in one place: what the file leaves out is filled in here. */
import type { CampaignSpec } from "./campaign-schema.ts";
import type { DeviceSpec } from "./device-schema.ts";
import type { LorawanRevision } from "./lorawan.ts";
import { fragSizeUsualBytes } from "./regions/payload.ts";
import type { RegionalSetting } from "./regions/region.ts";
import { regionOf } from "./regions/regions.ts";
import type { Scenario } from "./schema.ts";
import type { ServerSpec } from "./server-schema.ts";
import type { FaultSpec, LossSpec, RadioSpec } from "./trouble-schema.ts";

/** One kind of device, nothing left open. */
export interface ResolvedDevice {
  readonly lorawan: LorawanRevision;
  readonly activatedBy: "otaa" | "abp";
  /** Eight hex digits. */
  readonly firstDevAddr: string;
  readonly unicastClass: "A" | "C";
  readonly packages: "v1" | "v2";
  readonly parity: "auto" | "ts004-v1" | "ts004-v2-lbm" | "ts004-v2-spec";
  readonly uplinkIntervalS: number;
  readonly uplinkDr: number;
  readonly adr: boolean;
  readonly asksEvery: NonNullable<DeviceSpec["asksEvery"]>;
  readonly clockOffsetMaxS: number;
  readonly clockDriftMaxPpm: number;
  readonly matrixRows: number;
  /** Undefined: as many as the session can need. */
  readonly scratchFragments: number | undefined;
  readonly bankBytes: number;
  readonly granuleBytes: number;
  readonly activation: "afterStatus" | "immediate" | "onCommand";
  readonly boot: "banks" | "embassy";
  readonly attempts: number;
  readonly keys: "right" | "wrong";
  readonly currents: NonNullable<DeviceSpec["currents"]>;
  /** Bits that are set in the status of an answer. */
  readonly answerErrors: NonNullable<DeviceSpec["answerErrors"]>;
  /** What becomes of an answer on its way out. */
  readonly answerFaults: NonNullable<DeviceSpec["answerFaults"]>;
  /** The only descriptor that it accepts, eight hex digits; undefined: any. */
  readonly descriptor: string | undefined;
  readonly chirpstackAnswers: boolean;
}

export interface ResolvedKind {
  readonly name: string;
  /** Relative weight. */
  readonly share: number;
  readonly device: ResolvedDevice;
}

export interface ResolvedFirmware {
  readonly sizeBytes: number;
  readonly version: string;
  readonly signature: "ed25519" | "ecdsa-p256";
  readonly defect:
    | "none"
    | "crash"
    | "hang"
    | "noNetwork"
    | "badSignature"
    | "badDigest"
    | "truncated"
    | "wrongHardware"
    | "downgrade"
    /** The patch is one to another image than the fleet runs. */
    | "wrongBase";
  /** Undefined: the image itself is sent. */
  readonly deltaPercent: number | undefined;
}

export interface ResolvedCampaign {
  readonly fragSize: number;
  readonly redundancyPercent: number;
  readonly sessionClass: "B" | "C";
  readonly pingPeriodicity: number;
  readonly dr: number;
  readonly frequencyHz: number;
  readonly marginS: number;
  /** Undefined: margin and duty cycle decide. */
  readonly gapsS: readonly number[] | undefined;
  readonly maxRetries: number;
  /** Undefined: the smallest that fits the image; see `planSession`. */
  readonly timeoutExponent: number | undefined;
  readonly blockAckDelay: number;
  readonly rounds: number;
  readonly scheduling: "delay" | "gpsTime";
  /** Of the cell; each sends every fragment. */
  readonly gateways: number;
  readonly requestStatus: NonNullable<CampaignSpec["requestStatus"]>;
  /** Eight lower-case hex digits. */
  readonly descriptor: string;
  readonly dutyCyclePercent: number;
}

export type ResolvedLoss =
  | { readonly model: "bernoulli"; readonly probability: number }
  | {
      readonly model: "gilbertElliott";
      readonly goodToBad: number;
      readonly badToGood: number;
      readonly lossGood: number;
      readonly lossBad: number;
    }
  | { readonly model: "trace"; readonly lost: readonly (readonly number[])[] };

/** `sigmaDb` undefined: that of the path loss. */
export type ResolvedRadio = Required<Omit<RadioSpec, "sigmaDb" | "gateways">> & {
  readonly gateways: readonly { readonly xM: number; readonly yM: number }[];
  readonly sigmaDb?: number | undefined;
};

/** `gateway` undefined: all of them. */
export interface ResolvedOutage {
  readonly when: ResolvedTime;
  readonly forS: number;
  readonly gateway?: number;
}

/** A time of a cell: seconds from its start, or when fragment N has been on the air. */
export type ResolvedTime = { readonly atS: number } | { readonly atFragment: number };

export interface ResolvedFault {
  readonly kind: FaultSpec["kind"];
  readonly share: number;
  readonly when: ResolvedTime;
  readonly forS: number;
  /** Of flash: operations that fail, or bits that are lost. */
  readonly times: number;
}

export interface ResolvedScenario {
  readonly name: string;
  readonly description: string;
  readonly seed: number;
  readonly regional: RegionalSetting;
  readonly devices: {
    readonly count: number;
    readonly perCell: number;
    /** At least one. */
    readonly kinds: readonly ResolvedKind[];
  };
  readonly firmware: ResolvedFirmware;
  readonly campaign: ResolvedCampaign;
  readonly air: {
    readonly multicastLoss: ResolvedLoss;
    readonly unicastLoss: ResolvedLoss;
    readonly sharedLoss: ResolvedLoss;
    readonly outages: readonly ResolvedOutage[];
    readonly beaconLoss: ResolvedLoss;
    readonly beaconOutages: readonly { readonly when: ResolvedTime; readonly forS: number }[];
    /** Undefined: everything is heard. */
    readonly radio: ResolvedRadio | undefined;
    readonly classADutyCycle: boolean;
  };
  readonly server: ServerSpec;
  readonly faults: readonly ResolvedFault[];
  readonly expect: Scenario["expect"];
}

const NO_LOSS: ResolvedLoss = { model: "bernoulli", probability: 0 };

const DEVICE: Omit<ResolvedDevice, "uplinkDr"> = {
  lorawan: "1.0",
  activatedBy: "otaa",
  firstDevAddr: "01000000",
  unicastClass: "A",
  packages: "v1",
  parity: "auto",
  uplinkIntervalS: 600,
  adr: false,
  asksEvery: {},
  clockOffsetMaxS: 3600,
  clockDriftMaxPpm: 20,
  matrixRows: 16_383,
  scratchFragments: undefined,
  bankBytes: 262_144,
  granuleBytes: 8,
  activation: "afterStatus",
  boot: "banks",
  attempts: 3,
  keys: "right",
  currents: "ns3",
  answerErrors: {},
  answerFaults: {},
  descriptor: undefined,
  chirpstackAnswers: true,
};

const RADIO = {
  gateways: [{ xM: 0, yM: 0 }],
  shadowing: "frame",
  gatewayDbm: 27,
  deviceDbm: 14,
  capture: "6dB",
  demodulators: 8,
} as const;

/** Fills in everything a valid scenario leaves out. */
export function resolveScenario(scenario: Scenario): ResolvedScenario {
  const { devices, air = {} } = scenario;
  const regional = resolveRegional(scenario);
  const { uplinkDr } = regional.region.usual;
  const device: ResolvedDevice = { ...DEVICE, uplinkDr, ...devices.defaults };
  return {
    name: scenario.name,
    description: scenario.description ?? "",
    seed: scenario.seed ?? 1,
    regional,
    devices: {
      count: devices.count,
      perCell: devices.perCell ?? devices.count,
      kinds: kindsOf(device, devices.mix),
    },
    firmware: {
      sizeBytes: 32_768,
      version: "2.0.0",
      signature: "ed25519",
      defect: "none",
      deltaPercent: undefined,
      ...scenario.firmware,
    },
    campaign: resolveCampaign(scenario.campaign, regional, air.radio?.gateways?.length ?? 1),
    air: {
      multicastLoss: resolveLoss(air.multicastLoss),
      unicastLoss: resolveLoss(air.unicastLoss),
      sharedLoss: resolveLoss(air.sharedLoss),
      outages: air.outages ?? [],
      beaconLoss: resolveLoss(air.beaconLoss),
      beaconOutages: air.beaconOutages ?? [],
      radio: air.radio && { ...RADIO, ...air.radio },
      classADutyCycle: air.classADutyCycle ?? true,
    },
    server: scenario.server ?? {},
    faults: (scenario.faults ?? []).map((fault) => ({ forS: 10, times: 1, ...fault })),
    expect: scenario.expect,
  };
}

function kindsOf(
  defaults: ResolvedDevice,
  mix: readonly { name: string; share: number; device: DeviceSpec }[] | undefined,
): readonly ResolvedKind[] {
  if (mix === undefined) return [{ name: "device", share: 1, device: defaults }];
  return mix.map((kind) => ({
    name: kind.name,
    share: kind.share,
    device: { ...defaults, ...kind.device },
  }));
}

function resolveRegional({ region, subBand, dwellTime }: Scenario): RegionalSetting {
  return {
    region: regionOf(region ?? "EU868"),
    subBand,
    dwell: { uplink: false, downlink: false, ...dwellTime },
  };
}

function resolveCampaign(
  campaign: CampaignSpec,
  { region, dwell }: RegionalSetting,
  gateways: number,
): ResolvedCampaign {
  const { sessionClass = "C" } = campaign;
  const { pingSlot } = region.classB;
  const isClassB = sessionClass === "B";
  const dr = campaign.dr ?? (isClassB ? pingSlot.dr : region.usual.multicastDr);
  const [pingHz = region.rx2.frequencyHz] = pingSlot.frequenciesHz;
  return {
    gateways,
    sessionClass,
    pingPeriodicity: 0,
    fragSize: fragSizeUsualBytes(region, dr, dwell.downlink),
    dr,
    frequencyHz: isClassB ? pingHz : region.rx2.frequencyHz,
    marginS: 5,
    gapsS: undefined,
    maxRetries: 5,
    rounds: 1,
    scheduling: "delay",
    timeoutExponent: undefined,
    blockAckDelay: 0,
    requestStatus: "afterSessionTimeout",
    dutyCyclePercent: region.usual.gatewayDutyCyclePercent,
    ...campaign,
    descriptor: (campaign.descriptor ?? "00000000").toLowerCase(),
  };
}

function resolveLoss(loss: LossSpec | undefined): ResolvedLoss {
  if (loss === undefined) return NO_LOSS;
  if (loss.model !== "gilbertElliott") return loss;
  return { lossGood: 0, lossBad: 1, ...loss };
}
