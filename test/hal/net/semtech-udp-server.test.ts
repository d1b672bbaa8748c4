import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ServerDownlink } from "#hal/gateway-port.ts";
import {
  decodeFromUdpServer,
  encodeUdpPull,
  encodeUdpStats,
  encodeUdpTxAck,
  encodeUdpUplink,
} from "#hal/net/semtech-udp.ts";
import {
  decodeFromUdpGateway,
  encodePullAck,
  encodePullResp,
  encodePushAck,
} from "#hal/net/semtech-udp-server.ts";
import { hex } from "../../hex.ts";

const EUI = hex("02 f0 0a fe 00 00 00 01");
const eui = "02f00afe00000001";
const RATE = { sf: 9, bandwidthHz: 125_000 };

const datagram = (id: number, body: string) =>
  Buffer.concat([hex("02 12 34"), Uint8Array.of(id), EUI, Buffer.from(body)]);
const push = (body: unknown) => decodeFromUdpGateway(datagram(0, JSON.stringify(body)));

describe("what a gateway sends", () => {
  test("an uplink, as our own gateway says it", () => {
    const uplink = {
      phyPayload: hex("40 01 02 03 04 00 01 00 05 aa"),
      frequencyHz: 868_100_000,
      rate: RATE,
      uplinkId: 1,
      counterUs: 2 ** 32 + 5,
      gpsUs: 1_448_141_676_250_000,
      rssiDbm: -97,
      snrDb: 7.5,
    };
    const { uplinkId, counterUs, rssiDbm, snrDb, ...facts } = uplink;
    expect(decodeFromUdpGateway(encodeUdpUplink(EUI, 0xabcd, uplink))).toEqual({
      type: "pushData",
      token: 0xabcd,
      eui,
      uplinks: [{ ...facts, context: { counter: 5n, antenna: 0 } }],
      unusable: 0,
    });
  });

  test("statistics are a PUSH_DATA without uplinks", () => {
    const stats = encodeUdpStats(EUI, 1, { gpsUs: 0, received: 1, asked: 1, emitted: 1 });
    expect(decodeFromUdpGateway(stats)).toMatchObject({ uplinks: [], unusable: 0 });
  });

  test("PULL_DATA", () => {
    expect(decodeFromUdpGateway(encodeUdpPull(EUI, 7))).toEqual({
      type: "pullData",
      token: 7,
      eui,
    });
  });

  test.each([
    ["ok", ""],
    ["tooLate", "TOO_LATE"],
    ["dutyCycle", "DUTY_CYCLE_OVERFLOW"],
  ] as const)("TX_ACK with %s", (status, error) => {
    expect(decodeFromUdpGateway(encodeUdpTxAck(EUI, 0xfffe, status))).toEqual({
      type: "txAck",
      token: 0xfffe,
      eui,
      error,
    });
  });

  test.each([
    ["", ""],
    ["{}", ""],
    ['{"txpk_ack":{}}', ""],
    ['{"txpk_ack":{"error":"NONE"}}', ""],
    ['{"txpk_ack":{"warn":"TX_POWER","value":20}}', ""],
    ['{"txpk_ack":{"error":"TX_FREQ"}}', "TX_FREQ"],
    ['{"txpk_ack":{"error":7}}', ""],
    ["{", ""],
  ])("TX_ACK with %j has the error %j", (body, error) => {
    expect(decodeFromUdpGateway(datagram(5, body))).toMatchObject({ error });
  });
});

describe("packets of a PUSH_DATA", () => {
  const rxpk = {
    tmst: 0,
    freq: 868.1,
    stat: 1,
    modu: "LORA",
    datr: "SF9BW125",
    size: 3,
    data: "QAEC",
  };

  test.each<[string, object]>([
    ["without what not every forwarder says", { stat: undefined, size: undefined }],
    ["with a counter at its end", { tmst: 4_294_967_295 }],
    ["with data that lacks its padding", { size: 4, data: "QAECAw" }],
    ["with what newer forwarders add", { rsig: [], foff: 7, mid: 3 }],
  ])("%s count", (_, change) => {
    expect(push({ rxpk: [{ ...rxpk, ...change }] })).toMatchObject({
      uplinks: [{ frequencyHz: 868_100_000, rate: RATE, gpsUs: undefined }],
      unusable: 0,
    });
  });

  test.each<[string, unknown]>([
    ["of FSK", { ...rxpk, modu: "FSK", datr: 50_000 }],
    ["without a counter", { ...rxpk, tmst: undefined }],
    ["with a counter of more than 32 bits", { ...rxpk, tmst: 2 ** 32 }],
    ["with a counter below 0", { ...rxpk, tmst: -1 }],
    ["with another size than they have", { ...rxpk, size: 4 }],
    ["without data", { ...rxpk, data: undefined }],
    ["with nothing in them", { ...rxpk, size: 0, data: "" }],
    ["longer than any frame", { ...rxpk, size: 256, data: `${"QA".repeat(171)}QA` }],
    ["without a frequency", { ...rxpk, freq: "868.1" }],
    ["with a rate that is none", { ...rxpk, datr: "SF7BW1" }],
    ["that are no objects", 7],
    ["that are nothing", null],
  ])("%s cannot be used", (_, packet) => {
    expect(push({ rxpk: [packet] })).toMatchObject({ uplinks: [], unusable: 1 });
  });

  test.each([0, -1])("with a CRC status of %d are not for us", (stat) => {
    expect(push({ rxpk: [{ ...rxpk, stat }, rxpk] })).toMatchObject({
      uplinks: [{ frequencyHz: 868_100_000 }],
      unusable: 0,
    });
  });

  test.each([{}, { rxpk: 7 }, { rxpk: {} }, null, []])("%j has none", (body) => {
    expect(push(body)).toMatchObject({ uplinks: [], unusable: 0 });
  });

  test("more than a forwarder sends are cut off", () => {
    const message = push({ rxpk: Array(100).fill(rxpk) });
    expect(message).toMatchObject({ uplinks: { length: 64 } });
  });
});

