/** Files of FEC test vectors, format `lorawan-ts004-fec-vectors/1` (docs/fec.md). */
import Type, { type Static } from "typebox";
import { Compile } from "typebox/compile";
import { N_MAX } from "#agent/fec/rows.ts";
import { InputError } from "../errors.ts";

export const VECTOR_FORMAT = "lorawan-ts004-fec-vectors/1";
export const VECTOR_FILE_BYTES_MAX = 64 * 1024 * 1024;

const n = Type.Integer({ minimum: 1, maximum: N_MAX });
const nbFrag = n;
const redundancy = Type.Integer({ minimum: 0, maximum: N_MAX });
const probability = Type.Number({ minimum: 0, maximum: 1 });
const uint32 = Type.Integer({ minimum: 0, maximum: 0xffff_ffff });
const variant = Type.String({ maxLength: 40 });
const hexText = Type.String({ pattern: "^([0-9a-fA-F]{2})*$" });
const sha256 = Type.String({ pattern: "^[0-9a-fA-F]{64}$" });
const position = Type.Union([Type.Integer({ minimum: 0, maximum: 1e9 }), Type.Null()]);
/** A fragment number, or [first, last] of an ascending run. */
const ranges = Type.Array(Type.Union([n, Type.Tuple([n, n])]), { maxItems: 1_000_000 });

const rowVector = Type.Object({
  variant,
  M: nbFrag,
  k: n,
  N: Type.Optional(n),
  set: Type.Array(Type.Integer({ minimum: 0, maximum: N_MAX })),
});

const rowHash = Type.Object({
  variant,
  Mlo: nbFrag,
  Mhi: nbFrag,
  klo: n,
  khi: n,
  kstep: n,
  linesSha256: sha256,
  firstLine: Type.Optional(Type.String()),
  lastLine: Type.Optional(Type.String()),
});

const session = Type.Object({
  name: Type.String({ maxLength: 200 }),
  variant,
  nbFrag,
  fragSize: Type.Integer({ minimum: 1, maximum: 255 }),
  redundancy,
  padding: Type.Integer({ minimum: 0, maximum: 65_535 }),
  dataSeed: Type.Optional(uint32),
  dataHex: Type.Optional(hexText),
  dataLength: Type.Integer({ minimum: 0, maximum: N_MAX * 255 }),
  dataSha256: Type.Optional(sha256),
  blockSha256: Type.Optional(sha256),
  codedFragmentsHex: Type.Optional(Type.Array(hexText)),
  codedSha256: Type.Optional(sha256),
  allFragmentsSha256: Type.Optional(sha256),
  loss: Type.Optional(Type.Object({ p: probability, seed: uint32 })),
  order: Type.Optional(Type.String()),
  lostIndexes: Type.Optional(ranges),
  rx: ranges,
  rxCount: Type.Optional(position),
  expected: Type.Object({
    outcome: Type.Union([Type.Literal("complete"), Type.Literal("never")]),
    afterRx: position,
    atN: Type.Optional(position),
    extra: Type.Optional(Type.Union([Type.Integer(), Type.Null()])),
    uncodedNotReceived: Type.Optional(position),
    missing: Type.Optional(position),
  }),
  mlAfterRx: Type.Optional(position),
});

const completionCount = Type.Object({
  variant,
  nbFrag,
  redundancy,
  p: probability,
  seeds: Type.Tuple([uint32, uint32]),
  afterRx: Type.Array(position),
});

/** Fields that are not named here are for other readers, or for later. */
const vectorFile = Type.Object({
  format: Type.Literal(VECTOR_FORMAT),
  rowVectors: Type.Optional(Type.Array(rowVector)),
  rowHashes: Type.Optional(Type.Array(rowHash)),
  sessions: Type.Optional(Type.Array(session)),
  completionCounts: Type.Optional(Type.Array(completionCount)),
});

export type RowVector = Static<typeof rowVector>;
export type RowHash = Static<typeof rowHash>;
export type SessionVector = Static<typeof session>;
export type CompletionCount = Static<typeof completionCount>;
export type VectorFile = Static<typeof vectorFile>;
export type Ranges = Static<typeof ranges>;

const validator = Compile(vectorFile);

/** Throws {@link InputError} unless `text` is a vector file whose checks end in reasonable time. */
export function parseVectors(text: string): VectorFile {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new InputError(`not JSON: ${error instanceof Error ? firstLine(error.message) : "?"}`);
  }
  if (!validator.Check(json)) {
    const [first] = validator.Errors(json);
    throw new InputError(`${first?.instancePath.slice(1) || "the file"} ${first?.message}`);
  }
  if (entryCount(json) === 0) throw new InputError("no vectors in it");
  checkWork(json);
  return json;
}

function firstLine(text: string): string {
  return (text.split("\n", 1)[0] ?? "").slice(0, 200);
}

function entryCount(file: VectorFile): number {
  const { rowVectors = [], rowHashes = [], sessions = [], completionCounts = [] } = file;
  return rowVectors.length + rowHashes.length + sessions.length + completionCounts.length;
}

export function rangesLength(list: Ranges): number {
  let length = 0;
  for (const item of list) {
    length += typeof item === "number" ? 1 : Math.max(item[1] - item[0] + 1, 0);
  }
  return length;
}

/** Rough count of elementary steps; about 10^9 take a second or two. */
const WORK_MAX = 3e10;
const RECEIVED_MAX = 200_000;

function checkWork(file: VectorFile): void {
  let work = 0;
  const add = (where: string, steps: number) => {
    work += steps;
    if (work > WORK_MAX) throw new InputError(`${where} asks for more work than a check may take`);
  };
  file.rowVectors?.forEach(({ M }, index) => {
    add(`rowVectors/${index}`, M);
  });
  file.rowHashes?.forEach(({ Mlo, Mhi, klo, khi, kstep }, index) => {
    const rows = Math.max(Mhi - Mlo + 1, 0) * Math.max((khi - klo) / kstep + 1, 0);
    add(`rowHashes/${index}`, rows * (Mhi + 20));
  });
  file.sessions?.forEach((entry, index) => {
    const received = rangesLength(entry.rx);
    if (received > RECEIVED_MAX) throw new InputError(`sessions/${index}/rx is too long`);
    add(`sessions/${index}`, sessionWork(entry.nbFrag, entry.fragSize, entry.redundancy, received));
  });
  file.completionCounts?.forEach(({ nbFrag: count, redundancy: coded, seeds }, index) => {
    const runs = Math.max(seeds[1] - seeds[0] + 1, 0);
    add(`completionCounts/${index}`, runs * sessionWork(count, 1, coded, count + coded));
  });
}

function sessionWork(count: number, fragSize: number, coded: number, received: number): number {
  const rank = Math.min(count, received);
  const encode = (coded * count * (fragSize + 16)) / 16;
  return encode + received * (fragSize + 50) + (rank * rank * rank) / 64;
}
