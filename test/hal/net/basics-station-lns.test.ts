import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ServerDownlink, UplinkFacts } from "#hal/gateway-port.ts";
import {
  encodeDnTxed,
  encodeRouterInfo,
  encodeStationUplink,
  encodeTimeSync,
  encodeVersion,
  parsedMessage,
  type StationRates,
} from "#hal/net/basics-station.ts";
import {
  decodeFromStation,
  decodeRouterRequest,
  encodeDnMsg,
  encodeRouterAnswer,
  encodeRouterRefusal,
  encodeTimeSyncAnswer,
} from "#hal/net/basics-station-lns.ts";
import { decodeFromStationServer, decodeRouterInfo } from "#hal/net/basics-station-server.ts";
import { hex } from "../../hex.ts";

const SF7 = { sf: 7, bandwidthHz: 125_000 };
const SF12 = { sf: 12, bandwidthHz: 125_000 };
const RATES: StationRates = [
  { ...SF12, isDownlinkOnly: false },
  { ...SF7, isDownlinkOnly: false },
  undefined,
];
const UPLINK: UplinkFacts = {
  phyPayload: hex("40 04 03 02 81 82 05 01 0a 0b 07 aa bb cc 11 22 33 f4"),
  frequencyHz: 868_100_000,
  rate: SF7,
  uplinkId: 1,
  counterUs: 0x1234_5678_9abc,
  gpsUs: 1_448_141_676_000_250,
  rssiDbm: -97,
  snrDb: 7.5,
};
const JOIN = "00 08 07 06 05 04 03 02 01 01 00 00 00 00 f0 f0 02 34 12 11 22 33 f4";

const saidOf = (change: Partial<UplinkFacts> = {}, isGpsKnown = true) =>
  encodeStationUplink({ ...UPLINK, ...change }, RATES, isGpsKnown) ?? "";
const heardOf = (text: string) => {
  const message = decodeFromStation(text, RATES);
  return message?.type === "uplink" ? message.uplink : undefined;
};

describe("where a station asks to go", () => {
  test.each([
    ["01 02 03 04 05 06 07 08", "0102030405060708"],
    ["02 f0 0a fe 00 00 00 01", "02f00afe00000001"],
    ["00 00 00 00 00 00 00 00", "0000000000000000"],
  ])("%s, as our own station says it", (eui, digits) => {
    expect(decodeRouterRequest(encodeRouterInfo(hex(eui)))).toBe(digits);
  });

  test.each([
    ['"1::"', "0001000000000000"],
    ['"::1"', "0000000000000001"],
    ['"::"', "0000000000000000"],
    ['"b827:ebff::AE12"', "b827ebff0000ae12"],
    ['"b8-27-eb-ff-fe-01-02-03"', "b827ebfffe010203"],
    ['"b827ebfffe010203"', "b827ebfffe010203"],
    ["13269834311781122563", "b827ebfffe010203"],
    ["1", "0000000000000001"],
  ])("%s, in the other forms", (router, digits) => {
    expect(decodeRouterRequest(`{"router":${router}}`)).toBe(digits);
  });

  test.each([
    "",
    "{}",
    "7",
    '{"router":""}',
    '{"router":"1:2:3"}',
    '{"router":"1:2:3:4:5"}',
    '{"router":"1:2:3::4"}',
    '{"router":"1::2::3"}',
    '{"router":"1:2:3:44444"}',
    '{"router":"1:2:3:x"}',
    '{"router":-1}',
    '{"router":18446744073709551616}',
    '{"router":1.5}',
  ])("%s is no question", (text) => expect(decodeRouterRequest(text)).toBeUndefined());

  test("is answered", () => {
    const uri = "ws://localhost:3001/gateway/02f00afe00000001";
    const answer = encodeRouterAnswer("02f00afe00000001", uri);
    expect(decodeRouterInfo(answer)).toEqual({ ok: true, uri });
    expect(parsedMessage(answer)).toMatchObject({ router: "2f0:afe:0:1", muxs: "::0" });
    expect(decodeRouterInfo(encodeRouterRefusal("no EUI"))).toEqual({
      ok: false,
      reason: "no EUI",
    });
  });
});