describe("what a server sends", () => {
  const downlink: ServerDownlink = {
    downlinkId: 0xabcd,
    phyPayload: hex("60 01 02"),
    context: { counter: 4_294_000_000n, antenna: 0 },
    ways: [
      { frequencyHz: 868_100_000, rate: RATE, delayUs: 1_000_000 },
      { frequencyHz: 869_525_000, rate: RATE, delayUs: 2_000_000 },
    ],
  };
  const item = { phyPayload: hex("60 01 02"), frequencyHz: 868_100_000, rate: RATE };

  test("PUSH_ACK and PULL_ACK are four bytes, with the token that came", () => {
    expect(encodePushAck(0x1234)).toEqual(hex("02 12 34 01"));
    expect(encodePullAck(0x1234)).toEqual(hex("02 12 34 04"));
  });

  test("PULL_RESP is the first way, and its counter wraps", () => {
    expect(decodeFromUdpServer(encodePullResp(downlink, 14))).toEqual({
      type: "pullResp",
      token: 0xabcd,
      item: { ...item, timing: { type: "counter", counter: 32_704 } },
    });
  });

  test("PULL_RESP for a ping slot is for its GPS time", () => {
    const bytes = encodePullResp(
      { ...downlink, context: undefined, gpsUs: 1_448_141_676_240_000 },
      14,
    );
    expect(decodeFromUdpServer(bytes)).toMatchObject({
      item: { ...item, timing: { type: "gps", gpsUs: 1_448_141_676_240_000 } },
    });
    const { txpk } = JSON.parse(Buffer.from(bytes.subarray(4)).toString()) as { txpk: object };
    expect(txpk).toMatchObject({ tmms: 1_448_141_676_240 });
    expect(Object.keys(txpk)).not.toContain("imme");
  });

  test("PULL_RESP without an uplink is for at once", () => {
    const bytes = encodePullResp({ ...downlink, context: undefined }, 27);
    expect(decodeFromUdpServer(bytes)).toMatchObject({
      item: { ...item, timing: { type: "immediately" } },
    });
    expect(JSON.parse(Buffer.from(bytes.subarray(4)).toString())).toEqual({
      txpk: {
        imme: true,
        freq: 868.1,
        rfch: 0,
        powe: 27,
        modu: "LORA",
        datr: "SF9BW125",
        codr: "4/5",
        ipol: true,
        ncrc: true,
        size: 3,
        data: "YAEC",
      },
    });
  });
});

describe("bytes that nobody promised", () => {
  test.each(["01 12 34 00", "02 12 34 01", "02 12 34 03", "02 12 34 04", "02 12 34 06"])(
    "%s is nothing of a gateway's",
    (header) => {
      expect(decodeFromUdpGateway(Buffer.concat([hex(header), EUI]))).toBeUndefined();
    },
  );

  test("cut short anywhere in header or EUI it is nothing", () => {
    const whole = encodeUdpPull(EUI, 1);
    for (let length = 0; length < whole.length; length++) {
      expect(decodeFromUdpGateway(whole.subarray(0, length))).toBeUndefined();
    }
  });

  test("larger than any forwarder's it is nothing", () => {
    expect(decodeFromUdpGateway(datagram(0, " ".repeat(16_384)))).toBeUndefined();
  });

  test("noise never throws", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.json(), (noise, json) => {
        decodeFromUdpGateway(noise);
        for (const id of [0, 2, 5]) decodeFromUdpGateway(datagram(id, json));
        decodeFromUdpGateway(datagram(0, `{"rxpk":[${json}]}`));
      }),
    );
  });
});
