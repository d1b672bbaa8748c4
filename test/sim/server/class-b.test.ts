import { describe, expect, test } from "vitest";
import { nextPingSlotUs } from "#sim/mac/beacon-timing.ts";
import { Bench, crypto, provisionOf } from "./bench.ts";
import { FakeDevice } from "./fake-device.ts";

const PERIODICITY = 2;
const INFO = { name: "PingSlotInfoReq", slots: { periodicity: PERIODICITY } } as const;

function joined(unicastClass: "A" | "B" = "B") {
  const bench = new Bench();
  return { bench, device: FakeDevice.joined(bench, { ...provisionOf(1), unicastClass }) };
}

/** A device that has enabled class B, half a minute ago. */
function enabled() {
  const { bench, device } = joined();
  device.exchange({ commands: [INFO] });
  device.send({ isClassB: true });
  bench.run(30);
  bench.requests.splice(0);
  return { bench, device };
}

const queue = (bench: Bench, device: FakeDevice, byte: number) =>
  bench.server.enqueue(device.onServer, 200, Uint8Array.of(byte));

/** When its next slot begins, a second or more from now. */
function slotAfter({ server, engine }: Bench, { onServer }: FakeDevice): number {
  const group = { address: onServer.session?.devAddr ?? 0, periodicity: PERIODICITY };
  return nextPingSlotUs(server.gpsUsAt(engine.now) + 1e6, group, crypto) - server.gpsUsAt(0);
}

test("PingSlotInfoReq is answered", () => {
  const { device } = joined();
  expect(device.exchange({ commands: [INFO] }).commands).toEqual([{ name: "PingSlotInfoAns" }]);
});

test("a device of class B is sent to in its next ping slot, slot after slot", () => {
  const { bench, device } = enabled();
  const first = slotAfter(bench, device);
  queue(bench, device, 1);
  queue(bench, device, 2);
  bench.run(0.001);
  const PING = { dr: 3, frequencyHz: 869_525_000 };
  expect(bench.requests).toMatchObject([{ ...PING, timing: { type: "at", us: first } }]);
  bench.run(15);
  const times = bench.requests.map(({ timing }) => (timing.type === "at" ? timing.us : 0));
  expect(times).toHaveLength(2);
  expect(times[1]).toBeGreaterThan(first);
  expect(device.onServer.queue).toEqual([]);
});

test("it is sent to again, with the same counter, when the gateway could not", () => {
  const { bench, device } = enabled();
  bench.sends = () => bench.requests.length > 1;
  queue(bench, device, 1);
  bench.run(20);
  expect(bench.requests).toHaveLength(2);
  expect(bench.requests[0]?.phyPayload).toEqual(bench.requests[1]?.phyPayload);
});

test("whoever watches sees what is sent, and what became of it", () => {
  const { bench, device } = enabled();
  const seen: unknown[] = [];
  bench.server.witness = {
    onJoin: () => {},
    onUplink: () => {},
    onStranger: () => {},
    onDownlink: (_, { fPort, payload }) => {
      seen.push([fPort, ...payload]);
      return (isSent) => seen.push(isSent);
    },
  };
  bench.sends = () => bench.requests.length > 1;
  queue(bench, device, 7);
  bench.run(20);
  expect(seen).toEqual([[200, 7], false, [200, 7], true]);
});

describe("is waited for", () => {
  test.each([
    ["whose periodicity is not known", "B", [], true],
    ["whose uplinks say that it is in class A", "B", [INFO], false],
    ["that is not registered for class B", "A", [INFO], true],
  ] as const)("a device %s", (_, unicastClass, commands, isClassB) => {
    const { bench, device } = joined(unicastClass);
    device.send({ commands });
    device.send({ isClassB });
    bench.run(30);
    bench.requests.splice(0);
    queue(bench, device, 1);
    bench.run(600);
    expect(bench.requests).toEqual([]);
  });
});