describe("an uplink comes out as it went in", () => {
  test.each([
    ["options, port and payload", "40 04 03 02 81 82 05 01 0a 0b 07 aa bb cc 11 22 33 f4"],
    ["no port", "80 04 03 02 01 00 05 01 11 22 33 44"],
    ["a port alone", "40 04 03 02 01 00 05 01 09 11 22 33 44"],
    ["port 0", "40 04 03 02 01 00 05 01 00 02 11 22 33 44"],
    ["a join request", JOIN],
    ["a proprietary frame", "e0 01 02"],
    ["a frame too short for its options", "40 04 03 02 01 0f 05 01 11 22 33 44"],
  ])("with %s", (_, bytes) => {
    const { uplinkId, counterUs, rssiDbm, snrDb, ...facts } = { ...UPLINK, phyPayload: hex(bytes) };
    expect(heardOf(saidOf({ phyPayload: hex(bytes) }))).toEqual({
      ...facts,
      context: { counter: 0x005a_1234_5678_9abcn, antenna: 0 },
    });
  });

  test("whatever its bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 255 }), (phyPayload) => {
        expect(heardOf(saidOf({ phyPayload }))?.phyPayload).toEqual(phyPayload);
      }),
    );
  });

  test("without GPS time from a station that was not told it", () => {
    expect(heardOf(saidOf({}, false))?.gpsUs).toBeUndefined();
  });
});

describe("fields that are not what they should be make an uplink unusable", () => {
  test.each<[string, string]>([
    ['"DR":1', '"DR":2'],
    ['"DR":1', '"DR":16'],
    ['"DR":1', '"DR":-1'],
    ['"Freq":868100000', '"Freq":"868100000"'],
    ['"MHdr":64', '"MHdr":256'],
    ['"FCtrl":130', '"FCtrl":131'],
    ['"FCnt":261', '"FCnt":65536'],
    ['"FOpts":"0a0b"', '"FOpts":"0a0"'],
    ['"FPort":7', '"FPort":-1'],
    ['"FPort":7', '"FPort":256'],
    ['"FRMPayload":"aabbcc"', '"FRMPayload":"xx"'],
    ['"FRMPayload":"aabbcc"', `"FRMPayload":"${"aa".repeat(250)}"`],
    ['"FRMPayload":"aabbcc"', `"FRMPayload":"${"aa".repeat(300)}"`],
    ['"xtime":25352763902302908', '"xtime":0'],
    ['"xtime":25352763902302908', '"xtime":-5'],
    ['"xtime":25352763902302908', '"xtime":9223372036854775808'],
    ['"upinfo":{', '"upinfo":null,"x":{'],
  ])("%s as %s", (good, bad) => {
    const text = saidOf();
    expect(text).toContain(good);
    expect(decodeFromStation(text.replace(good, bad), RATES)).toEqual({
      type: "uplink",
      uplink: undefined,
    });
  });

  test.each<[string, string]>([
    ['"DevEui":"02-f0-f0-00-00-00-00-01"', '"DevEui":"02-f0-f0"'],
    ['"JoinEui":"01-02-03-04-05-06-07-08"', '"JoinEui":7'],
    ['"DevNonce":4660', '"DevNonce":65536'],
    ['"MIC":-197975535', '"MIC":4294967296'],
  ])("of a join request, %s as %s", (good, bad) => {
    const text = saidOf({ phyPayload: hex(JOIN) });
    expect(text).toContain(good);
    expect(heardOf(text.replace(good, bad))).toBeUndefined();
  });

  test("but 32 bits without a sign are understood", () => {
    const text = saidOf({ phyPayload: hex(JOIN) }).replace("-197975535", "4096991761");
    expect(heardOf(text)?.phyPayload).toEqual(hex(JOIN));
  });
});

