/** The defaults of pulling devices. */
import type { PullSpec } from "./pull-schema.ts";

type Filled<Spec> = { readonly [Key in keyof Spec]-?: Exclude<Spec[Key], undefined> };
type PackageSpec = NonNullable<PullSpec["package"]>;
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
    readonly checksum: Filled<PackageSpec>["checksum"];
    readonly atUrl: Filled<NonNullable<PackageSpec["atUrl"]>> | undefined;
  };
  readonly server: {
    readonly assignAtS: number;
    readonly earlier: { readonly version: string; readonly until: PullTime } | undefined;
    readonly tellEveryMs: number;
    readonly rateLimit: PullServerSpec["rateLimit"];
    readonly restarts: Filled<PullServerSpec>["restarts"];
    readonly without: readonly string[];
    readonly chunkFaults: Filled<PullServerSpec>["chunkFaults"];
    readonly calls: boolean;
  };
  readonly faults: readonly ResolvedPullFault[];
}

const TITLE = "fw";
/** What the server gives in one datagram. */
export const COAP_CHUNK_BYTES_MAX = 1024;
/** As much of Drogue's firmware as comes in one. */
const DROGUE_COAP_CHUNK_BYTES = 960;
/** Of a server that tells its devices, between two of them. */
export const TELL_EVERY_MS = 600;

export function resolvePull(spec: PullSpec): ResolvedPull {
  const { link, server, backOff, package: named, faults = [], ...own } = spec;
  const title = spec.title ?? TITLE;
  return {
    perCell: spec.count,
    dialect: "thingsboard",
    cbor: "packed",
    transport: "http",
    longPolls: false,
    software: false,
    token: "right",
    chunkBytes: chunkBytesOf(spec),
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
    package: packageOf(title, named),
    server: {
      assignAtS: 0,
      earlier: undefined,
      tellEveryMs: TELL_EVERY_MS,
      rateLimit: undefined,
      restarts: [],
      without: [],
      chunkFaults: [],
      calls: false,
      ...server,
    },
    faults: faults.map((fault) => ({ forS: 10, times: 1, ...fault })),
  };
}

function packageOf(title: string, { atUrl, ...named }: PackageSpec = {}): ResolvedPull["package"] {
  const file = atUrl && ({ redirects: 0, ranges: true, says: "all", ...atUrl } as const);
  return {
    ...{ title, version: undefined, tag: undefined, checksum: "SHA256", ...named },
    atUrl: file,
  };
}

function chunkBytesOf({ transport, dialect }: PullSpec): number {
  if (transport !== "coap") return 16_384;
  return dialect === "drogue" ? DROGUE_COAP_CHUNK_BYTES : COAP_CHUNK_BYTES_MAX;
}
