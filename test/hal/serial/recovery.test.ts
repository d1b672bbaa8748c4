import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type Means,
  type OutageEvent,
  type RecoveryState,
  type Remedy,
  type Rung,
  stepRecovery,
  WELL,
} from "#hal/serial/recovery.ts";

const NO_PIN: Means = { hardReset: false, below: () => 0 };
const PIN: Means = { hardReset: true, below: () => 0 };
const EVENTS: readonly OutageEvent[] = ["answered", "silent", "gone", "elapsed"];

/** Runs events from well on; the remedies, a wait with its seconds. */
function remedies(events: readonly OutageEvent[], means = PIN, from = WELL): readonly string[] {
  let state = from;
  return events.map((event) => {
    const step = stepRecovery(state, event, means);
    state = step.state;
    return spelt(step.remedy);
  });
}

const spelt = (remedy: Remedy) =>
  remedy.type === "wait" ? `wait ${remedy.ms / 1000}` : remedy.type;

describe("every rung, every event", () => {
  const rows: readonly (readonly [Rung, OutageEvent, Rung, string])[] = [
    ["well", "answered", "well", "nothing"],
    ["well", "silent", "asking", "ask"],
    ["well", "gone", "waiting", "wait 1"],
    ["well", "elapsed", "well", "nothing"],
    ["asking", "answered", "well", "nothing"],
    ["asking", "silent", "asking", "ask"],
    ["asking", "gone", "waiting", "wait 1"],
    ["asking", "elapsed", "asking", "nothing"],
    ["reopening", "answered", "well", "nothing"],
    ["reopening", "silent", "softReset", "softReset"],
    ["reopening", "gone", "waiting", "wait 1"],
    ["reopening", "elapsed", "reopening", "nothing"],
    ["softReset", "answered", "well", "nothing"],
    ["softReset", "silent", "hardReset", "hardReset"],
    ["softReset", "gone", "waiting", "wait 1"],
    ["softReset", "elapsed", "softReset", "nothing"],
    ["hardReset", "answered", "well", "nothing"],
    ["hardReset", "silent", "waiting", "wait 1"],
    ["hardReset", "gone", "waiting", "wait 1"],
    ["hardReset", "elapsed", "hardReset", "nothing"],
    ["waiting", "answered", "well", "nothing"],
    ["waiting", "silent", "waiting", "nothing"],
    ["waiting", "gone", "waiting", "nothing"],
    ["waiting", "elapsed", "reopening", "reopen"],
  ];

  test("there is a row for each", () => {
    const rungs = new Set(rows.map(([rung]) => rung));
    expect(rows).toHaveLength(rungs.size * EVENTS.length);
  });

  test.each(rows)("%s, %s: %s, %s", (rung, event, next, remedy) => {
    const step = stepRecovery({ ...WELL, rung }, event, PIN);
    expect([step.state.rung, spelt(step.remedy)]).toEqual([next, remedy]);
  });
});

describe("budgets", () => {
  test("a modem that never answers is asked, reopened, reset both ways, waited for", () => {
    const events: OutageEvent[] = ["silent", "silent", "silent", "silent", "silent", "silent"];
    expect(remedies(events)).toEqual(["ask", "ask", "reopen", "softReset", "hardReset", "wait 1"]);
  });

  test("two resets by command and three by hand an outage; then it is only looked for", () => {
    const round: OutageEvent[] = ["elapsed", "silent", "silent", "silent"];
    const events = Array.from({ length: 5 }, () => round).flat();
    const from: RecoveryState = { ...WELL, rung: "waiting", waits: 1 };
    const did = remedies(events, PIN, from);
    expect(did.filter((one) => one === "softReset")).toHaveLength(2);
    expect(did.filter((one) => one === "hardReset")).toHaveLength(3);
    expect(did.filter((one) => one === "reopen")).toHaveLength(5);
  });

  test("without a reset pin it is waited for instead", () => {
    const from: RecoveryState = { ...WELL, rung: "softReset" };
    expect(remedies(["silent"], NO_PIN, from)).toEqual(["wait 1"]);
  });

  test("waits grow to a minute", () => {
    const events: OutageEvent[] = Array.from({ length: 15 }, (_, index) =>
      index % 2 === 0 ? "gone" : "elapsed",
    );
    const waits = remedies(events).filter((one) => one.startsWith("wait"));
    expect(waits.join()).toBe("wait 1,wait 2,wait 5,wait 10,wait 30,wait 60,wait 60,wait 60");
  });

  test("an answer gives back all but what a life has of resets by command", () => {
    const worn: RecoveryState = {
      rung: "reopening",
      asked: 2,
      softResets: 2,
      hardResets: 3,
      waits: 9,
      softResetsOfLife: 20,
    };
    const { state } = stepRecovery(worn, "answered", PIN);
    expect(state).toEqual({ ...WELL, softResetsOfLife: 20 });
    const again: RecoveryState = { ...state, rung: "reopening" };
    expect(remedies(["silent"], PIN, again)).toEqual(["hardReset"]);
  });

  test("a wait is longer by less than a fifth, as it is drawn", () => {
    const drawn: number[] = [];
    const means = { ...PIN, below: (bound: number) => drawn.push(bound) && bound - 1 };
    const { remedy } = stepRecovery(WELL, "gone", means);
    expect(remedy).toEqual({ type: "wait", ms: 1199 });
    expect(drawn).toEqual([200]);
  });
});

test("whatever happens, there is always a way on: a remedy under way, or well", () => {
  const events = fc.array(fc.constantFrom(...EVENTS), { maxLength: 200 });
  fc.assert(
    fc.property(events, fc.boolean(), (all, hardReset) => {
      let state = WELL;
      for (const event of all) {
        const step = stepRecovery(state, event, { hardReset, below: () => 0 });
        if (step.remedy.type === "nothing" && event !== "answered") expect(step.state).toBe(state);
        state = step.state;
        expect(state.softResets).toBeLessThanOrEqual(2);
        expect(state.hardResets).toBeLessThanOrEqual(hardReset ? 3 : 0);
      }
    }),
  );
});
