/**
 * What ThingsBoard (4.1 and later) does that its documentation does not say, or says otherwise. Each
 * can be turned off: the server then does what a client may have been written against.
 */
export const QUIRKS = {
  /** A chunk past the end is 200 without a byte; off: 404. */
  emptyPastEnd: true,
  /** Whoever asks too often gets 500; off: 429. */
  rateLimitIs500: true,
  /** A long poll ends with 503 after 30 s, whatever its own time-out; off: 408 at its own. */
  longPollEndsAt30s: true,
  /** An assignment is told in two messages, in no fixed order; off: in one. */
  tellsTwice: true,
  /** Text in telemetry that reads like a number is stored as one; off: as it came. */
  castsNumbers: true,
  /** Assigning what is assigned already tells nobody; off: it is told again. */
  ignoresSameId: true,
  /** One device every 600 ms is told of an assignment; off: all at once. */
  throttles: true,
  /** Devices that were still to be told are forgotten in a restart; off: they are told after it. */
  forgetsQueue: true,
  /** MQTT publishes to the device whether it has subscribed or not; off: only if it has. */
  publishesUnasked: true,
  /** CONNACK tells of a session that is not kept; off: it says that there is none. */
  liesOfSession: true,
  /** A chunk request by MQTT that is no plain number ends the connection; off: `{"chunkSize":n}` does as well. */
  jsonCloses: true,
  /** A chunk request without a size takes that of the one before; off: it is for the whole file. */
  remembersSize: true,
  /** A request id stands for the package that was assigned at its first use; off: for the one assigned now. */
  keepsPackage: true,
  /** After an hour, a request id gives empty chunks; off: it gives what it stands for. */
  cacheExpires: true,
  /** Errors with software come on the firmware's topic; off: on `v2/sw/error`. */
  errorsOnFw: true,
  /** A second session of a device ends the first; off: both live. */
  kicksOlderSession: true,
  /** CoAP acknowledges a request and answers it in a message of its own; off: in one. */
  answersApart: true,
  /** A chunk past the end is acknowledged and never answered by CoAP; off: 2.05 without a byte. */
  silentPastEnd: true,
  /** A block of a transfer that the server does not know any more is never answered; off: it is given. */
  forgetsBlocks: true,
  /** Asked for in blocks, a chunk of at most six bytes always has more to follow; off: it ends. */
  shortBlocksGoOn: true,
  /** The first of several blocks says how large the whole is; off: it does not. */
  saysSize2: true,
  /** None of the attributes exists: 4.04 by CoAP; off: 2.05 with `{}`. */
  noAttributesIs404: true,
  /** Who observes gets all shared attributes without `shared` around them at first; off: with it. */
  observesFlat: true,
  /** Chunks by CoAP have no Content-Format; off: application/octet-stream. */
  noContentFormat: true,
} as const;

export type Quirk = keyof typeof QUIRKS;
export type Quirks = Readonly<Record<Quirk, boolean>>;

export function isQuirk(name: string): name is Quirk {
  return Object.hasOwn(QUIRKS, name);
}
