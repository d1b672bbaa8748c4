import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { PROTOBUF_FRAMES } from "#hal/net/chirpstack-frames.ts";
import { JSON_FRAMES } from "#hal/net/chirpstack-json.ts";
import { hex } from "../../hex.ts";

const GATEWAY = "02f00afe00000000";
/** 2025-11-25 21:34:18 UTC, which GPS counts as 18 s later. */
const GPS_US = 1_448_141_676_000_250;

const bytesOf = (message: object) => new Uint8Array(Buffer.from(JSON.stringify(message)));
const said = (bytes: Uint8Array): unknown => JSON.parse(Buffer.from(bytes).toString());
const decoded = (message: object) => JSON_FRAMES.decodeDownlink(bytesOf(message));

describe("what a gateway says", () => {
  test("an uplink", () => {
    const bytes = JSON_FRAMES.encodeUplink(GATEWAY, {
      phyPayload: hex("40 01 02 03 04 00 01 00 05 aa"),
      frequencyHz: 868_100_000,
      rate: { sf: 9, bandwidthHz: 125_000 },
      uplinkId: 4_000_000_000,
      counterUs: 0x7_89ab_cdef,
      gpsUs: GPS_US,
      rssiDbm: -97,
      snrDb: 7.5,
    });
    expect(said(bytes)).toEqual({
      phyPayload: "QAECAwQAAQAFqg==",
      txInfo: {
        frequency: 868_100_000,
        modulation: { lora: { bandwidth: 125_000, spreadingFactor: 9, codeRate: "CR_4_5" } },
      },
      rxInfo: {
        gatewayId: GATEWAY,
        uplinkId: 4_000_000_000,
        gwTime: "2025-11-25T21:34:18.000250Z",
        timeSinceGpsEpoch: "1448141676.000250s",
        rssi: -97,
        snr: 7.5,
        context: "iavN7w==",
        crcStatus: "CRC_OK",
      },
    });
  });

  test("an acknowledgement has a status for each item", () => {
    expect(said(JSON_FRAMES.encodeTxAck(GATEWAY, 9, ["tooLate", "ok", "ignored"]))).toEqual({
      gatewayId: GATEWAY,
      downlinkId: 9,
      items: [{ status: "TOO_LATE" }, { status: "OK" }, { status: "IGNORED" }],
    });
  });

  test("statistics", () => {
    const stats = { gpsUs: GPS_US, received: 5, asked: 4, emitted: 3 };
    expect(said(JSON_FRAMES.encodeStats(GATEWAY, stats))).toEqual({
      gatewayId: GATEWAY,
      time: "2025-11-25T21:34:18.000250Z",
      rxPacketsReceived: 5,
      rxPacketsReceivedOk: 5,
      txPacketsReceived: 4,
      txPacketsEmitted: 3,
    });
    const location = { latitude: 60.170123, longitude: -24.94, altitudeM: 20.5 };
    expect(said(JSON_FRAMES.encodeStats(GATEWAY, { ...stats, location }))).toMatchObject({
      location: { latitude: 60.170123, longitude: -24.94, altitude: 20.5, source: "GPS" },
    });
  });
});

describe("a downlink", () => {
  const lora = { bandwidth: 125_000, spreadingFactor: 7, codeRate: "CR_4_5" };
  const txInfo = { frequency: 868_100_000, modulation: { lora }, context: "AsxH6A==" };
  const item = {
    phyPayload: "YDLeAw==",
    txInfo: { ...txInfo, timing: { delay: { delay: "1s" } } },
  };
  const frame = { downlinkId: 7, gatewayId: GATEWAY, items: [item] };

  test.each<[object, object | undefined]>([
    [{ delay: { delay: "1s" } }, { type: "delay", counter: 0x02cc_47e8, delayUs: 1_000_000 }],
    [{ delay: { delay: "0.5s" } }, { type: "delay", counter: 0x02cc_47e8, delayUs: 500_000 }],
    [{ gpsEpoch: { timeSinceGpsEpoch: "12.000000500s" } }, { type: "gps", gpsUs: 12_000_001 }],
    [{ immediately: {} }, { type: "immediately" }],
    [{ delay: { delay: "soon" } }, undefined],
    [{ delay: { delay: "-1s" } }, undefined],
    [{}, undefined],
  ])("timed %j", (timing, expected) => {
    const found = decoded({ ...frame, items: [{ ...item, txInfo: { ...txInfo, timing } }] });
    if (expected === undefined) expect(found).toBeUndefined();
    else expect(found?.items[0]?.timing).toEqual(expected);
  });

  test("has its alternatives in order", () => {
    const later = { ...item, txInfo: { ...item.txInfo, frequency: 869_525_000 } };
    expect(decoded({ ...frame, items: [item, later] })).toEqual({
      downlinkId: 7,
      gatewayId: GATEWAY,
      items: [868_100_000, 869_525_000].map((frequencyHz) => ({
        phyPayload: hex("60 32 de 03"),
        frequencyHz,
        rate: { sf: 7, bandwidthHz: 125_000 },
        timing: { type: "delay", counter: 0x02cc_47e8, delayUs: 1_000_000 },
      })),
    });
  });

  test("without LoRa has no rate", () => {
    const fsk = { ...item.txInfo, modulation: { fsk: { datarate: 50_000 } } };
    expect(
      decoded({ ...frame, items: [{ ...item, txInfo: fsk }] })?.items[0]?.rate,
    ).toBeUndefined();
  });

  test.each<[string, object]>([
    ["no items", { ...frame, items: [] }],
    ["too many items", { ...frame, items: Array.from({ length: 17 }, () => item) }],
    ["an item without txInfo", { ...frame, items: [{ phyPayload: "" }] }],
    ["no base64", { ...frame, items: [{ ...item, phyPayload: "?" }] }],
    ["no context", { ...frame, items: [{ ...item, txInfo: { ...item.txInfo, context: "" } }] }],
    ["no gateway", { ...frame, gatewayId: undefined }],
    ["no number", { ...frame, downlinkId: "7" }],
  ])("with %s is none", (_, message) => {
    expect(decoded(message)).toBeUndefined();
  });

  test("no bytes do harm, those of protobuf neither", () => {
    const protobuf = PROTOBUF_FRAMES.encodeTxAck(GATEWAY, 9, ["ok"]);
    expect(JSON_FRAMES.decodeDownlink(protobuf)).toBeUndefined();
    const json = fc.json().map((text) => new Uint8Array(Buffer.from(text)));
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array(), json), (bytes) => {
        expect(JSON_FRAMES.decodeDownlink(bytes)).toBeUndefined();
      }),
    );
  });
});
