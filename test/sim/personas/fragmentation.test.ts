import { describe, expect, test } from "vitest";
import type { PersonaName } from "#scenarios/device-schema.ts";
import { deviationsOf } from "#sim/personas/persona.ts";
import { personaOf } from "#sim/personas/personas.ts";
import { FragServer } from "../../agent/frag-server.ts";
import type { TestDevice } from "../../agent/test-device.ts";
import { answersTo, personaDevice, textOf } from "./persona-device.ts";

const PORT = 201;
const NAMES = ["reference", "loramac-node", "basics-modem-4.8", "zephyr", "st"] as const;
const counting = Uint8Array.from({ length: 100 }, (_, at) => at);
const all = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
/** Fragments 3 and 7 are lost: the worked session. */
const twoLost = all.filter((n) => n !== 3 && n !== 7);

function device(persona: PersonaName, version: 1 | 2, rows?: number): TestDevice {
  const table = personaOf(persona);
  const does = table === undefined ? {} : deviationsOf(table, version);
  const spec = { persona, packages: `v${version}`, chirpstackAnswers: false } as const;
  return personaDevice(spec, does, rows === undefined ? {} : { rows });
}

function server(version: 1 | 2, fragIndex = 0, sessionCnt = 0): FragServer {
  return new FragServer({ version, data: counting, fragSize: 10, fragIndex, sessionCnt });
}

const status = (one: TestDevice, fragIndex = 0, participants = 1) =>
  answersTo(one, PORT, `01 0${(fragIndex << 1) | participants}`).join(",");

function began(one: TestDevice, from: FragServer, fragments: readonly number[]): TestDevice {
  answersTo(one, PORT, textOf(from.setup()));
  for (const n of fragments) one.downlink(PORT, from.fragment(n));
  return one;
}

interface Row {
  readonly what: string;
  readonly fragments: readonly number[];
  /** In the order of `NAMES`; undefined: it does not speak this version. */
  readonly answers: readonly (string | undefined)[];
}

const inV1: readonly Row[] = [
  {
    what: "before the first fragment",
    fragments: [],
    answers: ["0100000a00", "0100000000", "0100000a00", "0100000a00", "0100000000"],
  },
  {
    what: "fragments 1 to 5",
    fragments: [1, 2, 3, 4, 5],
    answers: ["0105000500", "0105000000", "0105000500", "0105000500", "0105000000"],
  },
  {
    what: "without loss",
    fragments: all,
    answers: ["010a000000", "010a000000", "010a000100", "010a000000", "010a000000"],
  },
  {
    what: "two lost",
    fragments: twoLost,
    answers: ["0108000200", "010a000200", "0108000200", "0108000200", "010a000200"],
  },
  {
    what: "two lost, one repaired, one redundant",
    fragments: [...twoLost, 11, 12],
    answers: ["010a000100", "010c000200", "010a000100", "010a000000", "010c000200"],
  },
  {
    what: "two lost and repaired",
    fragments: [...twoLost, 11, 12, 13],
    answers: ["010b000000", "010d000200", "010b000000", "010b000000", "010d000200"],
  },
  {
    what: "two more when all was complete",
    fragments: [...twoLost, 11, 12, 13, 14, 15],
    answers: ["010b000000", "010d000200", "010b000000", "010d000000", "010d000200"],
  },
  {
    what: "out of order",
    fragments: [2, 1, 4, 3, 5],
    answers: ["0105000500", "0105000200", "0103000700", "0105000500", "0105000200"],
  },
  {
    what: "fragments twice",
    fragments: [1, 1, 2, 2],
    answers: ["0104000800", "0102000000", "0102000800", "0104000600", "0102000000"],
  },
  {
    what: "lost at the end, then a parity",
    fragments: [1, 2, 3, 4, 5, 6, 7, 8, 12],
    answers: ["0109000100", "010c000200", "010a000100", "0109000100", "010c000200"],
  },
];

const inV2: readonly Row[] = [
  {
    what: "before the first fragment",
    fragments: [],
    answers: ["010000000a", undefined, "0100000000", undefined, "0100000000"],
  },
  {
    what: "without loss",
    fragments: all,
    answers: ["01000a0000", undefined, "01000a0001", undefined, "010a000000"],
  },
  {
    what: "two lost",
    fragments: twoLost,
    answers: ["0100080002", undefined, "0100080002", undefined, "010a000200"],
  },
  {
    what: "two lost and repaired",
    fragments: [...twoLost, 11, 12, 13],
    answers: ["01000b0000", undefined, "01000b0000", undefined, "010d000200"],
  },
];

describe.each([
  { version: 1, rows: inV1 },
  { version: 2, rows: inV2 },
] as const)("status in version $version", ({ version, rows }) => {
  describe.each(rows)("$what", ({ fragments, answers }) => {
    const cases = NAMES.map((name, at) => ({ name, answer: answers[at] }));
    test.each(cases.filter(({ answer }) => answer !== undefined))(
      "$name: $answer",
      ({ name, answer }) => {
        expect(status(began(device(name, version), server(version), fragments))).toBe(answer);
      },
    );
  });
});
