import { describe, expect, test } from "vitest";
import { Bench, provisionOf, S } from "./bench.ts";
import { CHANNELS, FakeDevice } from "./fake-device.ts";

const payloadsOf = (bench: Bench) => bench.heard.map(({ payload }) => [...payload]);

describe.each(["1.0", "1.1"] as const)("uplinks of a %s device", (lorawan) => {
  const provisioned = provisionOf(1, { lorawan });

  test("are answered, if only by an empty downlink, when they ask with ADRACKReq", () => {
    const device = FakeDevice.joined(new Bench());
    const { frame } = device.exchange({ adrAckReq: true });
    expect(frame).toMatchObject({ ack: false, fPort: undefined, adrAckReq: false });
  });

  test("are delivered in clear, and not answered when there is nothing to say", () => {
    const bench = new Bench();
    const device = FakeDevice.joined(bench, provisioned);
    for (let channel = 0; channel < CHANNELS; channel++) {
      const uplink = { fPort: 1 + channel, payload: Uint8Array.of(channel), channel, dr: channel };
      expect(device.send(uplink)).toEqual([]);
    }
    expect(payloadsOf(bench)).toEqual([[0], [1], [2]]);
    expect(bench.heard.map(({ fPort }) => fPort)).toEqual([1, 2, 3]);
  });

  test("of the network alone, without port or on port 0, are not delivered", () => {
    const bench = new Bench();
    const device = FakeDevice.joined(bench, provisioned);
    device.send({ fPort: undefined });
    device.send({ fPort: 0, payload: Uint8Array.of(0x02) });
    expect(bench.heard).toEqual([]);
    device.send();
    expect(bench.heard).toHaveLength(1);
  });

  test("are ignored when any bit is wrong, or bytes are missing", () => {
    const bench = new Bench();
    const device = FakeDevice.joined(bench, provisioned);
    device.send();
    bench.server.enqueue(device.onServer, 7, Uint8Array.of(1));
    bench.heard.splice(0);
    const good = device.seal({ payload: Uint8Array.of(1, 2, 3), confirmed: true });
    for (let bit = 0; bit < 8 * good.length; bit++) {
      const bad = good.slice();
      bad[bit >> 3] = (bad[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(bench.receive(bad), `bit ${bit}`).toEqual([]);
    }
    for (let length = 0; length < good.length; length++) {
      expect(bench.receive(good.subarray(0, length)), `${length} bytes`).toEqual([]);
    }
    expect(bench.heard).toEqual([]);
    expect(bench.receive(good)).toHaveLength(1);
    expect(payloadsOf(bench)).toEqual([[1, 2, 3]]);
  });

  test("are delivered once: replays and older counters are ignored", () => {
    const bench = new Bench();
    const device = FakeDevice.joined(bench, provisioned);
    const frames = [0, 1, 2].map((fCnt) => device.seal({ fCnt, payload: Uint8Array.of(fCnt) }));
    for (const index of [0, 0, 2, 1, 2, 0]) bench.receive(frames[index] ?? new Uint8Array(0));
    expect(payloadsOf(bench)).toEqual([[0], [2]]);
    expect(bench.requests).toEqual([]);
  });

  test("are counted with 32 bits: gaps and rollovers of the 16 on air", () => {
    const bench = new Bench();
    const device = FakeDevice.joined(bench, provisioned);
    const counters = [0, 20_000, 65_535, 65_536, 65_537, 131_071, 131_080];
    counters.forEach((fCnt, index) => {
      device.send({ fCnt, payload: Uint8Array.of(index) });
    });
    expect(payloadsOf(bench)).toEqual(counters.map((_, index) => [index]));
    // the low half alone would fit
    device.send({ fCnt: 9 + 65_536, payload: Uint8Array.of(99) });
    expect(bench.heard).toHaveLength(counters.length);
  });

  test("end with the last counter there is", () => {
    const bench = new Bench();
    const device = FakeDevice.joined(bench, provisioned);
    const { session } = device.onServer;
    if (session === undefined) throw new Error("not joined");
    session.nextFCntUp = 0xffff_ffff;
    device.send({ fCnt: 0xffff_ffff, confirmed: true });
    device.send({ fCnt: 0 });
    expect(bench.heard).toHaveLength(1);
    expect(device.send({ fCnt: 0xffff_ffff, confirmed: true })).toHaveLength(1);
    expect(bench.heard).toHaveLength(1);
  });

  test("are acknowledged when confirmed, again for a repeat that is not delivered again", () => {
    const bench = new Bench();
    const device = FakeDevice.joined(bench, provisioned);
    for (const fCnt of [3, 3, 65_536, 65_536]) {
      const downlink = device.exchange({ fCnt, confirmed: true, payload: Uint8Array.of(fCnt) });
      expect(downlink.frame).toMatchObject({ ack: true, confirmed: false, fPort: undefined });
    }
    expect(payloadsOf(bench)).toEqual([[3], [0]]);
    expect(bench.requests.map(({ phyPayload }) => phyPayload[6])).toEqual([0, 1, 2, 3]);
  });

  test("are not acknowledged again for an older frame, or for one that was not confirmed", () => {
    const bench = new Bench();
    const device = FakeDevice.joined(bench, provisioned);
    device.exchange({ fCnt: 0, confirmed: true });
    device.send({ fCnt: 1 });
    bench.server.enqueue(device.onServer, 200, Uint8Array.of(1));
    expect(device.send({ fCnt: 0, confirmed: true })).toEqual([]);
    expect(device.send({ fCnt: 1 })).toEqual([]);
    expect(bench.heard).toHaveLength(2);
  });
});

describe.each(["1.0", "1.1"] as const)("downlinks to a %s device", (lorawan) => {
  const provisioned = provisionOf(1, { lorawan });

  test("wait for an uplink; one each, in order, FPending on all but the last", () => {
    const bench = new Bench();
    const device = FakeDevice.joined(bench, provisioned);
    for (const octet of [1, 2, 3]) {
      bench.server.enqueue(device.onServer, 200, Uint8Array.of(octet, octet));
    }
    bench.run(100);
    expect(bench.requests).toEqual([]);

    const downlinks = [1, 2, 3].map(() => device.exchange());
    expect(downlinks.map(({ payload }) => [...payload])).toEqual([
      [1, 1],
      [2, 2],
      [3, 3],
    ]);
    expect(downlinks.map(({ frame }) => frame.fPending)).toEqual([true, true, false]);
    expect(downlinks.map(({ frame }) => frame.fCntLow)).toEqual([0, 1, 2]);
    expect(downlinks[0]?.frame).toMatchObject({ fPort: 200, ack: false, confirmed: false });
    expect(device.send()).toEqual([]);
  });

  test("go into the first window of the uplink, on its channel and data rate", () => {
    const bench = new Bench();
    const device = FakeDevice.joined(bench, provisioned);
    bench.run(50);
    bench.server.enqueue(device.onServer, 200, Uint8Array.of(1));
    expect(device.exchange({ channel: 2, dr: 3 }).request).toMatchObject({
      dr: 3,
      frequencyHz: 868_500_000,
      timing: { type: "at", us: 51 * S },
    });
  });

  test("fall back to the second window, with the same bytes", () => {
    const bench = new Bench();
    const device = FakeDevice.joined(bench, provisioned);
    bench.sends = ({ dr }) => dr === 0;
    bench.server.enqueue(device.onServer, 200, Uint8Array.of(1));
    const [rx1, rx2, ...rest] = device.send();
    expect(rest).toEqual([]);
    expect(rx2?.request).toMatchObject({
      dr: 0,
      frequencyHz: 869_525_000,
      timing: { type: "at", us: 2 * S },
    });
    expect(rx2?.request.phyPayload).toEqual(rx1?.request.phyPayload);
    expect(device.send()).toEqual([]);
  });

  test("stay in the queue, and keep their counter, when the gateway sends in neither window", () => {
    const bench = new Bench();
    const device = FakeDevice.joined(bench, provisioned);
    bench.server.enqueue(device.onServer, 200, Uint8Array.of(1));
    bench.server.enqueue(device.onServer, 200, Uint8Array.of(2));
    bench.sends = () => false;
    expect(device.send()).toHaveLength(2);
    expect(device.send()).toHaveLength(2);
    bench.sends = () => true;
    const downlinks = [device.exchange(), device.exchange()];
    expect(downlinks.map(({ payload }) => payload[0])).toEqual([1, 2]);
    expect(downlinks.map(({ frame }) => frame.fCntLow)).toEqual([0, 1]);
  });

  test("leave the queue once, and counters never go back, when acknowledgements come late", () => {
    const bench = new Bench();
    const device = FakeDevice.joined(bench, provisioned);
    for (const octet of [1, 2, 3]) bench.server.enqueue(device.onServer, 9, Uint8Array.of(octet));
    const late: (() => void)[] = [];
    bench.acknowledge = (run) => late.push(run);
    device.exchange();
    device.exchange();
    const [first, second] = late;
    second?.();
    bench.acknowledge = (run) => run();
    expect(device.exchange()).toMatchObject({ payload: Uint8Array.of(2), frame: { fCntLow: 1 } });
    first?.();
    expect(device.exchange()).toMatchObject({ payload: Uint8Array.of(3), frame: { fCntLow: 2 } });
  });

  test("drop the oldest of a full queue", () => {
    const bench = new Bench();
    const device = FakeDevice.joined(bench, provisioned);
    for (let octet = 0; octet < 66; octet++) {
      bench.server.enqueue(device.onServer, 200, Uint8Array.of(octet));
    }
    const octets = Array.from({ length: 64 }, () => device.exchange().payload[0]);
    expect(octets).toEqual(Array.from({ length: 64 }, (_, index) => 2 + index));
    expect(device.send()).toEqual([]);
  });

  test("can be taken back while they wait, and no others with them", () => {
    const bench = new Bench();
    const device = FakeDevice.joined(bench, provisioned);
    const [first, second] = [Uint8Array.of(1), Uint8Array.of(1)];
    for (const payload of [first, second]) bench.server.enqueue(device.onServer, 200, payload);
    bench.server.withdraw(device.onServer, Uint8Array.of(1));
    bench.server.withdraw(device.onServer, first);
    bench.server.withdraw(device.onServer, first);
    expect(device.exchange().payload).toEqual(second);
    expect(device.send()).toEqual([]);
  });

  test("need an application port", () => {
    const bench = new Bench();
    const device = FakeDevice.joined(bench, provisioned);
    for (const fPort of [-1, 0, 1.5, 256]) {
      expect(() => bench.server.enqueue(device.onServer, fPort, Uint8Array.of(1))).toThrow(
        RangeError,
      );
    }
  });
});

test("LoRaWAN 1.1 counts application downlinks and network downlinks apart", () => {
  const bench = new Bench();
  const device = FakeDevice.joined(bench, provisionOf(1, { lorawan: "1.1" }));
  const confirmed = true;
  const counters = [false, true, true, false].map((isApplication) => {
    if (isApplication) bench.server.enqueue(device.onServer, 200, Uint8Array.of(1));
    return device.exchange({ confirmed }).frame.fCntLow;
  });
  expect(counters).toEqual([0, 0, 1, 1]);
});

test("LoRaWAN 1.0 counts them together", () => {
  const bench = new Bench();
  const device = FakeDevice.joined(bench);
  const counters = [false, true, true, false].map((isApplication) => {
    if (isApplication) bench.server.enqueue(device.onServer, 200, Uint8Array.of(1));
    return device.exchange({ confirmed: true }).frame.fCntLow;
  });
  expect(counters).toEqual([0, 1, 2, 3]);
});

test("devices do not hear each other's frames", () => {
  const bench = new Bench();
  const [one, two] = [1, 2].map((index) => FakeDevice.joined(bench, provisionOf(index)));
  if (one === undefined || two === undefined) throw new Error("two devices");
  bench.server.enqueue(two.onServer, 200, Uint8Array.of(2));
  expect(one.send({ payload: Uint8Array.of(1) })).toEqual([]);
  expect(two.exchange({ payload: Uint8Array.of(2) }).payload).toEqual(Uint8Array.of(2));
  expect(bench.heard.map(({ device }) => device)).toEqual([one.onServer, two.onServer]);
});
