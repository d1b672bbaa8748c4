import type { GpsSeconds } from "#hal/ports.ts";
import type { ParityVariant } from "./fec/rows.ts";
import type { ImagePolicy } from "./image/verify.ts";
import type { LorawanVersion } from "./keys/multicast.ts";
import type { ClockSyncQuirks } from "./packages/clock-sync.ts";
import type { RegionLimits } from "./packages/region-limits.ts";

/** When a verified and staged image is booted. A reset for another reason boots it as well. */
export type ActivationPolicy =
  /** After the status of the session was answered, or after `timeoutS` without a request. */
  | { readonly policy: "afterStatus"; readonly timeoutS: number }
  /** After the random delay that the session's BlockAckDelay asks for. */
  | { readonly policy: "immediate" }
  /** By a reboot command of TS006. */
  | { readonly policy: "onCommand" }
  | { readonly policy: "atTime"; readonly gps: GpsSeconds };

/** Which images a device takes, besides what its boot record forbids. */
export interface DeviceImagePolicy extends Pick<ImagePolicy, "keys" | "vendorId" | "classId"> {
  /**
   * Where images run: those built for another address (ROM_FIXED) are refused. Left out, a bank remap
   * runs an image from either bank, and what address it was built for is not looked at.
   */
  readonly runsAt?:
    | { readonly bankRemap: true; readonly address: number }
    /** Each bank where it lies, byte 0 of the flash at `flashAddress`. */
    | { readonly bankRemap: false; readonly flashAddress: number };
  /**
   * `notLower`: than the one that runs, builds aside. `any`, if left out: as in MCUboot, what must not
   * come back is told by the security counter alone.
   */
  readonly versionPolicy?: "any" | "notLower";
}

/** Ways of other stacks. Left out: as the specifications have it. */
export interface Quirks {
  /** Answers in the padded forms that ChirpStack v4 insists on. */
  readonly chirpstackAnswers: boolean;
  /** Puts several answers for one port into one uplink. */
  readonly aggregateAnswers: boolean;
  /** Longest uplink of a package; what does not fit beside the answer before it is not said. */
  readonly answerBytesMax?: number | undefined;
  /** Multicast contexts, 1 to 4. */
  readonly mcGroups?: number | undefined;
  /** SessionCntPrev is kept in RAM only. */
  readonly forgetsSessionCnt?: boolean | undefined;
  readonly clockSync?: ClockSyncQuirks | undefined;
}

/** How one kind of device is built and provisioned. */
export interface DeviceConfig {
  readonly packages: {
    readonly clockSync: 1 | 2;
    readonly multicastSetup: 1 | 2;
    readonly fragmentation: 1 | 2;
  };
  readonly lorawan: LorawanVersion;
  /** GenAppKey on 1.0.x, AppKey on 1.1. */
  readonly rootSecret: Uint8Array;
  readonly parityVariant: ParityVariant;
  readonly decoder: {
    /** Most missing fragments that it can solve for. */
    readonly matrixRows: number;
    /** Coded fragments that it keeps; less if the scratch region is smaller. */
    readonly scratchFragments: number;
  };
  readonly activation: ActivationPolicy;
  /** Period of the application uplink. */
  readonly heartbeatS: number;
  /** A new image that had no server contact by then resets itself. */
  readonly trialDeadlineS: number;
  readonly quirks: Quirks;
  readonly image: DeviceImagePolicy;
  readonly hardwareVersion: number;
  /** EU868 unless said otherwise. */
  readonly region?: RegionLimits;
  /** Descriptors (4 bytes) that a fragmentation session may have; any, if left out. */
  readonly descriptors?: readonly Uint8Array[];
  /**
   * Longest random delay before a status request that came by unicast is answered. If left out,
   * what the session's BlockAckDelay asks for.
   */
  readonly unicastStatusDelayMaxS?: number;
}
