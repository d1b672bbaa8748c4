import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { UplinkFacts } from "#hal/gateway-port.ts";
import {
  decodeFromUdpServer,
  encodeUdpPull,
  encodeUdpStats,
  encodeUdpTxAck,
  encodeUdpUplink,
} from "#hal/net/semtech-udp.ts";
import { hex } from "../../hex.ts";

const EUI = hex("02 f0 0a fe 00 00 00 01");
/** 2025-11-25 21:34:18 UTC and a quarter of a millisecond. */
const GPS_US = 1_448_141_676_000_250;

const uplink: UplinkFacts = {
  phyPayload: hex("40 01 02 03 04 00 01 00 05 aa"),
  frequencyHz: 868_100_000,
  rate: { sf: 9, bandwidthHz: 125_000 },
  uplinkId: 1,
  counterUs: 0x7_89ab_cdef,
  gpsUs: GPS_US,
  rssiDbm: -97,
  snrDb: 7.5,
};

const partsOf = (datagram: Uint8Array) => ({
  header: datagram.slice(0, 4),
  eui: datagram.slice(4, 12),
  json: Buffer.from(datagram.slice(12)).toString(),
});
const pullResp = (body: unknown) =>
  Buffer.concat([hex("02 12 34 03"), Buffer.from(JSON.stringify(body))]);

describe("what a gateway sends", () => {
  test("PUSH_DATA with an uplink", () => {
    const { header, eui, json } = partsOf(encodeUdpUplink(EUI, 0xabcd, uplink));
    expect(header).toEqual(hex("02 ab cd 00"));
    expect(eui).toEqual(EUI);
    expect(JSON.parse(json)).toEqual({
      rxpk: [
        {
          tmst: 0x89abcdef,
          time: "2025-11-25T21:34:18.000Z",
          tmms: 1_448_141_676_000,
          chan: 0,
          rfch: 0,
          freq: 868.1,
          stat: 1,
          modu: "LORA",
          datr: "SF9BW125",
          codr: "4/5",
          rssi: -97,
          lsnr: 7.5,
          size: 10,
          data: "QAECAwQAAQAFqg==",
        },
      ],
    });
  });

  test("PUSH_DATA with statistics", () => {
    const stats = { gpsUs: GPS_US, received: 5, asked: 4, emitted: 3 };
    const { header, json } = partsOf(encodeUdpStats(EUI, 1, stats));
    expect(header).toEqual(hex("02 00 01 00"));
    expect(JSON.parse(json)).toEqual({
      stat: {
        time: "2025-11-25 21:34:18 GMT",
        rxnb: 5,
        rxok: 5,
        rxfw: 5,
        ackr: 100,
        dwnb: 4,
        txnb: 3,
      },
    });
    const location = { latitude: 60.170123, longitude: -24.94, altitudeM: 20.5 };
    expect(JSON.parse(partsOf(encodeUdpStats(EUI, 1, { ...stats, location })).json)).toMatchObject({
      stat: { lati: 60.170123, long: -24.94, alti: 21 },
    });
  });

  test("PULL_DATA is twelve bytes", () => {
    expect([...encodeUdpPull(EUI, 0x0102)]).toEqual([...hex("02 01 02 02"), ...EUI]);
  });

  test.each([
    ["ok", "NONE"],
    ["tooLate", "TOO_LATE"],
    ["collision", "COLLISION_PACKET"],
    ["frequency", "TX_FREQ"],
    ["noGpsTime", "GPS_UNLOCKED"],
  ] as const)("TX_ACK says %s as %s, with the token that came", (ours, theirs) => {
    const { header, json } = partsOf(encodeUdpTxAck(EUI, 0xfffe, ours));
    expect(header).toEqual(hex("02 ff fe 05"));
    expect(JSON.parse(json)).toEqual({ txpk_ack: { error: theirs } });
  });
});

describe("what a server sends", () => {
  const txpk = {
    freq: 869.525,
    rfch: 0,
    powe: 14,
    modu: "LORA",
    datr: "SF12BW125",
    codr: "4/5",
    ipol: true,
    size: 3,
    data: "YAEC",
  };
  const item = {
    phyPayload: hex("60 01 02"),
    frequencyHz: 869_525_000,
    rate: { sf: 12, bandwidthHz: 125_000 },
  };

  test("PUSH_ACK and PULL_ACK are four bytes", () => {
    expect(decodeFromUdpServer(hex("02 12 34 01"))).toEqual({ type: "pushAck", token: 0x1234 });
    expect(decodeFromUdpServer(hex("02 12 34 04"))).toEqual({ type: "pullAck", token: 0x1234 });
  });

  test.each([
    [{ imme: true }, { type: "immediately" }],
    [{ tmst: 4_294_967_295 }, { type: "counter", counter: 4_294_967_295 }],
    [{ tmst: 0 }, { type: "counter", counter: 0 }],
    [{ tmms: 1_448_141_676_000 }, { type: "gps", gpsUs: 1_448_141_676_000_000 }],
  ])("PULL_RESP with %j", (timing, expected) => {
    expect(decodeFromUdpServer(pullResp({ txpk: { ...txpk, ...timing } }))).toEqual({
      type: "pullResp",
      token: 0x1234,
      item: { ...item, timing: expected },
    });
  });

  test("FSK has no LoRa rate", () => {
    const fsk = { ...txpk, imme: true, modu: "FSK", datr: 50_000 };
    expect(decodeFromUdpServer(pullResp({ txpk: fsk }))).toMatchObject({
      item: { rate: undefined },
    });
  });

  test.each([
    ["no timing", { ...txpk }],
    ["a counter of more than 32 bits", { ...txpk, tmst: 2 ** 32 }],
    ["a size that is not that of the data", { ...txpk, imme: true, size: 4 }],
    ["no frequency", { ...txpk, imme: true, freq: undefined }],
    ["data that is no text", { ...txpk, imme: true, data: 7 }],
    ["no object", null],
  ])("PULL_RESP with %s cannot be sent", (_, bad) => {
    expect(decodeFromUdpServer(pullResp({ txpk: bad }))).toEqual({
      type: "pullResp",
      token: 0x1234,
      item: undefined,
    });
  });

  test("cut short anywhere it is nothing, or cannot be sent", () => {
    const whole = pullResp({ txpk: { ...txpk, imme: true } });
    for (let length = 0; length < whole.length; length++) {
      const message = decodeFromUdpServer(whole.subarray(0, length));
      expect(message).toEqual(
        length < 4 ? undefined : { type: "pullResp", token: 0x1234, item: undefined },
      );
    }
  });

  test.each(["01 12 34 03", "02 12 34 00", "02 12 34 02", "02 12 34 05", "02 12 34 06"])(
    "%s is nothing of a server's",
    (bytes) => expect(decodeFromUdpServer(hex(bytes))).toBeUndefined(),
  );

  test("noise never throws", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (noise) => {
        decodeFromUdpServer(noise);
        decodeFromUdpServer(Buffer.concat([hex("02 00 00 03"), noise]));
      }),
    );
  });
});
