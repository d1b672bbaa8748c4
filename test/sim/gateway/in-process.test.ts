import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { EU868 } from "#scenarios/regions/eu868.ts";
import { DutyCycle } from "#sim/air/duty-cycle.ts";
import type { AirDownlink, AirUplink, DownlinkRequest } from "#sim/air/frames.ts";
import { type DownlinkAck, type GatewayAir, InProcessGateway } from "#sim/gateway/in-process.ts";
import { Engine } from "#sim/kernel/engine.ts";
import { airtimeOfDownlinkUs, airtimeOfUplinkUs, SUB_BANDS } from "../eu868.ts";

const MS = 1000;
const S = 1_000_000;
const END = Number.MAX_SAFE_INTEGER;

const RX1_HZ = 868_100_000;
const RX2_HZ = 869_525_000;

interface Answer {
  readonly name: number;
  readonly result: DownlinkAck;
  readonly atUs: number;
}

/** A gateway whose frames last one millisecond a byte, without a duty cycle unless one is given. */
function bench(air: Partial<GatewayAir> = {}) {
  const engine = new Engine();
  const aired: AirDownlink[] = [];
  const answers: Answer[] = [];
  const gateway = new InProcessGateway(
    engine,
    {
      downlinkAirtimeUs: (_, phyBytes) => phyBytes * MS,
      earliestStartUs: (_, now) => now,
      spend: () => {},
      ...air,
    },
    (downlink) => {
      expect(engine.now).toBe(downlink.endUs);
      aired.push(downlink);
    },
  );
  /** Asks at `atUs`; the first byte of the frame is its name. */
  const ask = (atUs: number, name: number, request: Partial<DownlinkRequest>, sizeBytes = 100) => {
    const phyPayload = new Uint8Array(sizeBytes).fill(name);
    const whole = { phyPayload, dr: 5, frequencyHz: RX2_HZ, timing: NOW, ...request };
    engine.schedule(atUs, () => {
      gateway.transmit(whole, (result) => answers.push({ name, result, atUs: engine.now }));
    });
  };
  const spans = () =>
    aired.map(({ phyPayload, startUs, endUs }) => [phyPayload[0], startUs, endUs]);
  const results = () => answers.map(({ name, result }) => [name, result]);
  return { engine, gateway, ask, aired, answers, spans, results };
}

const NOW: DownlinkRequest["timing"] = { type: "immediately" };
const at = (us: number): Pick<DownlinkRequest, "timing"> => ({ timing: { type: "at", us } });

/** EU868's sub-bands. */
function dutyCycled(): Pick<GatewayAir, "earliestStartUs" | "spend"> {
  const dutyCycle = new DutyCycle(EU868);
  return {
    earliestStartUs: (hz, now) => dutyCycle.earliestStartUs(hz, now),
    spend: (hz, startUs, airtimeUs) => dutyCycle.spend(hz, startUs, airtimeUs),
  };
}

describe("a timed downlink goes at its time or not at all", () => {
  test("at its time, acknowledged when it is asked for", () => {
    const { engine, ask, answers, aired } = bench();
    ask(2 * S, 1, { ...at(3 * S), frequencyHz: RX1_HZ, dr: 4 });
    engine.run(END);
    expect(answers).toEqual([{ name: 1, result: "ok", atUs: 2 * S }]);
    expect(aired).toEqual([
      {
        phyPayload: new Uint8Array(100).fill(1),
        dr: 4,
        frequencyHz: RX1_HZ,
        startUs: 3 * S,
        endUs: 3 * S + 100 * MS,
      },
    ]);
  });

  test.each([
    [3 * S, "ok"],
    [3 * S - 1, "tooLate"],
    [0, "tooLate"],
  ])("asked for %i µs at 3 s: %s", (us, result) => {
    const { engine, ask, results, aired } = bench();
    ask(3 * S, 1, at(us));
    engine.run(END);
    expect(results()).toEqual([[1, result]]);
    expect(aired).toHaveLength(result === "ok" ? 1 : 0);
  });

  test.each([
    ["the same span", 5 * S, "collision"],
    ["its last microsecond", 5 * S + 100 * MS - 1, "collision"],
    ["right after it", 5 * S + 100 * MS, "ok"],
    ["its first microsecond", 5 * S - 100 * MS + 1, "collision"],
    ["right before it", 5 * S - 100 * MS, "ok"],
    ["long after it", 9 * S, "ok"],
  ])("one that is promised already keeps the transmitter: %s is %s", (_, us, result) => {
    const { engine, ask, results } = bench();
    ask(0, 1, at(5 * S));
    ask(1, 2, at(us));
    engine.run(END);
    expect(results()).toEqual([
      [1, "ok"],
      [2, result],
    ]);
  });

  test("one around a promised one collides too", () => {
    const { engine, ask, results } = bench();
    ask(0, 1, at(5 * S), 10);
    ask(1, 2, at(5 * S - 50 * MS), 200);
    engine.run(END);
    expect(results()[1]).toEqual([2, "collision"]);
  });

  test("an immediate one on the air keeps it as well", () => {
    const { engine, ask, results } = bench();
    ask(0, 1, { timing: NOW });
    ask(50 * MS, 2, at(99 * MS));
    ask(50 * MS, 3, at(100 * MS));
    engine.run(END);
    expect(results()).toEqual([
      [1, "ok"],
      [2, "collision"],
      [3, "ok"],
    ]);
  });

  test("the duty cycle of its band refuses it until the microsecond at which it is free", () => {
    const { engine, ask, results } = bench(dutyCycled());
    ask(0, 1, { ...at(1 * S), frequencyHz: RX1_HZ });
    ask(1, 2, { ...at(11 * S - 1), frequencyHz: RX1_HZ });
    ask(2, 3, { ...at(2 * S), frequencyHz: RX2_HZ });
    ask(3, 4, { ...at(11 * S), frequencyHz: RX1_HZ });
    engine.run(END);
    expect(results()).toEqual([
      [1, "ok"],
      [2, "dutyCycle"],
      [3, "ok"],
      [4, "ok"],
    ]);
  });

  test("what is refused costs nothing", () => {
    const { engine, gateway, ask } = bench(dutyCycled());
    ask(0, 1, at(5 * S));
    ask(1, 2, at(5 * S));
    ask(6 * S, 3, at(5 * S));
    ask(6 * S, 4, at(6 * S));
    ask(6 * S + 1, 5, at(6 * S + 1));
    engine.run(END);
    expect(gateway.sent).toBe(2);
    expect(gateway.airtimeUs).toBe(200 * MS);
  });
});

