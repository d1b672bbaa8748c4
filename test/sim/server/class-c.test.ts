import { describe, expect, test } from "vitest";
import { Bench, provisionOf } from "./bench.ts";
import { FakeDevice } from "./fake-device.ts";

const RX2 = { dr: 0, frequencyHz: 869_525_000, timing: { type: "immediately" } };

/** A device that has sent an uplink, half a minute ago. */
function heard(lorawan: "1.0" | "1.1", unicastClass: "A" | "C" = "C") {
  const bench = new Bench();
  const device = FakeDevice.joined(bench, { ...provisionOf(1, { lorawan }), unicastClass });
  const deviceClass = unicastClass === "C" ? 2 : 0;
  device.send(
    lorawan === "1.1" ? { commands: [{ name: "DeviceModeInd", deviceClass } as const] } : {},
  );
  bench.run(30);
  bench.requests.splice(0);
  return { bench, device };
}

const queue = (bench: Bench, device: FakeDevice, byte: number) =>
  bench.server.enqueue(device.onServer, 200, Uint8Array.of(byte));

describe.each(["1.0", "1.1"] as const)("a %s device of class C", (lorawan) => {
  test("is sent to on RX2 at once, and five seconds later again", () => {
    const { bench, device } = heard(lorawan);
    queue(bench, device, 1);
    queue(bench, device, 2);
    bench.run(0.001);
    expect(bench.requests).toMatchObject([RX2]);
    bench.run(4.9);
    expect(bench.requests).toHaveLength(1);
    bench.run(0.2);
    const opened = bench.requests.map((request) => device.open(request, 0));
    expect(opened.map(({ payload, frame }) => [...payload, frame.fPending])).toEqual([
      [1, true],
      [2, false],
    ]);
    expect(device.onServer.queue).toEqual([]);
    bench.run(60);
    expect(bench.requests).toHaveLength(2);
  });

  test("is left to class A for five seconds after an uplink", () => {
    const { bench, device } = heard(lorawan);
    queue(bench, device, 1);
    queue(bench, device, 2);
    const { request, payload } = device.exchange();
    expect([request.timing.type, ...payload]).toEqual(["at", 1]);
    bench.requests.splice(0);
    bench.run(4.9);
    expect(bench.requests).toEqual([]);
    bench.run(0.2);
    expect(bench.requests).toMatchObject([RX2]);
  });

  test("is sent to again, with the same counter, when the gateway could not", () => {
    const { bench, device } = heard(lorawan);
    bench.sends = () => bench.requests.length > 1;
    queue(bench, device, 1);
    bench.run(20);
    expect(bench.requests).toHaveLength(2);
    expect(bench.requests[0]?.phyPayload).toEqual(bench.requests[1]?.phyPayload);
  });

  test("is not sent a second frame while the first waits at the gateway", () => {
    const { bench, device } = heard(lorawan);
    const acks: (() => void)[] = [];
    bench.acknowledge = (ack) => acks.push(ack);
    queue(bench, device, 1);
    bench.run(1);
    queue(bench, device, 2);
    bench.run(60);
    expect(bench.requests).toHaveLength(1);
    for (const ack of acks.splice(0)) ack();
    bench.run(1);
    expect(bench.requests).toHaveLength(2);
  });
});

test.each([
  ["of class A", "1.0", "A"],
  ["of class A, by its own word", "1.1", "A"],
] as const)("a device %s is waited for", (_, lorawan, unicastClass) => {
  const { bench, device } = heard(lorawan, unicastClass);
  queue(bench, device, 1);
  bench.run(600);
  expect(bench.requests).toEqual([]);
});

test("no device is sent to before its first uplink", () => {
  const bench = new Bench();
  const device = FakeDevice.joined(bench, { ...provisionOf(1), unicastClass: "C" });
  queue(bench, device, 1);
  bench.run(600);
  expect(bench.requests).toEqual([]);
  device.send();
  bench.run(10);
  expect(bench.requests.length).toBeGreaterThan(0);
});

test("1.1: DeviceModeInd is confirmed, and leads back to class A too", () => {
  const { bench, device } = heard("1.1");
  const { commands } = device.exchange({ commands: [{ name: "DeviceModeInd", deviceClass: 0 }] });
  expect(commands).toEqual([{ name: "DeviceModeConf", deviceClass: 0 }]);
  queue(bench, device, 1);
  bench.requests.splice(0);
  bench.run(600);
  expect(bench.requests).toEqual([]);
});
