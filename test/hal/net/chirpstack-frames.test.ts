import gw from "@chirpstack/chirpstack-api/gw/gw_pb.js";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { PROTOBUF_FRAMES } from "#hal/net/chirpstack-frames.ts";
import { hex } from "../../hex.ts";

const { decodeDownlink, encodeStats, encodeTxAck, encodeUplink } = PROTOBUF_FRAMES;

const GATEWAY = "02f00afe00000000";
/** 2025-11-25 21:34:18 UTC, which GPS counts as 18 s later. */
const GPS_US = 1_448_141_676_000_250;

/** As ChirpStack 4.20.0-test.1 published it: a class A answer in EU868, for RX1 or else RX2. */
const CAPTURED = hex(
  `
18e7b896f0062a3b0a136032de0301800000ca5dae2910305f7ac97d6b1a2408e0ffd39d0310101a0c1a0a08
c8d007100720012801320612040a0208013a0402cc47e82a3b0a136032de0301800000ca5dae2910305f7ac9
7d6b1a240888cccf9e03101d1a0c1a0a08c8d007100c20012801320612040a0208023a0402cc47e83a103032
6630306166653030303030303030
`
    .replaceAll(/\s/g, "")
    .replaceAll(/../g, "$& "),
);

describe("a downlink as a server published it", () => {
  test("has its alternatives in order, with the counter they count from", () => {
    const phyPayload = hex("60 32 de 03 01 80 00 00 ca 5d ae 29 10 30 5f 7a c9 7d 6b");
    const first = decodeDownlink(CAPTURED);
    expect(first).toMatchObject({ downlinkId: 1_845_861_479, gatewayId: GATEWAY });
    expect(first?.items).toEqual([
      {
        phyPayload,
        frequencyHz: 867_500_000,
        rate: { sf: 7, bandwidthHz: 125_000 },
        timing: { type: "delay", counter: 0x02cc47e8, delayUs: 1_000_000 },
      },
      {
        phyPayload,
        frequencyHz: 869_525_000,
        rate: { sf: 12, bandwidthHz: 125_000 },
        timing: { type: "delay", counter: 0x02cc47e8, delayUs: 2_000_000 },
      },
    ]);
  });

  test("cut short anywhere is no downlink or has fewer items, and never throws", () => {
    for (let length = 0; length < CAPTURED.length; length++) {
      const items = decodeDownlink(CAPTURED.subarray(0, length))?.items ?? [];
      expect(items.length).toBeLessThan(3);
    }
  });

  test("made of noise never throws", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (noise) => {
        decodeDownlink(noise);
      }),
    );
  });

  test("without an item, timing or context is none", () => {
    const made = (change: (item: gw.DownlinkFrameItem) => void) => {
      const frame = gw.DownlinkFrame.deserializeBinary(CAPTURED);
      for (const item of frame.getItemsList()) change(item);
      return decodeDownlink(frame.serializeBinary());
    };
    const bare = new gw.DownlinkFrame();
    bare.setDownlinkId(7);
    expect(decodeDownlink(bare.serializeBinary())).toBeUndefined();
    expect(made((item) => item.clearTxInfo())).toBeUndefined();
    expect(made((item) => item.getTxInfo()?.clearTiming())).toBeUndefined();
    expect(made((item) => item.getTxInfo()?.setContext(hex("01 02")))).toBeUndefined();
    expect(made(() => {})?.items).toHaveLength(2);
  });

  test("at a GPS time or at once says so", () => {
    const at = (timing: gw.Timing) => {
      const frame = gw.DownlinkFrame.deserializeBinary(CAPTURED);
      for (const item of frame.getItemsList()) item.getTxInfo()?.setTiming(timing);
      return decodeDownlink(frame.serializeBinary())?.items[0]?.timing;
    };
    const immediately = new gw.Timing();
    immediately.setImmediately(new gw.ImmediatelyTimingInfo());
    expect(at(immediately)).toEqual({ type: "immediately" });
    expect(at(gpsTiming(GPS_US))).toEqual({ type: "gps", gpsUs: GPS_US });
  });
});