describe("an immediate downlink waits for its turn", () => {
  test("at once when nothing is in its way", () => {
    const { engine, ask, answers, spans } = bench();
    ask(7 * S, 1, {});
    engine.run(END);
    expect(answers).toEqual([{ name: 1, result: "ok", atUs: 7 * S }]);
    expect(spans()).toEqual([[1, 7 * S, 7 * S + 100 * MS]]);
  });

  test("first in, first out, back to back, each acknowledged as it starts", () => {
    const { engine, ask, answers, spans } = bench();
    ask(0, 1, {}, 30);
    ask(0, 2, {}, 20);
    ask(10 * MS, 3, {}, 10);
    engine.run(END);
    expect(spans()).toEqual([
      [1, 0, 30 * MS],
      [2, 30 * MS, 50 * MS],
      [3, 50 * MS, 60 * MS],
    ]);
    expect(answers.map(({ atUs }) => atUs)).toEqual([0, 30 * MS, 50 * MS]);
  });

  test("exactly as long as the duty cycle of its band asks for", () => {
    const { engine, ask, spans } = bench(dutyCycled());
    for (let name = 1; name <= 4; name++) ask(5, name, {});
    engine.run(END);
    // 100 ms at 10 %.
    expect(spans().map(([, startUs]) => startUs)).toEqual([5, S + 5, 2 * S + 5, 3 * S + 5]);
  });

  test("a frame that waits for its band holds up those behind it, whatever their band", () => {
    const { engine, ask, spans } = bench(dutyCycled());
    ask(0, 1, { frequencyHz: RX1_HZ });
    ask(1, 2, { frequencyHz: RX1_HZ });
    ask(2, 3, { frequencyHz: RX2_HZ });
    engine.run(END);
    expect(spans().map(([name, startUs]) => [name, startUs])).toEqual([
      [1, 0],
      [2, 10 * S],
      [3, 10 * S + 100 * MS],
    ]);
  });

  test.each([
    ["fits before a promised one", 100, 0],
    ["is a microsecond too long, and goes behind it", 101, 600 * MS],
  ])("it %s", (_, sizeBytes, startUs) => {
    const { engine, ask, spans } = bench();
    ask(0, 1, at(100 * MS), 500);
    ask(0, 2, {}, sizeBytes);
    engine.run(END);
    expect(spans().find(([name]) => name === 2)?.[1]).toBe(startUs);
  });

  test("it takes the first gap between promised ones that holds it", () => {
    const { engine, ask, spans } = bench();
    ask(0, 1, at(10 * MS), 50);
    ask(0, 2, at(100 * MS), 50);
    ask(0, 3, at(200 * MS), 50);
    ask(0, 4, {}, 45);
    engine.run(END);
    expect(spans().find(([name]) => name === 4)).toEqual([4, 150 * MS, 195 * MS]);
  });

  test("a promise made while it waits goes first", () => {
    const { engine, ask, spans } = bench();
    ask(0, 1, {}, 100);
    ask(1, 2, {}, 100);
    ask(2, 3, at(100 * MS), 100);
    engine.run(END);
    expect(spans().map(([name, startUs]) => [name, startUs])).toEqual([
      [1, 0],
      [3, 100 * MS],
      [2, 200 * MS],
    ]);
  });

  test("32 wait; one more is refused at once, and there is room again as soon as one has gone", () => {
    const { engine, ask, answers, results } = bench();
    for (let name = 0; name <= 33; name++) ask(0, name, {});
    ask(100 * MS, 34, {});
    ask(100 * MS + 1, 35, {});
    engine.run(END);
    const refused = answers.filter(({ result }) => result === "queueFull");
    // 0 is on the air, 1 to 32 wait. At 100 ms the queue moves up after 34 has come.
    expect(refused).toEqual([
      { name: 33, result: "queueFull", atUs: 0 },
      { name: 34, result: "queueFull", atUs: 100 * MS },
    ]);
    expect(results().filter(([, result]) => result === "ok")).toHaveLength(34);
  });

  test("an acknowledgement may ask for the next one", () => {
    const { engine, gateway, spans } = bench();
    let name = 0;
    const send = () => {
      if (name === 3) return;
      const phyPayload = new Uint8Array(10).fill(++name);
      gateway.transmit({ phyPayload, dr: 5, frequencyHz: RX2_HZ, timing: NOW }, send);
    };
    engine.schedule(0, send);
    engine.run(END);
    expect(spans()).toEqual([
      [1, 0, 10 * MS],
      [2, 10 * MS, 20 * MS],
      [3, 20 * MS, 30 * MS],
    ]);
  });
});

