import { describe, expect, test } from "vitest";
import type { PersonaName } from "#scenarios/device-schema.ts";
import { deviationsOf } from "#sim/personas/persona.ts";
import { personaOf } from "#sim/personas/personas.ts";
import { GPS_AT_START } from "../../agent/test-device.ts";
import { answersTo, leBytes, personaDevice } from "./persona-device.ts";

const PORT = 200;
const SETUP_BODY = "fe ff ff 01 fb f1 47 1e fd ac 69 59 9a 52 a0 ff c1 0b 90 ce 00 00 00 00";
const setup = (id = "00", max = "ff ff ff ff") => `02 ${id} ${SETUP_BODY} ${max}`;

/** A session that starts in `inS` seconds for 2^8 s; of class B it has periodicity 2. */
function session(inS: number, radio: { hz?: string; dr?: string; id?: string; cid?: string } = {}) {
  const { hz = "d2 ad 84", dr = "00", id = "00", cid = "04" } = radio;
  // Five seconds have passed since the device began.
  const start = leBytes(GPS_AT_START + 5 + inS, 4);
  return `${cid} ${id} ${start} ${cid === "05" ? "23" : "08"} ${hz} ${dr}`;
}

/** A McGroupSetupReq read from behind its id: the four zeros of minMcFCnt ask for the version. */
const MISREAD = "000201".repeat(4);
/** And the 01 of the address, which ST knows, for the status of groups. */
const MISREAD_BY_ST = `011100feffff01${MISREAD}`;

const NAMES = ["reference", "loramac-node", "basics-modem-4.8", "zephyr", "st"] as const;

function device(persona: PersonaName, packages: "v1" | "v2", synced = true) {
  const table = personaOf(persona);
  const version = packages === "v1" ? 1 : 2;
  return personaDevice(
    { persona, packages, chirpstackAnswers: false },
    table === undefined ? {} : deviationsOf(table, version),
    { synced },
  );
}

/** TimeToStart is 290 s, or 288 where the answer is 2 s late; nothing is said where it is empty. */
const inV1: readonly {
  readonly what: string;
  readonly request: string;
  readonly isFresh?: boolean;
  readonly synced?: boolean;
  readonly answers: readonly [string, string, string, string, string];
}[] = [
  {
    what: "group status",
    request: "01 0f",
    answers: ["011100feffff01", "", "011100feffff01", "", "011100feffff01"],
  },
  { what: "a group that is new", request: setup(), answers: rep("0200") },
  {
    what: "group 1",
    request: setup("01"),
    answers: ["0201", "0201", "0201", "0201", `0205${MISREAD_BY_ST}`],
  },
  {
    what: "reserved id bits",
    request: setup("04"),
    answers: ["0200", `0204${MISREAD}`, "0200", "0200", "0200"],
  },
  {
    what: "a start that has passed, not over",
    request: session(-100),
    answers: ["0400000000", "0410", "0420", "0420", "0410"],
  },
  {
    what: "a start that is now",
    request: session(0),
    answers: ["0400000000", "0410", "0420", "0400000000", "0410"],
  },
  {
    what: "a session that is over",
    request: session(-1000),
    answers: ["0410", "0410", "0420", "0420", "0410"],
  },
  {
    what: "over, wrong data rate",
    request: session(-1000, { dr: "0f" }),
    answers: ["0414", "0404", "0424", "0404", "0404"],
  },
  {
    what: "wrong frequency and data rate",
    request: session(300, { dr: "0f", hz: "01 00 00" }),
    answers: ["040c", "040c", "040c", "", "040c"],
  },
  {
    what: "no such group",
    request: session(300),
    isFresh: true,
    answers: ["0410", "041c", "0410", "041c", "041c"],
  },
  {
    what: "no such group 1",
    request: session(300, { id: "01" }),
    answers: ["0411", "041d", "0411", "041d", "0410000201"],
  },
  {
    what: "class B",
    request: session(300, { cid: "05" }),
    answers: ["05002c0100", "05002c0100", "05002c0100", "", "05002c0100"],
  },
  {
    what: "an unconfirmed clock",
    request: session(300),
    synced: false,
    answers: ["04002c0100", "04002c0100", "0400ffffff", "0400ffffff", "04002c0100"],
  },
  {
    what: "a past start on an unconfirmed clock",
    request: session(-100),
    synced: false,
    answers: ["0400ffffff", "0410", "0400ffffff", "0400ffffff", "0410"],
  },
  {
    what: "set-up and session in one frame",
    request: `${setup()} ${session(300)}`,
    isFresh: true,
    answers: [
      "0200,04002c0100",
      "020004002c0100",
      "020004002c0100",
      "020004002c0100",
      "020004002c0100",
    ],
  },
  {
    what: "set-up and a past session in one frame",
    request: `${setup()} ${session(-1000)}`,
    isFresh: true,
    answers: ["0200,0410", "02000410", "02000420", "02000420", "02000410"],
  },
  {
    what: "an unknown command before another",
    request: "7f 00",
    answers: ["", "000201", "", "", "000201"],
  },
];

function rep(answer: string): [string, string, string, string, string] {
  return [answer, answer, answer, answer, answer];
}

describe.each(inV1)("version 1: $what", ({ request, answers, isFresh, synced }) => {
  test.each(NAMES.map((name, at) => ({ name, answer: answers[at] ?? "" })))(
    "$name: $answer",
    ({ name, answer }) => {
      const one = device(name, "v1", synced);
      if (isFresh !== true) answersTo(one, PORT, setup(), 4);
      else one.wait(4);
      expect(answersTo(one, PORT, request, 4).join(",").replaceAll(LATE, ON_TIME)).toBe(answer);
    },
  );
});

/** Zephyr's answers are 1 to 3 s late, and count from when they leave. */
const LATE = /00(2b|2a|29)0100/g;
const ON_TIME = "002c0100";
