import { describe, expect, test } from "vitest";
import { Bench, GPS_AT_START, provisionOf } from "./bench.ts";
import { FakeDevice } from "./fake-device.ts";

const LINK_CHECK_REQ = { name: "LinkCheckReq" } as const;
const DEVICE_TIME_REQ = { name: "DeviceTimeReq" } as const;
const REKEY_IND = { name: "RekeyInd", deviceVersion: { minor: 1 } } as const;
const LINK_CHECK_ANS = { name: "LinkCheckAns", marginDb: 20, gatewayCount: 1 };
const REKEY_CONF = { name: "RekeyConf", serverVersion: { minor: 1 } };

const RESET_IND = { name: "ResetInd", deviceVersion: { minor: 1 } } as const;
const RESET_CONF = { name: "ResetConf", serverVersion: { minor: 1 } };

describe.each(["1.0", "1.1"] as const)("MAC commands of a %s device", (lorawan) => {
  const provisioned = provisionOf(1, { lorawan });

  test("LinkCheckReq, RekeyInd and ResetInd are answered in FOpts, without a port", () => {
    const device = FakeDevice.joined(new Bench(), provisioned);
    const downlink = device.exchange({ commands: [LINK_CHECK_REQ, REKEY_IND, RESET_IND] });
    expect(downlink.commands).toEqual([LINK_CHECK_ANS, REKEY_CONF, RESET_CONF]);
    expect(downlink.frame).toMatchObject({ fPort: undefined, ack: false, fPending: false });
  });

  test("DeviceTimeAns is the time at which the uplink ended, to 1/256 s", () => {
    const bench = new Bench();
    const device = FakeDevice.joined(bench, provisioned);
    bench.run(1000.75);
    expect(device.exchange({ commands: [DEVICE_TIME_REQ] }).commands).toEqual([
      { name: "DeviceTimeAns", gps: GPS_AT_START + 1000, fraction: 192 },
    ]);
  });

  test("GPS time is modulo 2^32", () => {
    const bench = new Bench({ gpsAtStart: 2 ** 32 - 10 });
    const device = FakeDevice.joined(bench, provisioned);
    bench.run(15);
    expect(device.exchange({ commands: [DEVICE_TIME_REQ] }).commands).toEqual([
      { name: "DeviceTimeAns", gps: 5, fraction: 0 },
    ]);
  });

  test("are answered beside an application payload and an acknowledgement", () => {
    const bench = new Bench();
    const device = FakeDevice.joined(bench, provisioned);
    bench.server.enqueue(device.onServer, 200, Uint8Array.of(7));
    const downlink = device.exchange({ commands: [LINK_CHECK_REQ], confirmed: true });
    expect(downlink).toMatchObject({
      commands: [LINK_CHECK_ANS],
      payload: Uint8Array.of(7),
      frame: { ack: true, fPort: 200 },
    });
  });

  test("are answered when they come as the payload of port 0", () => {
    const device = FakeDevice.joined(new Bench(), provisioned);
    const downlink = device.exchange({ fPort: 0, payload: Uint8Array.of(0x02, 0x0b, 0x01) });
    expect(downlink.commands).toEqual([LINK_CHECK_ANS, REKEY_CONF]);
  });

  test("are answered as far as they can be read", () => {
    const device = FakeDevice.joined(new Bench(), provisioned);
    const answered = device.exchange({ fOpts: Uint8Array.of(0x02, 0x7f, 0x02) });
    expect(answered.commands).toEqual([LINK_CHECK_ANS]);
    expect(device.send({ fOpts: Uint8Array.of(0x7f, 0x02) })).toEqual([]);
  });

  test("that are answers themselves are not answered", () => {
    const device = FakeDevice.joined(new Bench(), provisioned);
    const status = { channelMaskAck: true, dataRateAck: true, powerAck: true };
    expect(device.send({ commands: [{ name: "LinkADRAns", status }] })).toEqual([]);
  });

  test("repeated in one frame are answered by whole commands, as many as fit", () => {
    const device = FakeDevice.joined(new Bench(), provisioned);
    const commands = [REKEY_IND, ...Array.from({ length: 13 }, () => LINK_CHECK_REQ)];
    expect(device.exchange({ commands }).commands).toEqual([
      REKEY_CONF,
      LINK_CHECK_ANS,
      LINK_CHECK_ANS,
      LINK_CHECK_ANS,
      LINK_CHECK_ANS,
    ]);
  });
});
