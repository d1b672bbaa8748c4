import { describe, expect, test } from "vitest";
import type { DeviceEffect } from "#agent/events.ts";
import type { ResolvedDevice } from "#scenarios/defaults.ts";
import { AnswerFaults } from "#sim/fleet/answer-faults.ts";
import { Engine } from "#sim/kernel/engine.ts";
import { hex } from "../../hex.ts";

const GROUP_ANS = { fPort: 200, payload: "02 00" };
const HEARTBEAT = { fPort: 1, payload: "aa" };
const EMPTY = "1:";

/** A device that says what it is told to, and what its modem hears of it. */
function bench(answerFaults: ResolvedDevice["answerFaults"], packages: "v1" | "v2" = "v1") {
  const engine = new Engine();
  const asked: number[] = [];
  const device = { answerErrors: {}, answerFaults, packages };
  const faults = new AnswerFaults(device, engine, () => asked.push(engine.now / 1e6));
  const say = ({ fPort, payload }: typeof GROUP_ANS) => {
    const uplink = { type: "uplink", fPort, payload: hex(payload), confirmed: false } as const;
    const passed = faults.pass<DeviceEffect>(uplink);
    if (passed.type !== "uplink") throw new RangeError(passed.type);
    return `${passed.fPort}:${Buffer.from(passed.payload).toString("hex")}`;
  };
  return { engine, faults, asked, say };
}

test("without faults everything passes as it is", () => {
  const { say, asked } = bench({});
  expect([GROUP_ANS, HEARTBEAT].map(say)).toEqual(["200:0200", "1:aa"]);
  expect(asked).toEqual([]);
});

test("the first two are lost, the third leaves", () => {
  const { say } = bench({ mcGroupSetup: { lose: 2 } });
  expect([GROUP_ANS, GROUP_ANS, GROUP_ANS].map(say)).toEqual([EMPTY, EMPTY, "200:0200"]);
});

test("a late one leaves in the place of a heartbeat, once its time has come", () => {
  const { say, engine, asked } = bench({ mcGroupSetup: { delayS: 60 } });
  expect(say(GROUP_ANS)).toBe(EMPTY);
  expect(say(HEARTBEAT)).toBe("1:aa");
  engine.run(60e6);
  expect(asked).toEqual([60]);
  expect(say(HEARTBEAT)).toBe("200:0200");
  expect(say(HEARTBEAT)).toBe("1:aa");
});

test("three copies: one at once, two more when the modem asks", () => {
  const { say, engine, asked } = bench({ mcGroupSetup: { copies: 3 } });
  expect(say(GROUP_ANS)).toBe("200:0200");
  engine.run(1);
  expect(asked.length).toBeGreaterThan(0);
  expect([HEARTBEAT, HEARTBEAT, HEARTBEAT].map(say)).toEqual(["200:0200", "200:0200", "1:aa"]);
});

test("a reset forgets what was waiting", () => {
  const { say, engine, faults, asked } = bench({ mcGroupSetup: { delayS: 60 } });
  say(GROUP_ANS);
  faults.reset();
  engine.schedule(100e6, () => {});
  engine.run(100e6);
  expect(asked).toEqual([]);
  expect(say(HEARTBEAT)).toBe("1:aa");
});

describe("MissingFrag of a status answer", () => {
  test.each([
    ["v1", "01 0a 00 00 00", "201:010a000100"],
    ["v2", "01 00 0a 00 00", "201:01000a0001"],
  ] as const)("%s", (packages, payload, expected) => {
    const { say } = bench({ fragStatus: { missingFrag: 1 } }, packages);
    expect(say({ fPort: 201, payload })).toBe(expected);
  });

  test("other answers are left alone", () => {
    expect(bench({ fragStatus: { missingFrag: 1 } }).say(GROUP_ANS)).toBe("200:0200");
  });
});
