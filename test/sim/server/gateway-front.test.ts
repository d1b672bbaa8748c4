import { describe, expect, test } from "vitest";
import type { HeardUplink, ServerDownlink } from "#hal/gateway-port.ts";
import type { DownlinkRequest, GatewayUplink } from "#sim/air/frames.ts";
import { Engine } from "#sim/kernel/engine.ts";
import { GatewayFront } from "#sim/server/gateway-front.ts";
import { IN_EU868 } from "../eu868.ts";
import { GPS_AT_START, S } from "./bench.ts";

interface Sent extends ServerDownlink {
  readonly gateway: number;
}

class Front {
  readonly engine = new Engine();
  readonly received: GatewayUplink[] = [];
  readonly sent: Sent[] = [];
  readonly acks: boolean[] = [];
  isThere = true;
  readonly front = new GatewayFront(IN_EU868.region, this.engine, GPS_AT_START, (uplink) =>
    this.received.push(uplink),
  );

  constructor(...gateways: readonly ("booked" | "onAir")[]) {
    for (const acknowledges of gateways) {
      const gateway: number = this.front.add({
        acknowledges,
        send: (downlink) => this.sent.push({ ...downlink, gateway }) > 0 && this.isThere,
      });
    }
  }

  hear(gateway: number, change: Partial<HeardUplink> = {}): void {
    this.front.receive(gateway, {
      phyPayload: Uint8Array.of(0x40, 1, 2, 3),
      frequencyHz: 868_100_000,
      rate: { sf: 7, bandwidthHz: 125_000 },
      context: { counter: BigInt(1000 + gateway), antenna: gateway },
      gpsUs: undefined,
      ...change,
    });
  }

  /** A server's two tries in the windows of the newest uplink. */
  answer(): void {
    const uplink = this.received.at(-1);
    if (uplink === undefined) throw new Error("nothing was heard");
    const common = { gateway: uplink.gateway, phyPayload: Uint8Array.of(0x60), answers: uplink };
    const at = (seconds: number) => ({ type: "at", us: uplink.endUs + seconds * S }) as const;
    const rx2: DownlinkRequest = { ...common, dr: 0, frequencyHz: 869_525_000, timing: at(2) };
    const rx1: DownlinkRequest = {
      ...common,
      dr: 5,
      frequencyHz: 868_100_000,
      timing: at(1),
      orElse: rx2,
    };
    this.front.transmit(rx1, (isSent) => {
      if (isSent) this.acks.push(true);
      else this.front.transmit(rx2, (isSentLater) => this.acks.push(isSentLater));
    });
  }

  at(seconds: number): void {
    this.engine.advance(seconds * S);
  }
}

describe("of the copies of a frame", () => {
  test("the first counts, whoever it came by", () => {
    const bench = new Front("booked", "booked");
    bench.hear(1);
    bench.at(0.3);
    bench.hear(0);
    bench.hear(1);
    expect(bench.received).toMatchObject([
      { gateway: 1, dr: 5, endUs: 0, context: { antenna: 1 } },
    ]);
  });

  test("one that comes much later is a frame of its own", () => {
    const bench = new Front("booked");
    bench.hear(0);
    bench.at(1.4);
    bench.hear(0);
    bench.at(1.5);
    bench.hear(0);
    expect(bench.received).toHaveLength(2);
  });

  test("another frame is none", () => {
    const bench = new Front("booked");
    bench.hear(0);
    bench.hear(0, { phyPayload: Uint8Array.of(0x40, 1, 2, 4) });
    expect(bench.received).toHaveLength(2);
  });

  test("all are known, for who reaches a device", () => {
    const bench = new Front("booked", "booked");
    const heard: ReadonlySet<number>[] = [];
    bench.front.onReach = (_, gateways) => heard.push(gateways);
    bench.hear(1);
    bench.hear(0);
    expect(heard).toEqual([new Set([1, 0])]);
  });

  test("a rate that the region has not is nothing", () => {
    const bench = new Front("booked");
    bench.hear(0, { rate: { sf: 6, bandwidthHz: 125_000 } });
    bench.hear(0, { rate: { sf: 7, bandwidthHz: 500_000 } });
    expect(bench.received).toEqual([]);
  });
});

