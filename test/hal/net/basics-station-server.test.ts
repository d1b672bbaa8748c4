import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { StationRates } from "#hal/net/basics-station.ts";
import { decodeFromStationServer, decodeRouterInfo } from "#hal/net/basics-station-server.ts";
import { hex } from "../../hex.ts";

/** As ChirpStack gateway bridge 4.1.1 sends them in EU868. */
const ROUTER_INFO =
  '{"router":"0102:0304:0506:0708","muxs":"0102:0304:0506:0708","uri":"ws://127.0.0.1:13001/gateway/0102030405060708"}';
const ROUTER_CONFIG =
  '{"msgtype":"router_config","NetID":null,"JoinEui":null,"region":"EU863","hwspec":"sx1301/1","freq_range":[863000000,870000000],"DRs":[[12,125,0],[11,125,0],[10,125,0],[9,125,0],[8,125,0],[7,125,0],[7,250,0],[0,0,0],[-1,0,0]],"sx1301_conf":[],"MuxTime":1796022021.366078}';
const CLASS_A =
  '{"msgtype":"dnmsg","DevEui":"01-01-01-01-01-01-01-01","dC":0,"diid":4000000001,"pdu":"6001020304","priority":1,"RxDelay":5,"RX1DR":5,"RX1Freq":868100000,"RX2DR":0,"RX2Freq":869525000,"xtime":301490975054524,"rctx":0,"MuxTime":1796022022.435741}';
const AT_ONCE =
  '{"msgtype":"dnmsg","DevEui":"01-01-01-01-01-01-01-01","dC":2,"diid":2,"pdu":"6001020304","priority":1,"RX2DR":0,"RX2Freq":869525000,"MuxTime":1796022022.480613}';
const GPS_TIMED =
  '{"msgtype":"dnmsg","DevEui":"01-01-01-01-01-01-01-01","dC":1,"diid":3,"pdu":"6001020304","priority":1,"DR":3,"Freq":869525000,"gpstime":1448141676250000,"MuxTime":1796022022.480827}';

const SF12 = { sf: 12, bandwidthHz: 125_000 };
const SF9 = { sf: 9, bandwidthHz: 125_000 };
const SF7 = { sf: 7, bandwidthHz: 125_000 };
const phyPayload = hex("60 01 02 03 04");

function ratesOf(text: string): StationRates {
  const message = decodeFromStationServer(text, []);
  return message?.type === "routerConfig" ? message.rates : [];
}
const RATES = ratesOf(ROUTER_CONFIG);
const decoded = (text: string) => decodeFromStationServer(text, RATES);
const changed = (text: string, change: object) =>
  decoded(JSON.stringify({ ...(JSON.parse(text) as object), ...change }));

describe("discovery", () => {
  test("says where to connect to", () => {
    const uri = "ws://127.0.0.1:13001/gateway/0102030405060708";
    expect(decodeRouterInfo(ROUTER_INFO)).toEqual({ ok: true, uri });
  });

  test.each([
    ['{"router":"::1","error":"not known here"}', "not known here"],
    ['{"router":"::1","uri":"http://host/"}', "an answer without a uri"],
    ['{"router":"::1","uri":"ws://"}', "an answer without a uri"],
    ["{}", "an answer without a uri"],
    ["no JSON", "an answer without a uri"],
  ])("%s is refused", (text, reason) => {
    expect(decodeRouterInfo(text)).toEqual({ ok: false, reason });
  });
});

test("a configuration brings the data rates by their indexes", () => {
  expect(decoded(ROUTER_CONFIG)).toMatchObject({ type: "routerConfig", region: "EU863" });
  expect(RATES.map((rate) => rate?.sf)).toEqual([12, 11, 10, 9, 8, 7, 7, undefined, undefined]);
  expect(RATES[6]).toEqual({ sf: 7, bandwidthHz: 250_000, isDownlinkOnly: false });
  expect(ratesOf('{"msgtype":"router_config","DRs":[[12,500,1]]}')).toEqual([
    { sf: 12, bandwidthHz: 500_000, isDownlinkOnly: true },
  ]);
});