describe("half duplex: what is sent makes it deaf", () => {
  const uplink = (startUs: number, endUs: number): AirUplink => ({
    phyPayload: new Uint8Array(20),
    dr: 5,
    frequencyHz: RX1_HZ,
    startUs,
    endUs,
  });

  test.each([
    ["before it", 0, S, true],
    ["its first microsecond", 0, S + 1, false],
    ["inside it", S + 1, S + 2, false],
    ["around it", 0, 9 * S, false],
    ["its last microsecond", S + 100 * MS - 1, 9 * S, false],
    ["after it", S + 100 * MS, 9 * S, true],
  ])("an uplink %s", (_, startUs, endUs, heard) => {
    const { engine, gateway, ask } = bench();
    ask(S, 1, {});
    engine.run(END);
    expect(gateway.hears(uplink(startUs, endUs))).toBe(heard);
  });

  test("a transmission is remembered for as long as an uplink can last", () => {
    const longestUs = airtimeOfUplinkUs(0, 64);
    const { engine, gateway, ask } = bench();
    ask(0, 1, {});
    ask(100 * MS + longestUs - 1, 2, {}, 1);
    let isHeard = true;
    // It began in the last microsecond of the first, and ended in the second's shadow.
    const endUs = 100 * MS - 1 + longestUs;
    engine.schedule(endUs, () => {
      isHeard = gateway.hears(uplink(endUs - longestUs, endUs));
    });
    engine.run(END);
    expect(isHeard).toBe(false);
  });

  test("one that was refused makes no one deaf", () => {
    const { engine, gateway, ask } = bench();
    ask(2 * S, 1, at(S));
    engine.run(END);
    expect(gateway.hears(uplink(S, S + 1))).toBe(true);
  });
});

