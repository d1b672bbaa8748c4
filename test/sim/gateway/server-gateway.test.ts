import { describe, expect, test } from "vitest";
import type { DownlinkItemFacts as DownlinkItem } from "#hal/gateway-port.ts";
import { EU868 } from "#scenarios/regions/eu868.ts";
import type { AirDownlink, AirUplink } from "#sim/air/frames.ts";
import {
  type GatewayEvent,
  ServerGateway,
  type ServerGatewayConfig,
} from "#sim/gateway/server-gateway.ts";
import { Engine } from "#sim/kernel/engine.ts";

const MS = 1000;
const S = 1_000_000;
const GPS_AT_START = 1_400_000_000;
const SF7 = { sf: 7, bandwidthHz: 125_000 };
const SIGNAL = { rssiDbm: -60, snrDb: 8 };

/** A gateway whose frames last one millisecond a byte. */
function bench(config: Partial<ServerGatewayConfig> = {}) {
  const engine = new Engine();
  const events: GatewayEvent[] = [];
  const aired: AirDownlink[] = [];
  const gateway = new ServerGateway(
    {
      region: EU868,
      gpsAtStart: GPS_AT_START,
      statsIntervalS: 30,
      isLenient: false,
      acknowledges: "booked",
      ...config,
    },
    {
      downlinkAirtimeUs: (_, phyBytes) => phyBytes * MS,
      earliestStartUs: (_, now) => now,
      spend: () => {},
    },
    { scheduler: engine, emit: (event) => events.push(event), onAir: (it) => aired.push(it) },
  );
  const hear = (uplink: AirUplink) => {
    engine.advance(uplink.endUs);
    return gateway.receive(uplink, SIGNAL);
  };
  const acks = () => events.flatMap((event) => (event.type === "ack" ? [event.statuses] : []));
  const starts = () => aired.map(({ startUs }) => startUs);
  return { engine, gateway, events, aired, hear, acks, starts };
}

function uplinkTo(endUs: number): AirUplink {
  const startUs = endUs - 50 * MS;
  return { phyPayload: Uint8Array.of(0x40), dr: 5, frequencyHz: 868_100_000, startUs, endUs };
}

function item(timing: DownlinkItem["timing"], change: Partial<DownlinkItem> = {}): DownlinkItem {
  return {
    phyPayload: new Uint8Array(100),
    frequencyHz: 868_100_000,
    rate: SF7,
    timing,
    ...change,
  };
}
const delay = (counter: number, delayUs: number) =>
  item({ type: "delay", counter, delayUs } as const);
const gps = (atUs: number) => item({ type: "gps", gpsUs: GPS_AT_START * 1e6 + atUs } as const);
const NOW = item({ type: "immediately" });

describe("uplinks", () => {
  test("reach the server with the counter at their end, GPS time and a number of their own", () => {
    const { hear, events } = bench();
    expect(hear(uplinkTo(2 * S))).toBe(true);
    expect(hear(uplinkTo(3 * S))).toBe(true);
    expect(events).toMatchObject([
      { uplinkId: 1, counterUs: 2 * S, gpsUs: GPS_AT_START * 1e6 + 2 * S, rate: SF7, ...SIGNAL },
      { uplinkId: 2, counterUs: 3 * S, frequencyHz: 868_100_000 },
    ]);
  });

  test("are not heard while the gateway sends", () => {
    const { engine, gateway, hear, events } = bench();
    engine.advance(S);
    gateway.command({ downlinkId: 1, items: [NOW] });
    expect(hear(uplinkTo(S + 60 * MS))).toBe(false);
    expect(events.map(({ type }) => type)).toEqual(["ack"]);
  });

  test("carry on when the counter of 32 bits wraps, and so do their answers", () => {
    const { gateway, hear, events, starts, engine } = bench();
    const endUs = 2 ** 32 - 10 * MS;
    hear(uplinkTo(endUs));
    const [heard] = events;
    const counter = heard?.type === "uplink" ? heard.counterUs : Number.NaN;
    expect(counter).toBe(2 ** 32 - 10 * MS);
    engine.advance(2 ** 32 + 200 * MS);
    gateway.command({ downlinkId: 1, items: [delay(counter, S)] });
    engine.advance(2 ** 32 + 5 * S);
    expect(starts()).toEqual([endUs + S]);
  });
});

