import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { UplinkFacts } from "#hal/gateway-port.ts";
import {
  encodeDnTxed,
  encodeRouterInfo,
  encodeStationUplink,
  encodeTimeSync,
  encodeVersion,
  parsedMessage,
  type StationRates,
} from "#hal/net/basics-station.ts";
import { hex } from "../../hex.ts";

const SF7 = { sf: 7, bandwidthHz: 125_000 };
const RATES: StationRates = [
  { sf: 12, bandwidthHz: 125_000, isDownlinkOnly: false },
  undefined,
  { ...SF7, isDownlinkOnly: true },
  { ...SF7, isDownlinkOnly: false },
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

const said = (change: Partial<UplinkFacts> = {}, isGpsKnown = true) =>
  parsedMessage(encodeStationUplink({ ...UPLINK, ...change }, RATES, isGpsKnown) ?? "null");

describe("a data frame is taken apart", () => {
  test("into the fields of updf", () => {
    expect(said()).toMatchObject({
      msgtype: "updf",
      MHdr: 0x40,
      DevAddr: 0x8102_0304 - 2 ** 32,
      FCtrl: 0x82,
      FCnt: 0x0105,
      FOpts: "0a0b",
      FPort: 7,
      FRMPayload: "aabbcc",
      MIC: 0xf433_2211 - 2 ** 32,
      DR: 3,
      Freq: 868_100_000,
    });
  });

  test.each([
    ["no port", "80 04 03 02 01 00 05 01 11 22 33 44", { FPort: -1, FOpts: "", FRMPayload: "" }],
    ["a port alone", "40 04 03 02 01 00 05 01 09 11 22 33 44", { FPort: 9, FRMPayload: "" }],
    ["port 0", "40 04 03 02 01 00 05 01 00 02 11 22 33 44", { FPort: 0, FRMPayload: "02" }],
  ])("with %s", (_, bytes, fields) => {
    expect(said({ phyPayload: hex(bytes) })).toMatchObject({ msgtype: "updf", ...fields });
  });

  test.each([
    ["a frame of the proprietary type", "e0 01 02"],
    ["a frame too short for its options", "40 04 03 02 01 0f 05 01 11 22 33 44"],
    ["a join request of another length", "00 01 02 03"],
    ["one byte", "40"],
  ])("%s goes as it is", (_, bytes) => {
    const FRMPayload = bytes.replaceAll(" ", "");
    expect(said({ phyPayload: hex(bytes) })).toMatchObject({ msgtype: "propdf", FRMPayload });
  });
});

test("a join request has its EUIs as people write them", () => {
  const phyPayload = hex("00 08 07 06 05 04 03 02 01 01 00 00 00 00 f0 f0 02 34 12 11 22 33 44");
  expect(said({ phyPayload })).toMatchObject({
    msgtype: "jreq",
    MHdr: 0,
    JoinEui: "01-02-03-04-05-06-07-08",
    DevEui: "02-f0-f0-00-00-00-00-01",
    DevNonce: 0x1234,
    MIC: 0x4433_2211,
  });
});

describe("the time of an uplink", () => {
  test("is an xtime that no double holds: the session, then 48 bits of counter", () => {
    expect(said()?.["upinfo"]).toMatchObject({ xtime: 0x005a_1234_5678_9abcn });
    const last = { ...UPLINK, counterUs: 2 ** 48 - 1 };
    expect(encodeStationUplink(last, RATES, true)).toContain('"xtime":25614222880669695,');
  });

  test("is GPS time once the server has said what time it is, before that 0", () => {
    expect(said({}, true)?.["upinfo"]).toMatchObject({ gpstime: 1_448_141_676_000_250 });
    expect(said({}, false)?.["upinfo"]).toMatchObject({ gpstime: 0 });
  });
});

test("an uplink at a rate that the server has not cannot be said", () => {
  expect(
    encodeStationUplink({ ...UPLINK, rate: { sf: 8, bandwidthHz: 125_000 } }, RATES, true),
  ).toBe(undefined);
});

test("what else a station says", () => {
  expect(encodeRouterInfo(hex("01 02 03 04 05 06 07 08"))).toBe('{"router":"102:304:506:708"}');
  expect(encodeRouterInfo(hex("02 f0 0a fe 00 00 00 01"))).toBe('{"router":"2f0:afe:0:1"}');
  expect(parsedMessage(encodeVersion())).toMatchObject({ msgtype: "version", protocol: 2 });
  expect(encodeTimeSync(12.7)).toBe('{"msgtype":"timesync","txtime":12}');
  const echo = { diid: 7, devEui: "01-01-01-01-01-01-01-01", rctx: 0 };
  expect(parsedMessage(encodeDnTxed(echo, { counterUs: 5, gpsUs: 9.5 }))).toMatchObject({
    msgtype: "dntxed",
    diid: 7,
    seqno: 7,
    DevEui: "01-01-01-01-01-01-01-01",
    gpstime: 9,
    xtime: 0x005a_0000_0000_0005n,
  });
});

test("any frame can be said", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 255 }), (phyPayload) => {
      expect(["jreq", "updf", "propdf"]).toContain(said({ phyPayload })?.["msgtype"]);
    }),
  );
});