describe("an answer goes out by the gateway that heard the uplink, by its counter", () => {
  test("whose first window is booked, and that is all", () => {
    const bench = new Front("booked", "booked");
    bench.hear(1);
    bench.answer();
    expect(bench.sent).toMatchObject([
      {
        gateway: 1,
        context: { counter: 1001n },
        ways: [
          { frequencyHz: 868_100_000, rate: { sf: 7 }, delayUs: S },
          { frequencyHz: 869_525_000, rate: { sf: 12 }, delayUs: 2 * S },
        ],
      },
    ]);
    bench.front.acknowledge(1, 0, true);
    bench.at(20);
    expect(bench.acks).toEqual([true]);
    expect(bench.sent).toHaveLength(1);
  });

  test.each([
    ["at once", true],
    ["never, so when the first window is there", false],
  ])("it says no to the first window %s: the second is tried", (_, isSaid) => {
    const bench = new Front("booked");
    bench.hear(0);
    bench.answer();
    if (isSaid) bench.front.acknowledge(0, 0, false);
    else bench.at(1);
    expect(bench.sent).toMatchObject([
      { downlinkId: 0 },
      { downlinkId: 1, ways: [{ frequencyHz: 869_525_000, delayUs: 2 * S }] },
    ]);
    bench.front.acknowledge(0, 1, true);
    bench.at(20);
    expect(bench.acks).toEqual([true]);
  });

  test("it says no to both: nothing was sent", () => {
    const bench = new Front("booked");
    bench.hear(0);
    bench.answer();
    bench.front.acknowledge(0, 0, false);
    bench.front.acknowledge(0, 1, false);
    expect(bench.acks).toEqual([false]);
  });

  test("it is not there any more: nothing was sent", () => {
    const bench = new Front("booked");
    bench.hear(0);
    bench.isThere = false;
    bench.answer();
    expect(bench.acks).toEqual([false]);
  });

  test("it says nothing at all: it may have been sent, and its counter is not used again", () => {
    const bench = new Front("booked");
    bench.hear(0);
    bench.answer();
    bench.at(1.9);
    expect(bench.acks).toEqual([]);
    bench.at(2);
    expect(bench.acks).toEqual([true]);
  });

  test("words of another gateway, of no downlink, or said twice change nothing", () => {
    const bench = new Front("booked", "booked");
    bench.hear(0);
    bench.answer();
    bench.front.acknowledge(1, 0, false);
    bench.front.acknowledge(0, 7, false);
    expect(bench.sent).toHaveLength(1);
    bench.front.acknowledge(0, 0, true);
    bench.front.acknowledge(0, 0, false);
    expect(bench.acks).toEqual([true]);
    expect(bench.sent).toHaveLength(1);
  });
});

describe("a station", () => {
  test("is given both windows at once and says when the frame is on the air", () => {
    const bench = new Front("onAir");
    bench.hear(0);
    bench.answer();
    bench.at(2.1);
    expect(bench.acks).toEqual([]);
    bench.front.acknowledge(0, 0, true);
    expect(bench.acks).toEqual([true]);
    expect(bench.sent).toHaveLength(1);
  });

  test("that says nothing has sent nothing, and the second window is over", () => {
    const bench = new Front("onAir");
    bench.hear(0);
    bench.answer();
    bench.at(4.9);
    expect(bench.acks).toEqual([]);
    bench.at(5);
    expect(bench.acks).toEqual([false]);
    expect(bench.sent).toHaveLength(1);
  });
});

describe("a multicast frame", () => {
  const multicast = (gateway: number): DownlinkRequest => ({
    gateway,
    phyPayload: Uint8Array.of(0x60),
    dr: 5,
    frequencyHz: 869_525_000,
    timing: { type: "immediately" },
  });

  test("goes out by the gateways that were chosen, at once", () => {
    const bench = new Front("booked", "booked", "onAir");
    bench.front.multicastGateways = [2, 1];
    for (const gateway of [0, 1]) bench.front.transmit(multicast(gateway), () => {});
    expect(bench.sent).toMatchObject([
      { gateway: 2, context: undefined, ways: [{ delayUs: 0 }] },
      { gateway: 1, context: undefined },
    ]);
  });

  test("with no gateway there was not sent", () => {
    const bench = new Front();
    bench.front.transmit(multicast(0), (isSent) => bench.acks.push(isSent));
    expect(bench.acks).toEqual([false]);
  });
});

describe("a ping slot, that no uplink asks for", () => {
  const slot = { phyPayload: Uint8Array.of(0x60), dr: 3, frequencyHz: 869_525_000 };
  const send = (bench: Front, us: number) =>
    bench.front.transmit({ ...slot, timing: { type: "at", us } }, (isSent) =>
      bench.acks.push(isSent),
    );

  test("is told by its GPS time", () => {
    const bench = new Front("booked");
    send(bench, 7_240_000);
    const gpsUs = GPS_AT_START * 1e6 + 7_240_000;
    expect(bench.sent).toMatchObject([{ context: undefined, gpsUs, ways: [{ rate: { sf: 9 } }] }]);
    bench.front.acknowledge(0, 0, true);
    expect(bench.acks).toEqual([true]);
  });

  test("that a station says nothing of was not sent", () => {
    const bench = new Front("onAir");
    send(bench, 7_240_000);
    bench.at(10);
    expect(bench.acks).toEqual([]);
    bench.at(11);
    expect(bench.acks).toEqual([false]);
  });

  test("that is over is not asked for", () => {
    const bench = new Front("booked");
    bench.at(8);
    send(bench, 7_240_000);
    expect([bench.sent, bench.acks]).toEqual([[], [false]]);
  });
});
