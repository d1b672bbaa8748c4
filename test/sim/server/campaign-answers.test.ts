import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readAnswer } from "#sim/server/campaign-answers.ts";
import { hex } from "../../hex.ts";

type Versions = readonly (1 | 2)[];
const BOTH: Versions = [1, 2];

interface Row {
  readonly fPort: number;
  readonly bytes: string;
  readonly packages: Versions;
  /** Undefined: not an answer. "": a good one. Otherwise the flags that the error names as set. */
  readonly reads: string | undefined;
  readonly stage?: "mcGroupSetup" | "fragSessionSetup" | "mcSession" | "fragStatus";
}

/** What ChirpStack v4 makes of answers. */
const ROWS: readonly Row[] = [
  { fPort: 200, bytes: "02 00", packages: BOTH, stage: "mcGroupSetup", reads: "" },
  { fPort: 200, bytes: "02 03", packages: BOTH, stage: "mcGroupSetup", reads: "" },
  { fPort: 200, bytes: "02 f8", packages: BOTH, stage: "mcGroupSetup", reads: "" },
  { fPort: 200, bytes: "02 04", packages: BOTH, stage: "mcGroupSetup", reads: "id_error" },
  { fPort: 200, bytes: "04 00 2c 01 00", packages: BOTH, stage: "mcSession", reads: "" },
  { fPort: 200, bytes: "04 03 ff ff ff", packages: BOTH, stage: "mcSession", reads: "" },
  { fPort: 200, bytes: "05 00 2c 01 00", packages: BOTH, stage: "mcSession", reads: "" },
  { fPort: 200, bytes: "04 04", packages: BOTH, stage: "mcSession", reads: "dr_error" },
  { fPort: 200, bytes: "04 08", packages: BOTH, stage: "mcSession", reads: "freq_error" },
  { fPort: 200, bytes: "04 10", packages: BOTH, stage: "mcSession", reads: "mc_group_undefined" },
  { fPort: 200, bytes: "04 0c", packages: BOTH, stage: "mcSession", reads: "dr_error, freq_error" },
  { fPort: 200, bytes: "05 10", packages: BOTH, stage: "mcSession", reads: "mc_group_undefined" },
  // behind an error nothing is looked at
  { fPort: 200, bytes: "04 04 00 00 00", packages: BOTH, stage: "mcSession", reads: "dr_error" },
  { fPort: 200, bytes: "04 04 7f", packages: BOTH, stage: "mcSession", reads: "dr_error" },
  // StartMissed alone needs TimeToStart, and 1.0.0 does not know it
  { fPort: 200, bytes: "04 20", packages: BOTH, reads: undefined },
  { fPort: 200, bytes: "04 20 00 00 00", packages: [1], stage: "mcSession", reads: "" },
  { fPort: 200, bytes: "04 20 00 00 00", packages: [2], stage: "mcSession", reads: "start_missed" },
  { fPort: 200, bytes: "04 24", packages: [1], stage: "mcSession", reads: "dr_error" },
  {
    fPort: 200,
    bytes: "04 24",
    packages: [2],
    stage: "mcSession",
    reads: "dr_error, start_missed",
  },
  { fPort: 200, bytes: "04 40 3c 00 00", packages: BOTH, stage: "mcSession", reads: "" },
  { fPort: 201, bytes: "02 00", packages: BOTH, stage: "fragSessionSetup", reads: "" },
  { fPort: 201, bytes: "02 c0", packages: BOTH, stage: "fragSessionSetup", reads: "" },
  { fPort: 201, bytes: "02 20", packages: BOTH, stage: "fragSessionSetup", reads: "" },
  {
    fPort: 201,
    bytes: "02 8b",
    packages: [1],
    stage: "fragSessionSetup",
    reads: "encoding_unsupported, not_enough_memory, wrong_descriptor",
  },
  {
    fPort: 201,
    bytes: "02 04",
    packages: [1],
    stage: "fragSessionSetup",
    reads: "frag_session_index_not_supported",
  },
  {
    fPort: 201,
    bytes: "02 8b",
    packages: [2],
    stage: "fragSessionSetup",
    reads: "frag_algo_unsupported, not_enough_memory, wrong_descriptor",
  },
  {
    fPort: 201,
    bytes: "02 04",
    packages: [2],
    stage: "fragSessionSetup",
    reads: "frag_index_unsupported",
  },
  { fPort: 201, bytes: "02 10", packages: [1], stage: "fragSessionSetup", reads: "" },
  {
    fPort: 201,
    bytes: "02 10",
    packages: [2],
    stage: "fragSessionSetup",
    reads: "session_cnt_replay",
  },
  { fPort: 201, bytes: "01 0a 00 00 00", packages: [1], stage: "fragStatus", reads: "" },
  { fPort: 201, bytes: "01 00 0a 00 00", packages: [2], stage: "fragStatus", reads: "" },
  {
    fPort: 201,
    bytes: "01 00 c4 80 00",
    packages: [1],
    stage: "fragStatus",
    reads: "missing_frag=128",
  },
  {
    fPort: 201,
    bytes: "01 00 00 c4 80",
    packages: [2],
    stage: "fragStatus",
    reads: "missing_frag=128",
  },
  {
    fPort: 201,
    bytes: "01 0a 00 00 01",
    packages: [1],
    stage: "fragStatus",
    reads: "not_enough_matrix_memory",
  },
  {
    fPort: 201,
    bytes: "01 01 0a 00 00",
    packages: [2],
    stage: "fragStatus",
    reads: "memory_error",
  },
  { fPort: 201, bytes: "01 02 0a 00 00", packages: [2], stage: "fragStatus", reads: "mic_error" },
  {
    fPort: 201,
    bytes: "01 04 00 00 00",
    packages: [2],
    stage: "fragStatus",
    reads: "session_does_not_exist",
  },
  { fPort: 201, bytes: "01 04", packages: BOTH, reads: undefined },
  // a status in the order of the other version
  { fPort: 201, bytes: "01 0a 00 00 00", packages: [2], stage: "fragStatus", reads: "mic_error" },
  { fPort: 201, bytes: "01 00 0a 00 00", packages: [1], stage: "fragStatus", reads: "" },
  // answers to what is never asked
  { fPort: 200, bytes: "00 02 01", packages: BOTH, reads: undefined },
  { fPort: 200, bytes: "01 11 00 fe ff ff 01", packages: BOTH, reads: undefined },
  { fPort: 200, bytes: "03 00", packages: BOTH, reads: undefined },
  { fPort: 201, bytes: "00 03 01", packages: BOTH, reads: undefined },
  { fPort: 201, bytes: "03 00", packages: BOTH, reads: undefined },
  { fPort: 201, bytes: "04 00", packages: BOTH, reads: undefined },
  // other ports
  { fPort: 199, bytes: "02 00", packages: BOTH, reads: undefined },
  { fPort: 202, bytes: "02 00", packages: BOTH, reads: undefined },
  { fPort: 203, bytes: "02 00", packages: BOTH, reads: undefined },
];