/** By way of an uplink, which carries the same message. */
function gpsTiming(gpsUs: number): gw.Timing {
  const time = uplink({ gpsUs }).getRxInfo()?.getTimeSinceGpsEpoch();
  const info = new gw.GPSEpochTimingInfo();
  info.setTimeSinceGpsEpoch(time);
  const timing = new gw.Timing();
  timing.setGpsEpoch(info);
  return timing;
}

function uplink(change: { readonly gpsUs?: number } = {}): gw.UplinkFrame {
  const bytes = encodeUplink(GATEWAY, {
    phyPayload: hex("40 01 02 03 04 00 01 00 05 aa"),
    frequencyHz: 868_100_000,
    rate: { sf: 9, bandwidthHz: 125_000 },
    uplinkId: 4_000_000_000,
    counterUs: 0x7_89ab_cdef,
    gpsUs: GPS_US,
    rssiDbm: -97,
    snrDb: 7.5,
    ...change,
  });
  return gw.UplinkFrame.deserializeBinary(bytes);
}

describe("what a gateway says, read with ChirpStack's own classes", () => {
  test("an uplink", () => {
    const frame = uplink();
    const rxInfo = frame.getRxInfo();
    expect(frame.getPhyPayload_asU8()).toEqual(hex("40 01 02 03 04 00 01 00 05 aa"));
    expect(frame.getTxInfo()?.getFrequency()).toBe(868_100_000);
    expect(frame.getTxInfo()?.getModulation()?.getLora()?.toObject()).toMatchObject({
      bandwidth: 125_000,
      spreadingFactor: 9,
    });
    expect(rxInfo?.toObject()).toMatchObject({
      gatewayId: GATEWAY,
      uplinkId: 4_000_000_000,
      rssi: -97,
      snr: 7.5,
      crcStatus: gw.CRCStatus.CRC_OK,
    });
    expect(rxInfo?.getContext_asU8()).toEqual(hex("89 ab cd ef"));
    expect(rxInfo?.getTimeSinceGpsEpoch()?.toObject()).toEqual({
      seconds: 1_448_141_676,
      nanos: 250_000,
    });
    expect(rxInfo?.getGwTime()?.toDate().toISOString()).toBe("2025-11-25T21:34:18.000Z");
  });

  test("an acknowledgement has a status for each item", () => {
    const ack = gw.DownlinkTxAck.deserializeBinary(
      encodeTxAck(GATEWAY, 9, ["tooLate", "ok", "ignored"]),
    );
    expect(ack.getDownlinkId()).toBe(9);
    expect(ack.getItemsList().map((item) => item.getStatus())).toEqual([
      gw.TxAckStatus.TOO_LATE,
      gw.TxAckStatus.OK,
      gw.TxAckStatus.IGNORED,
    ]);
  });

  test.each([
    ["collision", "COLLISION_PACKET"],
    ["frequency", "TX_FREQ"],
    ["noGpsTime", "GPS_UNLOCKED"],
    ["queueFull", "QUEUE_FULL"],
    ["dutyCycle", "DUTY_CYCLE_OVERFLOW"],
  ] as const)("%s is %s", (ours, theirs) => {
    const ack = gw.DownlinkTxAck.deserializeBinary(encodeTxAck(GATEWAY, 1, [ours]));
    expect(ack.getItemsList()[0]?.getStatus()).toBe(gw.TxAckStatus[theirs]);
  });

  test("statistics", () => {
    const stats = gw.GatewayStats.deserializeBinary(
      encodeStats(GATEWAY, { gpsUs: GPS_US, received: 5, asked: 4, emitted: 3 }),
    );
    expect(stats.toObject()).toMatchObject({
      gatewayId: GATEWAY,
      rxPacketsReceived: 5,
      rxPacketsReceivedOk: 5,
      txPacketsReceived: 4,
      txPacketsEmitted: 3,
    });
    expect(stats.hasLocation()).toBe(false);
  });

  test("statistics of a gateway that knows where it is", () => {
    const location = { latitude: 60.170123, longitude: -24.94, altitudeM: 20.5 };
    const facts = { gpsUs: GPS_US, received: 0, asked: 0, emitted: 0, location };
    const stats = gw.GatewayStats.deserializeBinary(encodeStats(GATEWAY, facts));
    expect(stats.getLocation()?.toObject()).toEqual({
      latitude: 60.170123,
      longitude: -24.94,
      altitude: 20.5,
      source: 1,
      accuracy: 0,
    });
  });
});
