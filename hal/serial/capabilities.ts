import type { DialectName } from "./dialect.ts";
import { type FirmwareVersion, isAtLeast } from "./rui-version.ts";

/** What an agent may promise a server on such a modem. */
export interface Capabilities {
  /** Multicast groups at a time. */
  readonly mcGroups: number;
  /** `own`: each group says its frequency and data rate; `rx2`: those of RX2; `viaRx2`: RX2 can be moved. */
  readonly mcTuning: "own" | "viaRx2" | "rx2" | "none";
  /** Whether the first frame counter of a group can be told to it. */
  readonly mcInitialFCnt: boolean;
  /** Whether a downlink says that it was multicast. */
  readonly saysMulticast: boolean;
  /** Whether a downlink says its window. */
  readonly saysWindow: boolean;
  readonly timeSync: "1s" | "ms" | "none";
  /** Whether the end of an unconfirmed uplink is told. */
  readonly saysSent: boolean;
  /** Longest payload that fits a command line. */
  readonly payloadMaxBytes: number;
}

const none: Capabilities = {
  mcGroups: 0,
  mcTuning: "none",
  mcInitialFCnt: false,
  saysMulticast: false,
  saysWindow: false,
  timeSync: "none",
  saysSent: true,
  payloadMaxBytes: 242,
};

/** Since when RUI3 ends an unconfirmed uplink with TX_DONE in every build. */
const TX_DONE_SINCE: FirmwareVersion = [4, 0, 4];
/** Since when RUI3 can be asked for the network's time and says how it went. */
const TIMEREQ_SINCE: FirmwareVersion = [3, 5, 0];

export function capabilitiesOf(
  dialect: DialectName,
  version: FirmwareVersion | undefined,
): Capabilities {
  const since = (first: FirmwareVersion) => version !== undefined && isAtLeast(version, first);
  switch (dialect) {
    case "rui3":
      return {
        mcGroups: 4,
        mcTuning: "own",
        mcInitialFCnt: false,
        saysMulticast: true,
        saysWindow: true,
        timeSync: since(TIMEREQ_SINCE) ? "1s" : "none",
        saysSent: since(TX_DONE_SINCE),
        payloadMaxBytes: 250,
      };
    case "rak3172v1":
      return {
        ...none,
        mcGroups: 4,
        mcTuning: "own",
        saysMulticast: true,
        saysWindow: true,
        timeSync: "1s",
        saysSent: false,
      };
    case "e5":
      return {
        ...none,
        mcGroups: 1,
        mcTuning: "viaRx2",
        mcInitialFCnt: true,
        saysMulticast: true,
        saysWindow: true,
        timeSync: "ms",
      };
    case "classic":
      return { ...none, mcGroups: 1, mcTuning: "rx2", payloadMaxBytes: 118 };
    case "stAtSlave":
      return { ...none, saysMulticast: true, saysWindow: true, timeSync: "1s", saysSent: false };
    case "rn2483":
      return { ...none, mcGroups: 1, mcTuning: "rx2", mcInitialFCnt: true };
    default:
      return dialect satisfies never;
  }
}