const CASES = ROWS.flatMap((row) => row.packages.map((packages) => ({ ...row, packages })));

test.each(CASES)("v$packages, port $fPort, $bytes: $reads", (row) => {
  const answer = readAnswer(row.fPort, hex(row.bytes), row.packages);
  expect(answer?.stage).toBe(row.stage);
  if (row.reads?.startsWith("missing_frag")) expect(answer?.error).toContain(row.reads);
  else expect(answer && flagsIn(answer.error)).toBe(row.reads);
  expect(answer?.error === "").toBe(row.reads === "");
});

function flagsIn(error: string): string {
  return [...error.matchAll(/(\w+)(?:=|: )true/g)].map(([, flag]) => flag).join(", ");
}

/** As the device list of ChirpStack v4 shows them. */
test.each<[packages: 1 | 2, fPort: number, bytes: string, error: string]>([
  [1, 200, "02 07", "McGroupSetupAns response id_error=true"],
  [
    1,
    200,
    "04 28",
    "McClassCSessionAns response dr_error: false, freq_error: true, mc_group_undefined: false",
  ],
  [
    2,
    200,
    "05 30",
    "McClassBSessionAns response dr_error: false, freq_error: false, mc_group_undefined: true, start_missed: true",
  ],
  [
    1,
    201,
    "02 02",
    "FragSessionAns response encoding_unsupported=false, not_enough_memory=true, frag_session_index_not_supported=false, wrong_descriptor=false",
  ],
  [
    2,
    201,
    "02 10",
    "FragSessionAns response frag_algo_unsupported=false, not_enough_memory=false, frag_index_unsupported=false, wrong_descriptor=false, session_cnt_replay=true",
  ],
  [
    1,
    201,
    "01 d2 84 03 00",
    "FragSessionStatusAns response nb_frag_received=1234, missing_frag=3, not_enough_matrix_memory=false",
  ],
  [
    2,
    201,
    "01 02 d2 84 00",
    "FragSessionStatusAns response nb_frag_received=1234, missing_frag=0, memory_error=false, mic_error=true, session_does_not_exist=false",
  ],
])("v%i, port %i, %s: %s", (packages, fPort, bytes, error) => {
  expect(readAnswer(fPort, hex(bytes), packages)?.error).toBe(`Error: ${error}`);
});

describe("an answer must have exactly its length", () => {
  const good = CASES.filter(({ reads }) => reads === "");

  test.each(good)("v$packages, port $fPort, $bytes", ({ fPort, bytes, packages }) => {
    const payload = hex(bytes);
    for (let length = 0; length < payload.length; length++) {
      expect(readAnswer(fPort, payload.subarray(0, length), packages)).toBeUndefined();
    }
    for (const appended of ["00", "02 00", "7f", bytes]) {
      const long = Uint8Array.of(...payload, ...hex(appended));
      expect(readAnswer(fPort, long, packages)).toBeUndefined();
    }
  });
});

test("any bytes are read or not, without an error", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 199, max: 203 }),
      fc.uint8Array({ maxLength: 30 }),
      fc.constantFrom<1 | 2>(1, 2),
      (fPort, payload, packages) => {
        const answer = readAnswer(fPort, payload, packages);
        if (answer === undefined) return;
        expect([200, 201]).toContain(fPort);
      },
    ),
    { seed: 1, numRuns: 1000 },
  );
});