describe("whatever is asked for", () => {
  interface Wish {
    readonly atUs: number;
    readonly frequencyHz: number;
    readonly dr: number;
    readonly sizeBytes: number;
    /** Undefined: immediately. */
    readonly inUs: number | undefined;
  }
  const wish: fc.Arbitrary<Wish> = fc.record({
    atUs: fc.nat({ max: 60 * S }),
    frequencyHz: fc.constantFrom(RX1_HZ, 868_500_000, RX2_HZ, 867_100_000, 868_650_000),
    dr: fc.integer({ min: 0, max: 5 }),
    sizeBytes: fc.integer({ min: 12, max: 64 }),
    inUs: fc.option(fc.integer({ min: -S, max: 6 * S }), { nil: undefined }),
  });
  const wishes = fc.array(wish, { minLength: 1, maxLength: 60 });

  interface Sent {
    readonly downlink: AirDownlink;
    readonly name: number;
  }

  /** Plays the wishes on EU868. */
  function play(asked: readonly Wish[]) {
    const { engine, gateway, ask, answers, aired } = bench({
      downlinkAirtimeUs: airtimeOfDownlinkUs,
      ...dutyCycled(),
    });
    asked.forEach(({ atUs, frequencyHz, dr, sizeBytes, inUs }, name) => {
      const timing = inUs === undefined ? NOW : at(Math.max(0, atUs + inUs)).timing;
      ask(atUs, name, { frequencyHz, dr, timing }, sizeBytes);
    });
    engine.run(END);
    const sent: Sent[] = aired.map((downlink) => ({
      downlink,
      name: downlink.phyPayload[0] ?? -1,
    }));
    return { gateway, answers, sent };
  }

  const bandOf = (hz: number) => SUB_BANDS.find(({ fromHz, toHz }) => fromHz <= hz && hz < toHz);

  test("no transmission overlaps another, and each band keeps its duty cycle", () => {
    fc.assert(
      fc.property(wishes, (asked) => {
        const { sent } = play(asked);
        const freeUs = new Map<unknown, number>();
        let endOfLastUs = 0;
        for (const { downlink } of sent) {
          const band = bandOf(downlink.frequencyHz);
          expect(downlink.startUs).toBeGreaterThanOrEqual(endOfLastUs);
          expect(downlink.startUs).toBeGreaterThanOrEqual(freeUs.get(band) ?? 0);
          endOfLastUs = downlink.endUs;
          const airtimeUs = downlink.endUs - downlink.startUs;
          const percent = band?.dutyCyclePercent ?? 0.1;
          freeUs.set(band, downlink.startUs + Math.ceil((airtimeUs * 100) / percent));
        }
      }),
      { seed: 1, numRuns: 150 },
    );
  });

  test("each is answered once; exactly those with ok are sent, for as long as they last", () => {
    fc.assert(
      fc.property(wishes, (asked) => {
        const { gateway, answers, sent } = play(asked);
        expect(answers.map(({ name }) => name).sort(ascending)).toEqual(asked.map((_, i) => i));
        const ok = answers.filter(({ result }) => result === "ok").map(({ name }) => name);
        expect(sent.map(({ name }) => name).sort(ascending)).toEqual(ok.sort(ascending));
        let airtimeUs = 0;
        for (const { name, downlink } of sent) {
          const { dr, sizeBytes } = asked[name] ?? { dr: -1, sizeBytes: 0 };
          expect(downlink.endUs - downlink.startUs).toBe(airtimeOfDownlinkUs(dr, sizeBytes));
          airtimeUs += downlink.endUs - downlink.startUs;
        }
        expect(gateway.sent).toBe(sent.length);
        expect(gateway.airtimeUs).toBe(airtimeUs);
      }),
      { seed: 2, numRuns: 150 },
    );
  });

  test("timed ones go at their time, immediate ones in their order and never without need late", () => {
    fc.assert(
      fc.property(wishes, (asked) => {
        const { answers, sent } = play(asked);
        const startOf = new Map(sent.map(({ name, downlink }) => [name, downlink.startUs]));
        const immediate = answers.filter(({ name }) => asked[name]?.inUs === undefined);
        for (const { name, result } of answers) {
          const { atUs = 0, inUs } = asked[name] ?? {};
          if (result !== "ok" || inUs === undefined) continue;
          expect(startOf.get(name)).toBe(Math.max(0, atUs + inUs));
        }
        const gone = immediate.filter(({ result }) => result === "ok").map(({ name }) => name);
        const inOrder = [...gone].sort(
          (a, b) => (asked[a]?.atUs ?? 0) - (asked[b]?.atUs ?? 0) || a - b,
        );
        expect(gone).toEqual(inOrder);
        // A start has a cause: the request, the end of a transmission, or the end of an off-time.
        const causes = new Set(asked.map(({ atUs }) => atUs));
        for (const { downlink } of sent) {
          const percent = bandOf(downlink.frequencyHz)?.dutyCyclePercent ?? 0.1;
          const airtimeUs = downlink.endUs - downlink.startUs;
          causes.add(downlink.endUs);
          causes.add(downlink.startUs + Math.ceil((airtimeUs * 100) / percent));
        }
        for (const name of gone) expect(causes.has(startOf.get(name) ?? -1)).toBe(true);
      }),
      { seed: 3, numRuns: 150 },
    );
  });

  test("a refusal has the reason it gives", () => {
    const seen = new Set<DownlinkAck>();
    fc.assert(
      fc.property(wishes, (asked) => {
        const { answers } = play(asked);
        for (const { name, result } of answers) {
          seen.add(result);
          const { atUs = 0, inUs } = asked[name] ?? {};
          const isLate = inUs !== undefined && Math.max(0, atUs + inUs) < atUs;
          expect(result === "tooLate").toBe(isLate);
          if (result === "queueFull") expect(inUs).toBeUndefined();
          if (result === "collision" || result === "dutyCycle") expect(inUs).toBeDefined();
        }
      }),
      { seed: 4, numRuns: 150 },
    );
    // The property saw all that it speaks of, but for a full queue.
    expect([...seen].sort()).toEqual(["collision", "dutyCycle", "ok", "tooLate"]);
  });
});

function ascending(a: number, b: number): number {
  return a - b;
}
