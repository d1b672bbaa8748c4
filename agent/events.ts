/**
 * The whole vocabulary between the device and the world: what may happen to it, and what it may
 * ask for. Plain data only, so that a run can be recorded, hashed and replayed.
 */
import type { GpsSeconds, UptimeUs } from "#hal/ports.ts";
import type { BootReport } from "./boot/strategy.ts";

export type TimerId =
  /** Next periodic AppTimeReq, or the next retry of an unanswered one. */
  | "clockSync"
  /** Delayed FragSessionStatusAns and FragDataBlockReceivedReq, per FragIndex. */
  | `fragAnswer${0 | 1 | 2 | 3}`
  | `fragReceived${0 | 1 | 2 | 3}`
  /** Start and end of a multicast session, per McGroupID. */
  | `mcStart${0 | 1 | 2 | 3}`
  | `mcEnd${0 | 1 | 2 | 3}`
  /** Periodic application uplink: fetches class A downlinks, and proves the image after a boot. */
  | "heartbeat"
  /** Activation policy: time-out of `afterStatus`, or the moment of `atTime`. */
  | "activation"
  /** Programmed reboot of TS006. */
  | "reboot"
  /** A trial that has not been confirmed by now resets itself. */
  | "trialDeadline";

export type DownlinkSource =
  | { readonly type: "unicast" }
  /** `fCnt` is the full 32-bit counter, MIC-checked and accepted by the MAC. */
  | { readonly type: "multicast"; readonly groupId: number; readonly fCnt: number };

export type DeviceEvent =
  /** First event of every life. The bootloader has already run. */
  | { readonly type: "boot"; readonly at: UptimeUs }
  /** The network is joined (now, or still: a modem may keep its session over a reboot). */
  | { readonly type: "joined"; readonly at: UptimeUs }
  | {
      readonly type: "downlink";
      readonly at: UptimeUs;
      readonly fPort: number;
      /** Decrypted. Shared between receivers and never written to; copy to keep. */
      readonly payload: Uint8Array;
      readonly source: DownlinkSource;
      /** FPending: the server has more class A downlinks. */
      readonly morePending: boolean;
    }
  /** A MIC-valid downlink without application payload (an ACK, MAC commands, FPort 0). */
  | { readonly type: "contact"; readonly at: UptimeUs; readonly morePending: boolean }
  /** Answer to a `requestUplink`: the modem can transmit now. The device pushes one `uplink`. */
  | { readonly type: "uplinkReady"; readonly at: UptimeUs; readonly payloadMaxBytes: number }
  /** The uplink was transmitted and its receive windows are over. */
  | { readonly type: "uplinkDone"; readonly at: UptimeUs }
  | { readonly type: "timer"; readonly at: UptimeUs; readonly id: TimerId }
  /** What surrounds the device has something to say: it waits like an answer of a package. */
  | {
      readonly type: "say";
      readonly at: UptimeUs;
      readonly fPort: number;
      readonly payload: Uint8Array;
    };

export type DeviceEffect =
  /** Join unless already joined; the world answers with `joined` and retries by itself. */
  | { readonly type: "join" }
  /**
   * The device has something to say. The world answers with `uplinkReady` as soon as duty cycle and
   * receive windows allow, so that time-dependent fields are as fresh as the frame that holds them.
   */
  | { readonly type: "requestUplink" }
  /** Only during `uplinkReady`. Sent at once. */
  | {
      readonly type: "uplink";
      readonly fPort: number;
      readonly payload: Uint8Array;
      readonly confirmed: boolean;
    }
  /** Arms or re-arms one timer, on the device's own clock. */
  | { readonly type: "setTimer"; readonly id: TimerId; readonly at: UptimeUs }
  | { readonly type: "clearTimer"; readonly id: TimerId }
  /** Programs a multicast context into the modem. */
  | {
      readonly type: "setMcGroup";
      readonly groupId: number;
      readonly mcAddr: number;
      readonly mcNwkSKey: Uint8Array;
      readonly mcAppSKey: Uint8Array;
      readonly minMcFCnt: number;
      readonly maxMcFCnt: number;
      /** Lowest counter still acceptable: `minMcFCnt`, or more after a reboot. */
      readonly nextMcFCnt: number;
    }
  | { readonly type: "deleteMcGroup"; readonly groupId: number }
  /** Opens the class C window of a group until `stopClassC`. */
  | {
      readonly type: "startClassC";
      readonly groupId: number;
      readonly frequencyHz: number;
      readonly dr: number;
    }
  | { readonly type: "stopClassC"; readonly groupId: number }
  /** Finds the beacon and listens in the ping slots of a group until `stopClassB`. */
  | {
      readonly type: "startClassB";
      readonly groupId: number;
      /** 0: the beacon-hopping channels of the region. */
      readonly frequencyHz: number;
      readonly dr: number;
      /** 2^(7 - periodicity) slots per beacon period. */
      readonly periodicity: number;
    }
  | { readonly type: "stopClassB"; readonly groupId: number }
  /** Reset now: the world runs the bootloader and starts a new life. */
  | { readonly type: "reboot"; readonly reason: RebootReason }
  /** Something a person would like to see in a trace; changes nothing. */
  | { readonly type: "note"; readonly note: DeviceNote };

export type RebootReason = "activate" | "command" | "trialDeadline" | "rollback";

/** State changes worth a line in a timeline. Times are the world's to add. */
export type DeviceNote =
  | { readonly type: "booted"; readonly report: BootReport }
  | { readonly type: "clockSynced"; readonly gps: GpsSeconds; readonly correctionS: number }
  | { readonly type: "mcGroupSetup"; readonly groupId: number; readonly ok: boolean }
  | {
      readonly type: "mcSession";
      readonly groupId: number;
      readonly state: McSessionNote;
      /** Left out: class C. */
      readonly sessionClass?: "B";
    }
  | { readonly type: "fragSetup"; readonly fragIndex: number; readonly errors: number }
  | { readonly type: "fragComplete"; readonly fragIndex: number; readonly received: number }
  | { readonly type: "fragFailed"; readonly fragIndex: number; readonly reason: FailureReason }
  /** The block was a patch of that size; the bank holds the image that it makes. */
  | { readonly type: "patchApplied"; readonly patchBytes: number }
  | { readonly type: "imageVerified"; readonly version: string }
  | { readonly type: "imageRefused"; readonly reason: FailureReason; readonly detail: string }
  | { readonly type: "staged" }
  | { readonly type: "confirmed" }
  | { readonly type: "resumed"; readonly fragIndex: number; readonly received: number };

export type McSessionNote = "programmed" | "refused" | "started" | "ended";

/** Why a device did not make it; the `reason` column of every report. */
export type FailureReason =
  | "neverJoined"
  | "missedSetup"
  | "lateStart"
  | "shortOfRows"
  | "twinColumns"
  | "matrixFull"
  | "wrongVariant"
  | "mic"
  | "digest"
  | "signature"
  | "imageFormat"
  | "downgrade"
  | "wrongHardware"
  | "storage"
  /** A patch, but not one to the image that runs. */
  | "wrongBase"
  | "patchFormat"
  | "rolledBack"
  | "bricked"
  | "notActivated"
  /** The device refused a set-up request, as it should or as its scenario says. */
  | "refusedSession";