describe("a downlink", () => {
  test("of class A has both windows, counted from the uplink", () => {
    const counter = 301_490_975_054_524 % 2 ** 32;
    expect(decoded(CLASS_A)).toEqual({
      type: "downlink",
      echo: { diid: 4_000_000_001, devEui: "01-01-01-01-01-01-01-01", rctx: 0 },
      isAcknowledged: true,
      items: [
        {
          phyPayload,
          frequencyHz: 868_100_000,
          rate: SF7,
          timing: { type: "delay", counter, delayUs: 5_000_000 },
        },
        {
          phyPayload,
          frequencyHz: 869_525_000,
          rate: SF12,
          timing: { type: "delay", counter, delayUs: 6_000_000 },
        },
      ],
    });
  });

  test("of class C goes out at once", () => {
    const timing = { type: "immediately" };
    const item = { phyPayload, frequencyHz: 869_525_000, rate: SF12, timing };
    expect(decoded(AT_ONCE)).toMatchObject({ items: [item] });
  });

  test("of class C with an uplink's xtime takes that window first", () => {
    const rx1 = { xtime: 7, RxDelay: 1, RX1DR: 5, RX1Freq: 868_300_000 };
    expect(changed(AT_ONCE, rx1)).toMatchObject({
      items: [
        { rate: SF7, timing: { type: "delay", counter: 7, delayUs: 1_000_000 } },
        { rate: SF12, timing: { type: "immediately" } },
      ],
    });
  });

  test("of class B goes out at its GPS time", () => {
    const timing = { type: "gps", gpsUs: 1_448_141_676_250_000 };
    expect(decoded(GPS_TIMED)).toMatchObject({ items: [{ rate: SF9, timing }] });
  });

  test("keeps an xtime beyond 2^53 to the last bit", () => {
    const text = CLASS_A.replace("301490975054524", "18302628885633695743");
    const timing = { counter: Number(18_302_628_885_633_695_743n % 2n ** 32n) };
    expect(decoded(text)).toMatchObject({ items: [{ timing }, { timing }] });
  });

  test("to nobody in particular is not acknowledged", () => {
    expect(changed(AT_ONCE, { DevEui: "00-00-00-00-00-00-00-00" })).toMatchObject({
      isAcknowledged: false,
    });
  });

  test.each<[string, object]>([
    ["no payload", { pdu: "" }],
    ["odd hex", { pdu: "600" }],
    ["no hex", { pdu: "6001zz" }],
    ["a payload longer than any frame", { pdu: "00".repeat(256) }],
    ["a payload that is no text", { pdu: 6001 }],
    ["no such class", { dC: 3 }],
    ["no xtime", { xtime: 0 }],
    ["a negative xtime", { xtime: -1 }],
    ["a delay longer than any", { RxDelay: 16 }],
    ["no frequency", { RX1Freq: 0, RX2Freq: "868100000" }],
  ])("with %s cannot be sent", (_, change) => {
    expect(changed(CLASS_A, change)).toMatchObject({ type: "downlink", items: [] });
  });

  test("at an index without LoRa has no rate", () => {
    expect(changed(AT_ONCE, { RX2DR: 7 })).toMatchObject({ items: [{ rate: undefined }] });
    expect(changed(AT_ONCE, { RX2DR: 99 })).toMatchObject({ items: [{ rate: undefined }] });
  });
});

test("a schedule is downlinks that nobody acknowledges, by GPS time or by the counter", () => {
  const one = { diid: 1, DR: 5, Freq: 869_525_000, pdu: "6001020304" };
  const schedule = [{ ...one, gpstime: 9_000_000 }, { ...one, xtime: 5 }, one];
  expect(decoded(JSON.stringify({ msgtype: "dnsched", schedule }))).toMatchObject({
    type: "schedule",
    downlinks: [
      { isAcknowledged: false, items: [{ timing: { type: "gps", gpsUs: 9_000_000 } }] },
      { isAcknowledged: false, items: [{ timing: { type: "counter", counter: 5 } }] },
      { items: [] },
    ],
  });
});

test("the answer about the time has the question's time again", () => {
  const text = '{"msgtype":"timesync","txtime":12345678,"gpstime":1480057240431184}';
  const gpsUs = 1_480_057_240_431_184;
  expect(decoded(text)).toEqual({ type: "timeSync", txtimeUs: 12_345_678, gpsUs });
  expect(decoded('{"msgtype":"timesync","xtime":5,"gpstime":7}')).toMatchObject({ gpsUs: 7 });
});

describe("what is no message", () => {
  test.each([
    "",
    "null",
    "[]",
    '"text"',
    "{}",
    '{"msgtype":7}',
    '{"msgtype":"dnmsg"',
    '{"msgtype":"timesync"}',
    '{"msgtype":"router_config"}',
    '{"msgtype":"dnsched"}',
    `{"msgtype":"dnsched","schedule":[${"{},".repeat(256)}{}]}`,
  ])("%s", (text) => {
    expect(decoded(text)).toBeUndefined();
  });

  test("any text, and each truncation of a true one, does no harm", () => {
    for (let end = 0; end < CLASS_A.length; end++) {
      expect(decoded(CLASS_A.slice(0, end))).toBeUndefined();
    }
    fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), (text) => void decoded(text)));
  });

  test("what the protocol has beside these is told apart", () => {
    expect(decoded('{"msgtype":"runcmd","command":"reboot"}')).toEqual({
      type: "other",
      msgtype: "runcmd",
    });
  });
});
