/** What goes wrong on the air and at gateways, and the defaults of it. */
import type { Scenario } from "./schema.ts";
import type { FaultSpec, LossSpec, RadioSpec } from "./trouble-schema.ts";

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

/** How a simulated gateway behaves towards a real server. `forS` undefined: for good. */
export interface ResolvedGateway {
  readonly acks: "sent" | "none" | "refused";
  readonly forS: number | undefined;
  readonly gpsErrorS: number;
  readonly counterRestartS: number | undefined;
}

/** In degrees. */
export interface ResolvedLocation {
  readonly latitude: number;
  readonly longitude: number;
  readonly altitudeM: number;
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

export interface ResolvedAir {
  readonly multicastLoss: ResolvedLoss;
  readonly unicastLoss: ResolvedLoss;
  readonly sharedLoss: ResolvedLoss;
  readonly outages: readonly ResolvedOutage[];
  /** Of a live fleet, taken in turn. At least one. */
  readonly gateways: readonly ResolvedGateway[];
  /** Middle of a live fleet's gateways. Undefined: they are nowhere. */
  readonly location: ResolvedLocation | undefined;
  readonly beaconLoss: ResolvedLoss;
  readonly beaconOutages: readonly { readonly when: ResolvedTime; readonly forS: number }[];
  /** Undefined: everything is heard. */
  readonly radio: ResolvedRadio | undefined;
  readonly classADutyCycle: boolean;
}

const NO_LOSS: ResolvedLoss = { model: "bernoulli", probability: 0 };

const GATEWAY: ResolvedGateway = {
  acks: "sent",
  forS: undefined,
  gpsErrorS: 0,
  counterRestartS: undefined,
};

const RADIO = {
  gateways: [{ xM: 0, yM: 0 }],
  shadowing: "frame",
  gatewayDbm: 27,
  deviceDbm: 14,
  capture: "6dB",
  demodulators: 8,
} as const;

/** Fills in what a scenario leaves out about the air. */
export function resolveAir(air: NonNullable<Scenario["air"]>): ResolvedAir {
  return {
    multicastLoss: resolveLoss(air.multicastLoss),
    unicastLoss: resolveLoss(air.unicastLoss),
    sharedLoss: resolveLoss(air.sharedLoss),
    outages: air.outages ?? [],
    gateways: (air.gateways ?? [{}]).map((gateway) => ({ ...GATEWAY, ...gateway })),
    location: air.location && { altitudeM: 0, ...air.location },
    beaconLoss: resolveLoss(air.beaconLoss),
    beaconOutages: air.beaconOutages ?? [],
    radio: air.radio && { ...RADIO, ...air.radio },
    classADutyCycle: air.classADutyCycle ?? true,
  };
}

function resolveLoss(loss: LossSpec | undefined): ResolvedLoss {
  if (loss === undefined) return NO_LOSS;
  if (loss.model !== "gilbertElliott") return loss;
  return { lossGood: 0, lossBad: 1, ...loss };
}