test("what else a station says", () => {
  const heard = (text: string) => decodeFromStation(text, RATES);
  expect(heard(encodeVersion())).toEqual({
    type: "version",
    model: "simulated",
    station: "2.0.6(fuota)",
  });
  expect(heard(encodeTimeSync(12))).toEqual({ type: "timeSync", txtimeUs: 12 });
  const echo = { diid: 7, devEui: "01-01-01-01-01-01-01-01", rctx: 0 };
  expect(heard(encodeDnTxed(echo, { counterUs: 5, gpsUs: 9 }))).toEqual({
    type: "sent",
    downlinkId: 7,
  });
  expect(heard('{"msgtype":"dntxed"}')).toBeUndefined();
  expect(heard('{"msgtype":"getxtime"}')).toEqual({ type: "other", msgtype: "getxtime" });
  for (const text of ["", "[]", "{}", '{"msgtype":7}']) expect(heard(text)).toBeUndefined();
});

describe("a downlink, as our own station reads it", () => {
  const downlink: ServerDownlink = {
    downlinkId: 7,
    phyPayload: hex("60 01 02"),
    context: { counter: 0x005a_1234_5678_9abcn, antenna: 3 },
    ways: [
      { frequencyHz: 868_100_000, rate: SF7, delayUs: 5_000_000 },
      { frequencyHz: 869_525_000, rate: SF12, delayUs: 6_000_000 },
    ],
  };
  const read = (change: Partial<ServerDownlink>) =>
    decodeFromStationServer(encodeDnMsg({ ...downlink, ...change }, RATES, 1.8e9), RATES);
  const delay = { type: "delay", counter: 0x5678_9abc };

  test("has both windows of an uplink, whose xtime no double holds", () => {
    expect(read({})).toMatchObject({
      type: "downlink",
      isAcknowledged: true,
      echo: { diid: 7, rctx: 3 },
      items: [
        { phyPayload: hex("60 01 02"), rate: SF7, timing: { ...delay, delayUs: 5_000_000 } },
        { frequencyHz: 869_525_000, rate: SF12, timing: { ...delay, delayUs: 6_000_000 } },
      ],
    });
    expect(encodeDnMsg(downlink, RATES, 1.8e9)).toContain('"xtime":25352763902302908,');
  });

  test("has one window if there is one", () => {
    const [first] = downlink.ways;
    expect(read({ ways: [first] })).toMatchObject({ items: [{ frequencyHz: 868_100_000 }] });
  });

  test("goes out at once without an uplink", () => {
    expect(read({ context: undefined })).toMatchObject({
      isAcknowledged: true,
      items: [{ frequencyHz: 868_100_000, timing: { type: "immediately" } }],
    });
  });

  test("goes out in a ping slot, by GPS time", () => {
    const gpsUs = 1_448_141_676_240_000;
    const message = read({ context: undefined, gpsUs });
    expect(message).toMatchObject({
      isAcknowledged: true,
      items: [{ frequencyHz: 868_100_000, rate: SF7, timing: { type: "gps", gpsUs } }],
    });
    expect(encodeDnMsg({ ...downlink, context: undefined, gpsUs }, RATES, 1.8e9)).toContain(
      '"dC":1',
    );
  });

  test("time is told", () => {
    expect(decodeFromStationServer(encodeTimeSyncAnswer(5, 9.5), RATES)).toEqual({
      type: "timeSync",
      txtimeUs: 5,
      gpsUs: 9,
    });
  });
});

test("noise never throws", () => {
  const types = fc.constantFrom("version", "jreq", "updf", "propdf", "dntxed", "timesync", "x");
  const fields = fc.dictionary(
    fc.constantFrom("DR", "Freq", "upinfo", "MHdr", "FPort", "FCtrl", "FRMPayload", "FOpts", "MIC"),
    fc.jsonValue(),
  );
  fc.assert(
    fc.property(fc.string(), types, fields, (text, msgtype, rest) => {
      decodeFromStation(text, RATES);
      decodeFromStation(JSON.stringify({ ...rest, msgtype }), RATES);
      decodeRouterRequest(text);
      decodeRouterRequest(JSON.stringify({ router: text }));
    }),
  );
});
