/** The defaults of pulling devices. */
import type { PullSpec } from "./pull-schema.ts";

type Filled<Spec> = { readonly [Key in keyof Spec]-?: Exclude<Spec[Key], undefined> };
type PullServerSpec = NonNullable<PullSpec["server"]>;

/** Seconds of a cell, or a chunk that a device is given for the first time. */
export type PullTime = { readonly atS: number } | { readonly atChunk: number };

export interface ResolvedPullFault {
  readonly kind: NonNullable<PullSpec["faults"]>[number]["kind"];
  readonly share: number;
  readonly when: PullTime;
  readonly forS: number;
  readonly times: number;
}

type Plain = Omit<
  Filled<PullSpec>,
  "bankBytes" | "backOff" | "link" | "package" | "server" | "faults"
>;

/** One group of pulling devices, nothing left open. */
export interface ResolvedPull extends Plain {
  /** Undefined: what the image needs. */
  readonly bankBytes: number | undefined;
  readonly backOff: Filled<NonNullable<PullSpec["backOff"]>>;
  readonly link: Omit<Filled<NonNullable<PullSpec["link"]>>, "bytesPerS"> & {
    /** Undefined: no limit. */
    readonly bytesPerS: number | undefined;
  };
  readonly package: {
    readonly title: string;
    /** Undefined: what the image says. */
    readonly version: string | undefined;
    readonly tag: string | undefined;
    readonly checksum: Filled<NonNullable<PullSpec["package"]>>["checksum"];
  };
  readonly server: {
    readonly assignAtS: number;
    readonly earlier: { readonly version: string; readonly until: PullTime } | undefined;
    readonly tellEveryMs: number;
    readonly rateLimit: PullServerSpec["rateLimit"];
    readonly restarts: Filled<PullServerSpec>["restarts"];
    readonly without: readonly string[];
    readonly chunkFaults: Filled<PullServerSpec>["chunkFaults"];
  };
  readonly faults: readonly ResolvedPullFault[];
}

const TITLE = "fw";
/** As ThingsBoard does unless configured otherwise. */
export const TELLS_EVERY_MS = 600;
/** What the server gives in one datagram. */
export const COAP_CHUNK_BYTES_MAX = 1024;

export function resolvePull(spec: PullSpec): ResolvedPull {
  const { link, server, backOff, package: named, faults = [], ...own } = spec;
  const title = spec.title ?? TITLE;
  return {
    perCell: spec.count,
    transport: "http",
    longPolls: false,
    software: false,
    token: "right",
    chunkBytes: spec.transport === "coap" ? COAP_CHUNK_BYTES_MAX : 16_384,
    bankBytes: undefined,
    granuleBytes: 8,
    attempts: 3,
    answerTimeoutS: 10,
    pollS: 300,
    startDelayMaxS: 600,
    trialDeadlineS: 600,
    untilS: 86_400,
    ...own,
    title,
    backOff: { firstS: 1, maxS: 300, ...backOff },
    link: {
      latencyMs: { min: 20, max: 80 },
      loss: 0,
      duplicates: 0,
      truncation: 0,
      bytesPerS: undefined,
      ...link,
    },
    package: { title, version: undefined, tag: undefined, checksum: "SHA256", ...named },
    server: {
      assignAtS: 0,
      earlier: undefined,
      tellEveryMs: TELLS_EVERY_MS,
      rateLimit: undefined,
      restarts: [],
      without: [],
      chunkFaults: [],
      ...server,
    },
    faults: faults.map((fault) => ({ forS: 10, times: 1, ...fault })),
  };
}
