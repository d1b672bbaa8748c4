import { describe, expect, test } from "vitest";
import { NO_ANSWER } from "#sim/lns/answer-desk.ts";
import { isComplete } from "#sim/lns/lns-device.ts";
import { WIRES } from "../fleet/wires.ts";
import { type DeviceDefaults, LnsBench } from "./world.ts";

const KINDS: readonly DeviceDefaults[] = [
  { packages: "v1", lorawan: "1.0" },
  { packages: "v2", lorawan: "1.0" },
  { packages: "v2", lorawan: "1.1", chirpstackAnswers: false },
];

describe.each(KINDS)("the reference device, %j", (defaults) => {
  const bench = new LnsBench(defaults).run();

  test("is updated, and is back", () => {
    expect(bench.lns.devices.map(isComplete), bench.said.join("\n")).toEqual([true, true]);
    expect(bench.fleet.members.map(({ node }) => node.updated)).toEqual([true, true]);
    expect(bench.lns.phase).toBe("done");
  });

  test("fails nothing, and everything was tried", () => {
    expect(bench.failures).toEqual({});
    expect(bench.notTried).toEqual([]);
  });
});

test.each(WIRES)("and so through $name", (wire) => {
  const bench = new LnsBench({}, {}, {}, wire).run();
  expect(bench.failures).toEqual({});
  expect(bench.notTried).toEqual([]);
});

test.each(WIRES.slice(0, 2))("and in class B, by the GPS time of its gateway, $name", (wire) => {
  const campaign = { redundancyPercent: 100, sessionClass: "B", pingPeriodicity: 2 } as const;
  const bench = new LnsBench({ unicastClass: "B" }, { campaign }, {}, wire).run();
  expect(bench.failures).toEqual({});
  expect(bench.notTried).toEqual([]);
  expect(bench.fleet.members.map(({ node }) => node.updated)).toEqual([true, true]);
});

/** Its own uplinks make a device miss fragments, and that is seen in what is missing. */
test.each([1, 2, 3])(
  "a gateway that may send little delays all, and changes no grade: seed %i",
  (seed) => {
    const devices = { count: 6, defaults: { uplinkIntervalS: 20 } };
    const bench = new LnsBench({}, { seed, devices, air: { classADutyCycle: true } }).run();
    const failed = bench.lns.devices.flatMap(({ examiner }) =>
      examiner.grades().filter(({ mark }) => mark?.result === "fail" && mark.why !== NO_ANSWER),
    );
    expect(failed.filter(({ id }) => id !== "status-missing")).toEqual([]);
  },
);

/** But for what was lost each time that it was tried. */
describe("frames that are lost are no fault of a device", () => {
  const seeds = Array.from({ length: 10 }, (_, index) => index + 1);
  test.each(seeds)("seed %i", (seed) => {
    const unicastLoss = { model: "bernoulli", probability: 0.12 } as const;
    const bench = new LnsBench({ packages: "v2" }, { seed, air: { unicastLoss } }).run();
    const whys = Object.entries(bench.failures).filter(([, why]) => why !== NO_ANSWER);
    expect(whys).toEqual([]);
  });
});

describe("a device that does something wrong is told what", () => {
  test.each<[string, DeviceDefaults, object]>([
    [
      "errors in its answers",
      { answerErrors: { mcGroupSetup: 0x04 } },
      { "group-setup-id": "IDerror" },
    ],
    [
      "a session that it refuses",
      { answerErrors: { mcSession: 0x0c } },
      { "mc-session-status": "drError, freqError" },
    ],
    [
      "no memory",
      { answerErrors: { fragSessionSetup: 0x02 } },
      { "frag-setup-status": "notEnoughMemory" },
    ],
    [
      "a counter that it has seen, with advice",
      { packages: "v2", answerErrors: { fragSessionSetup: 0x10 } },
      { "frag-setup-status": "sessionCntReplay; give a higher --session-cnt" },
    ],
    [
      "a MIC that it does not believe",
      { packages: "v2", answerErrors: { fragStatus: 0x02 } },
      { "status-errors": "micError" },
    ],
    [
      "answers that come too late",
      { answerFaults: { mcGroupSetup: { delayS: 100 } } },
      { "answer-prompt": expect.stringMatching(/^after \d\d\d s$/) },
    ],
    [
      "answers that it says again and again",
      { answerFaults: { mcGroupSetup: { copies: 3 } } },
      { "answer-asked": "nothing is open to answer" },
    ],
  ])("%s", (_, defaults, failures) => {
    const bench = new LnsBench(defaults, {
      campaign: { redundancyPercent: 100, maxRetries: 1 },
    }).run();
    expect(bench.failures).toMatchObject(failures);
  });

  test("keys that are others: it never joins, and why is said once for each try", () => {
    const bench = new LnsBench();
    bench.forgetKeyOf(0);
    bench.run(100);
    expect(bench.failures).toEqual({ "join-mic": "the MIC is that of another key" });
    expect(bench.said[0]).toMatch(/cannot join: the MIC of its join request is wrong/);
    expect(bench.lns.phase).toBe("waiting");
  });

  test("loss that redundancy does not make good", () => {
    const multicastLoss = { model: "bernoulli", probability: 0.9 } as const;
    const bench = new LnsBench({}, { air: { multicastLoss } }).run();
    expect(bench.failures["status-missing"]).toMatch(/^\d are missing$/);
    expect(bench.lns.devices.map(isComplete)).toEqual([false, false]);
  });
});

describe("the campaign", () => {
  test("starts when it is told to, with those that have joined, and not without any", () => {
    const bench = new LnsBench({}, {}, { asksQuestions: false });
    bench.lns.start();
    expect(bench.said).toEqual(["no device has joined yet: the campaign waits for one"]);
    bench.forgetKeyOf(1);
    bench.run(200);
    expect(bench.lns.phase).toBe("waiting");
    bench.lns.start();
    expect(bench.lns.phase).toBe("campaign");
    bench.on(20_000);
    expect(bench.lns.devices.map(isComplete)).toEqual([true, false]);
  });

  test("is for each package version in turn", () => {
    const mix = [
      { name: "old", share: 1, device: { packages: "v1" } },
      { name: "new", share: 1, device: { packages: "v2" } },
    ] as const;
    const defaults = { uplinkIntervalS: 60 };
    const bench = new LnsBench({}, { devices: { count: 6, defaults, mix: [...mix] } }).run();
    expect(bench.said.filter((text) => / of v\d: /.test(text))).toEqual([
      expect.stringMatching(/^\d devices of v1: 14 fragments by one gateway$/),
      expect.stringMatching(/^\d devices of v2: 14 fragments by one gateway$/),
    ]);
    expect(bench.lns.devices.every(isComplete)).toBe(true);
    const failed = bench.lns.devices.flatMap(({ examiner }) =>
      examiner.grades().filter(({ mark }) => mark?.result === "fail"),
    );
    expect(failed).toEqual([]);
  });

  test("goes without questions if nobody wants them, and what they try is not tried", () => {
    const bench = new LnsBench({}, {}, { asksQuestions: false }).run();
    expect(bench.failures).toEqual({});
    expect(bench.notTried).toEqual(
      expect.arrayContaining(["clock-resync", "version-200", "group-delete", "frag-undefined"]),
    );
    expect(bench.lns.devices.every(isComplete)).toBe(true);
  });
});
