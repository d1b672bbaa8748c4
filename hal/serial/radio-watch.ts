/** What the radio on a modem tells its owner, beside the events that a device knows. */

/** A link check tells the margin, a downlink the rest. */
export type LinkSignal =
  | { readonly type: "heard"; readonly rssiDbm: number; readonly snrDb: number }
  | { readonly type: "linkCheck"; readonly marginDb: number; readonly gateways: number };

export type RadioState =
  /** Class, groups, keys: as the device wants them. */
  | "configured"
  /** And joined, where the device wants that: nothing is missed any more. */
  | "ready"
  /** The modem has restarted, said so or not; it is being set up again. */
  | "restarted"
  /** A command went without an answer. */
  | "silent";