describe("a downlink", () => {
  const first = { endUs: 2 * S, counter: 2 * S };

  test.each<[string, readonly DownlinkItem[], readonly string[], readonly number[]]>([
    ["goes out at its time", [delay(first.counter, S)], ["ok"], [3 * S]],
    [
      "takes the first way that can be",
      [delay(first.counter, -S), delay(first.counter, 2 * S), delay(first.counter, 3 * S)],
      ["tooLate", "ok", "ignored"],
      [4 * S],
    ],
    ["that cannot be is acknowledged all the same", [delay(first.counter, -S)], ["tooLate"], []],
    ["without a way", [], [], []],
    [
      "at a rate that the region has not",
      [item(NOW.timing, { rate: { sf: 5, bandwidthHz: 125_000 } }), NOW],
      ["frequency", "ok"],
      [2 * S],
    ],
    ["without LoRa", [item(NOW.timing, { rate: undefined })], ["frequency"], []],
    ["at a GPS time", [gps(7 * S)], ["ok"], [7 * S]],
    ["after its GPS time", [gps(S)], ["tooLate"], []],
    ["at once", [NOW], ["ok"], [2 * S]],
    ["when the counter says so", [item({ type: "counter", counter: 3 * S })], ["ok"], [3 * S]],
    ["when the counter has said so", [item({ type: "counter", counter: S })], ["tooLate"], []],
  ])("%s", (_, items, statuses, starts) => {
    const { engine, gateway, hear, acks, ...rest } = bench();
    hear(uplinkTo(first.endUs));
    gateway.command({ downlinkId: 5, items });
    engine.advance(20 * S);
    expect(acks()).toEqual([statuses]);
    expect(rest.starts()).toEqual(starts);
    expect(gateway.sent).toBe(starts.length);
  });

  test("after its GPS time goes out at once where the gateway is lenient", () => {
    const { engine, gateway, acks, starts } = bench({ isLenient: true });
    engine.advance(9 * S);
    gateway.command({ downlinkId: 1, items: [gps(S)] });
    engine.advance(20 * S);
    expect(acks()).toEqual([["ok"]]);
    expect(starts()).toEqual([9 * S]);
  });

  test("that collides with another is told so", () => {
    const { engine, gateway, acks } = bench();
    gateway.command({ downlinkId: 1, items: [gps(5 * S)] });
    gateway.command({ downlinkId: 2, items: [gps(5 * S + 50 * MS)] });
    engine.advance(9 * S);
    expect(acks()).toEqual([["ok"], ["collision"]]);
  });

  test("is acknowledged exactly once, however it goes", () => {
    const { engine, gateway, events } = bench();
    for (let id = 0; id < 60; id++) gateway.command({ downlinkId: id, items: [NOW, gps(S)] });
    engine.advance(60 * S);
    const ids = events.flatMap((event) => (event.type === "ack" ? [event.downlinkId] : []));
    expect(ids.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 60 }, (_, id) => id));
  });
});

test("statistics come at the start and at every interval, with what was counted until then", () => {
  const { engine, gateway, hear, events } = bench();
  gateway.start();
  hear(uplinkTo(S));
  gateway.command({ downlinkId: 1, items: [NOW] });
  gateway.command({ downlinkId: 2, items: [gps(0)] });
  engine.advance(65 * S);
  expect(events.filter(({ type }) => type === "stats")).toMatchObject([
    { gpsUs: GPS_AT_START * 1e6, received: 0, asked: 0, emitted: 0 },
    { gpsUs: GPS_AT_START * 1e6 + 30 * S, received: 1, asked: 2, emitted: 1 },
    { gpsUs: GPS_AT_START * 1e6 + 60 * S, received: 1, asked: 2, emitted: 1 },
  ]);
});

test("statistics say where the gateway is, if it knows", () => {
  const location = { latitude: 60.17, longitude: 24.94, altitudeM: 20 };
  const [knows, doesNot] = [bench({ location }), bench()];
  for (const { gateway } of [knows, doesNot]) gateway.start();
  expect(knows.events).toMatchObject([{ type: "stats", location }]);
  expect(doesNot.events[0]).not.toHaveProperty("location");
});

test("counts from where it is told, and goes by that", () => {
  const { engine, gateway, hear, events, starts } = bench({ counterStartUs: 2 ** 32 - S });
  hear(uplinkTo(3 * S));
  engine.advance(3.1 * S);
  gateway.command({ downlinkId: 1, items: [delay(2 * S, S)] });
  engine.advance(9 * S);
  expect(events[0]).toMatchObject({ counterUs: 2 ** 32 + 2 * S });
  expect(starts()).toEqual([4 * S]);
});

describe("a gateway that misbehaves", () => {
  const GOOD = { acks: "sent", forS: undefined, gpsErrorS: 0, counterRestartS: undefined } as const;

  test("sends, and says nothing of it", () => {
    const { engine, gateway, acks, starts } = bench({ behaviour: { ...GOOD, acks: "none" } });
    gateway.command({ downlinkId: 1, items: [gps(2 * S)] });
    gateway.command({ downlinkId: 2, items: [gps(-S)] });
    engine.advance(9 * S);
    expect(starts()).toEqual([2 * S]);
    expect(acks()).toEqual([]);
  });

  test("refuses what it could send, until it has behaved so for long enough", () => {
    const behaviour = { ...GOOD, acks: "refused", forS: 5 } as const;
    const { engine, gateway, acks, starts } = bench({ behaviour });
    gateway.command({ downlinkId: 1, items: [gps(2 * S), NOW] });
    engine.advance(5 * S);
    gateway.command({ downlinkId: 2, items: [NOW] });
    engine.advance(9 * S);
    expect(acks()).toEqual([["tooLate", "tooLate"], ["ok"]]);
    expect(starts()).toEqual([5 * S]);
  });

  test("has another GPS time than the world, for what it says and for what it is told", () => {
    const { engine, gateway, hear, events, starts } = bench({
      behaviour: { ...GOOD, gpsErrorS: 100 },
    });
    hear(uplinkTo(2 * S));
    expect(events).toMatchObject([{ gpsUs: GPS_AT_START * 1e6 + 102 * S }]);
    gateway.command({ downlinkId: 1, items: [gps(107 * S)] });
    engine.advance(9 * S);
    expect(starts()).toEqual([7 * S]);
  });

  test("begins to count anew: what was to be counted from before comes too late", () => {
    const { engine, gateway, hear, events, acks, starts } = bench({
      behaviour: { ...GOOD, counterRestartS: 10 },
    });
    hear(uplinkTo(9.5 * S));
    engine.advance(10.1 * S);
    gateway.command({ downlinkId: 1, items: [delay(9.5 * S, S)] });
    hear(uplinkTo(12 * S));
    gateway.command({ downlinkId: 2, items: [delay(2 * S, S)] });
    engine.advance(20 * S);
    expect(events).toMatchObject([
      { counterUs: 9.5 * S },
      { type: "ack" },
      { counterUs: 2 * S },
      { type: "ack" },
    ]);
    expect(acks()).toEqual([["tooLate"], ["ok"]]);
    expect(starts()).toEqual([13 * S]);
  });
});
