/** Every default of a scenario, in one place: what the file leaves out is filled in here. */
import { type ResolvedAir, type ResolvedFault, resolveAir } from "./air-defaults.ts";
import type { CampaignSpec } from "./campaign-schema.ts";
import type { DeviceSpec, PersonaName } from "./device-schema.ts";
import type { LorawanRevision, UnicastClass } from "./lorawan.ts";
import { fragSizeUsualBytes } from "./regions/payload.ts";
import type { RegionalSetting } from "./regions/region.ts";
import { regionOf } from "./regions/regions.ts";
import type { Scenario } from "./schema.ts";
import type { ServerSpec } from "./server-schema.ts";

/** One kind of device, nothing left open. */
export interface ResolvedDevice {
  readonly persona: PersonaName;
  readonly lorawan: LorawanRevision;
  readonly activatedBy: "otaa" | "abp";
  /** Eight hex digits. */
  readonly firstDevAddr: string;
  readonly unicastClass: UnicastClass;
  readonly pingPeriodicity: number;
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
  readonly per: "kind" | "versions";
  /** As the server has it. Undefined: the longest that devices have. */
  readonly uplinkIntervalS: number | undefined;
  readonly rounds: number;
  readonly scheduling: "delay" | "gpsTime";
  /** Of the cell; each sends every fragment. */
  readonly gateways: number;
  readonly requestStatus: NonNullable<CampaignSpec["requestStatus"]>;
  /** Eight lower-case hex digits. */
  readonly descriptor: string;
  readonly dutyCyclePercent: number;
}

export interface ResolvedScenario {
  readonly name: string;
  readonly description: string;
  readonly seed: number;
  readonly regional: RegionalSetting;
  readonly devices: {
    readonly count: number;
    readonly perCell: number;
    readonly dealt: "drawn" | "inTurn";
    /** At least one. */
    readonly kinds: readonly ResolvedKind[];
  };
  readonly firmware: ResolvedFirmware;
  readonly campaign: ResolvedCampaign;
  readonly air: ResolvedAir;
  readonly server: ServerSpec;
  readonly faults: readonly ResolvedFault[];
  readonly expect: Scenario["expect"];
}

const DEVICE: Omit<ResolvedDevice, "uplinkDr"> = {
  persona: "reference",
  lorawan: "1.0",
  activatedBy: "otaa",
  firstDevAddr: "01000000",
  unicastClass: "A",
  pingPeriodicity: 3,
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
      dealt: devices.dealt ?? "drawn",
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
    air: resolveAir(air),
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
    per: "kind",
    uplinkIntervalS: undefined,
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
