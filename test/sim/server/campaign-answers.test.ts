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
  /** Undefined: not an answer. "": a good one. Otherwise what the error says. */
  readonly reads: string | undefined;
  readonly stage?: "mcGroupSetup" | "fragSessionSetup" | "mcSession" | "fragStatus";
}

/** What ChirpStack v4 makes of answers. */
const ROWS: readonly Row[] = [
  { fPort: 200, bytes: "02 00", packages: BOTH, stage: "mcGroupSetup", reads: "" },
  { fPort: 200, bytes: "02 03", packages: BOTH, stage: "mcGroupSetup", reads: "" },
  { fPort: 200, bytes: "02 f8", packages: BOTH, stage: "mcGroupSetup", reads: "" },
  { fPort: 200, bytes: "02 04", packages: BOTH, stage: "mcGroupSetup", reads: "idError" },
  { fPort: 200, bytes: "04 00 2c 01 00", packages: BOTH, stage: "mcSession", reads: "" },
  { fPort: 200, bytes: "04 03 ff ff ff", packages: BOTH, stage: "mcSession", reads: "" },
  { fPort: 200, bytes: "05 00 2c 01 00", packages: BOTH, stage: "mcSession", reads: "" },
  { fPort: 200, bytes: "04 04", packages: BOTH, stage: "mcSession", reads: "drError" },
  { fPort: 200, bytes: "04 08", packages: BOTH, stage: "mcSession", reads: "freqError" },
  { fPort: 200, bytes: "04 10", packages: BOTH, stage: "mcSession", reads: "mcGroupUndefined" },
  { fPort: 200, bytes: "04 0c", packages: BOTH, stage: "mcSession", reads: "drError, freqError" },
  { fPort: 200, bytes: "05 10", packages: BOTH, stage: "mcSession", reads: "mcGroupUndefined" },
  // behind an error nothing is looked at
  { fPort: 200, bytes: "04 04 00 00 00", packages: BOTH, stage: "mcSession", reads: "drError" },
  { fPort: 200, bytes: "04 04 7f", packages: BOTH, stage: "mcSession", reads: "drError" },
  // StartMissed alone needs TimeToStart, and 1.0.0 does not know it
  { fPort: 200, bytes: "04 20", packages: BOTH, reads: undefined },
  { fPort: 200, bytes: "04 20 00 00 00", packages: [1], stage: "mcSession", reads: "" },
  { fPort: 200, bytes: "04 20 00 00 00", packages: [2], stage: "mcSession", reads: "startMissed" },
  { fPort: 200, bytes: "04 24", packages: [1], stage: "mcSession", reads: "drError" },
  { fPort: 200, bytes: "04 24", packages: [2], stage: "mcSession", reads: "drError, startMissed" },
  { fPort: 200, bytes: "04 40 3c 00 00", packages: BOTH, stage: "mcSession", reads: "" },
  { fPort: 201, bytes: "02 00", packages: BOTH, stage: "fragSessionSetup", reads: "" },
  { fPort: 201, bytes: "02 c0", packages: BOTH, stage: "fragSessionSetup", reads: "" },
  { fPort: 201, bytes: "02 20", packages: BOTH, stage: "fragSessionSetup", reads: "" },
  {
    fPort: 201,
    bytes: "02 8b",
    packages: BOTH,
    stage: "fragSessionSetup",
    reads: "encodingUnsupported, notEnoughMemory, wrongDescriptor",
  },
  {
    fPort: 201,
    bytes: "02 04",
    packages: BOTH,
    stage: "fragSessionSetup",
    reads: "fragIndexUnsupported",
  },
  { fPort: 201, bytes: "02 10", packages: [1], stage: "fragSessionSetup", reads: "" },
  {
    fPort: 201,
    bytes: "02 10",
    packages: [2],
    stage: "fragSessionSetup",
    reads: "sessionCntReplay",
  },
  { fPort: 201, bytes: "01 0a 00 00 00", packages: [1], stage: "fragStatus", reads: "" },
  { fPort: 201, bytes: "01 00 0a 00 00", packages: [2], stage: "fragStatus", reads: "" },
  {
    fPort: 201,
    bytes: "01 00 c4 80 00",
    packages: [1],
    stage: "fragStatus",
    reads: "128 fragments",
  },
  {
    fPort: 201,
    bytes: "01 00 00 c4 80",
    packages: [2],
    stage: "fragStatus",
    reads: "128 fragments",
  },
  {
    fPort: 201,
    bytes: "01 0a 00 00 01",
    packages: [1],
    stage: "fragStatus",
    reads: "notEnoughMatrixMemory",
  },
  { fPort: 201, bytes: "01 01 0a 00 00", packages: [2], stage: "fragStatus", reads: "memoryError" },
  { fPort: 201, bytes: "01 02 0a 00 00", packages: [2], stage: "fragStatus", reads: "micError" },
  {
    fPort: 201,
    bytes: "01 04 00 00 00",
    packages: [2],
    stage: "fragStatus",
    reads: "sessionDoesNotExist",
  },
  { fPort: 201, bytes: "01 04", packages: BOTH, reads: undefined },
  // a status in the order of the other version
  { fPort: 201, bytes: "01 0a 00 00 00", packages: [2], stage: "fragStatus", reads: "micError" },
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
  if (row.reads === undefined || row.reads === "") expect(answer?.error).toBe(row.reads);
  else expect(answer?.error).toContain(row.reads);
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
