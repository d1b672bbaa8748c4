import { describe, expect, test } from "vitest";
import { drogueCommand, drogueStatus } from "#agent/pull/drogue.wire.ts";
import { DrogueMqtt } from "#agent/pull/drogue-mqtt.ts";
import { decodeCbor, encodeCbor } from "#agent/wire/cbor.ts";
import { KeyedEntropy } from "#sim/kernel/draws.ts";
import type { UpdateServiceOptions } from "#sim/server/drogue/update-service.ts";
import { PullWorld, type WorldOptions } from "../../../agent/pull/pull-world.ts";
import { update } from "../../../agent/pull/scripted-server.ts";
import { imageOf } from "../../../agent/test-device.ts";
import { DrogueBench, firmwareOf, noServer } from "./drogue-bench.ts";
import { DrogueMqttLink } from "./mqtt-link.ts";

/* Our device and our stand-in of Drogue, over MQTT. */

function worldOf(service: UpdateServiceOptions = {}, options: Omit<WorldOptions, "link"> = {}) {
  const bench = new DrogueBench(service);
  const link = new DrogueMqttLink(bench);
  const world = new PullWorld(noServer, { ...options, link });
  return { bench, link, world };
}

function offsetsOf(link: DrogueMqttLink): readonly number[] {
  return link.published.flatMap(({ payload }) => {
    const decoded = decodeCbor(drogueStatus, payload);
    return decoded.ok && decoded.value.update !== undefined ? [decoded.value.update.offset] : [];
  });
}

test("an update, in one session for each life", () => {
  const { bench, link, world } = worldOf();
  bench.rollOut(firmwareOf(update));
  world.run(100);
  expect(world.status()).toMatchObject({ version: "2.0.0", isTrial: false, isIdle: true });
  expect(offsetsOf(link)).toEqual([0, 256, 512, 768, 1024, 1280, 1536, update.length]);
  expect(link.connects).toBe(2);
  expect(new Set(link.published.map(({ topic }) => topic))).toEqual(new Set(["dfu"]));
});

test("a command that nobody asked for: asks at once what there is", () => {
  const { bench, link, world } = worldOf();
  bench.rollOut(firmwareOf(update, { version: "1.0.0" }));
  world.run(20);
  expect(world.status()).toMatchObject({ isIdle: true });
  bench.rollOut(firmwareOf(update));
  world.run(20);
  expect(world.status().version).toBe("1.0.0");
  const push = { name: "Wait", correlationId: undefined, poll: undefined } as const;
  // It has no number: to a device that waits for nothing it is no answer.
  bench.cloud.command(bench.device, "dfu", encodeCbor(drogueCommand, push, "named"));
  world.run(20);
  expect(world.status().version).toBe("2.0.0");
  expect(link.connects).toBe(2);
});

describe("a command that nobody asked for, while it pauses after failures", () => {
  /** Of no status that was ever sent: the answer to none. */
  const push = { name: "Wait", correlationId: 4_000_000_000, poll: undefined } as const;
  /** No firmware, and so no answer, for so long that it asks rarely. */
  const paused = () => {
    const rig = worldOf();
    rig.world.run(3600);
    const call = () =>
      rig.bench.cloud.command(rig.bench.device, "dfu", encodeCbor(drogueCommand, push, "packed"));
    // Asked a moment ago: a pause has just begun.
    const { length } = rig.link.published;
    rig.world.run(600, () => rig.link.published.length > length);
    rig.world.run(10);
    return { ...rig, call };
  };

  test("without one, it sleeps", () => {
    const { bench, world } = paused();
    bench.rollOut(firmwareOf(update));
    world.run(20);
    expect(world.status().version).toBe("1.0.0");
  });

  test("it wakes", () => {
    const { bench, world, call } = paused();
    bench.rollOut(firmwareOf(update));
    call();
    world.run(20);
    expect(world.status().version).toBe("2.0.0");
  });

  test("it does not fall asleep: the command came while it waited for an answer", () => {
    const { bench, link, world, call } = paused();
    const { length } = link.published;
    world.run(600, () => link.published.length > length);
    call();
    bench.rollOut(firmwareOf(update));
    world.run(20);
    expect(world.status().version).toBe("2.0.0");
  });

  test("but not for a broker that repeats itself: once in the longest pause", () => {
    const { link, world, call } = paused();
    const { length } = link.published;
    for (let second = 0; second < 600; second++) {
      call();
      world.run(1);
    }
    // A minute is the longest pause here: eight to sixteen times without it, and once more in each.
    expect(link.published.length - length).toBeLessThanOrEqual(16 + 10);
  });
});

test("commands for other ears, and other commands: nothing happens", () => {
  const { bench, link, world } = worldOf();
  bench.rollOut(firmwareOf(update, { version: "1.0.0" }));
  world.run(20);
  const count = link.published.length;
  const other = bench.cloud.registry.addDevice("app1", { name: "other", password: "x" });
  bench.cloud.command(other, "dfu", Uint8Array.of(0xf6));
  bench.cloud.command(bench.device, "blink", Uint8Array.of(0xf6));
  world.run(20);
  expect(link.published).toHaveLength(count);
});

test("nobody answers: it asks again in the same session", () => {
  const { link, world } = worldOf();
  world.run(1000);
  expect(world.notesOf("noAnswer")[0]?.detail).toBe("no answer in 5000 ms");
  expect(link.published.length).toBeGreaterThan(3);
  expect(link.connects).toBe(1);
});

test("the time for an answer begins anew with each step of the connection", () => {
  const dialect = new DrogueMqtt({ spelling: "packed", firstCorrelationId: 1 });
  const io = { at: 0, effects: [] };
  dialect.ask({ type: "target", title: "fw", version: "1.0.0" }, io);
  expect(dialect.step({ type: "mqttConnected", at: 0 }, io)).toBe("reached");
  expect(dialect.step({ type: "mqttConnected", at: 0 }, io)).toBeUndefined();
  expect(dialect.step({ type: "mqttSubscribed", at: 0 }, io)).toBe("reached");
  expect(dialect.step({ type: "mqttSubscribed", at: 0 }, io)).toBeUndefined();
});

test("the server says when it wants to be asked again", () => {
  const { bench, link, world } = worldOf({ quirks: { syncWithoutPoll: false } });
  bench.rollOut(firmwareOf(update, { version: "1.0.0" }));
  world.run(1000);
  expect(link.published.length).toBeGreaterThan(13);
});

test("power fails between two pieces: it goes on where it was", () => {
  const { bench, link, world } = worldOf();
  bench.rollOut(firmwareOf(update));
  world.run(600, () => offsetsOf(link).at(-1) === 1024);
  world.cutPower();
  link.published.length = 0;
  world.run(600);
  expect(world.status().version).toBe("2.0.0");
  expect(Math.min(...offsetsOf(link))).toBe(1024);
});

test("another version in the middle", () => {
  const { bench, world } = worldOf({
    onCommand: (_, command) => {
      if (command.name === "Write" && command.offset === 768) {
        bench.rollOut(firmwareOf(imageOf("3.0.0", 3, 1500), { version: "3.0.0" }));
      }
      return command;
    },
  });
  bench.rollOut(firmwareOf(update));
  world.run(600);
  expect(world.status().version).toBe("3.0.0");
});

test.each([1, 2, 3, 4])("commands are lost and connections end, seed %i", (seed) => {
  const { bench, link, world } = worldOf();
  bench.rollOut(firmwareOf(update));
  const entropy = new KeyedEntropy(seed, 0);
  link.fateOf = () => {
    const drawn = entropy.below("fate", 8);
    return drawn === 0 ? "lost" : drawn === 1 ? "close" : "arrives";
  };
  world.run(3600);
  expect(world.status().version).toBe("2.0.0");
});

test("credentials that the server does not know", () => {
  const { link, world } = worldOf();
  link.password = "x";
  world.run(10);
  expect(world.notesOf("denied")[0]).toMatchObject({ cause: "credentials" });
});

describe("a gateway", () => {
  test("for its child", () => {
    const { bench, link, world } = worldOf();
    bench.rollOut(firmwareOf(update));
    const facts = { name: "c1", password: "x", gateways: ["d 1"] };
    const child = bench.cloud.registry.addDevice("app1", facts);
    link.child = "c1";
    world.run(100);
    expect(world.status().version).toBe("2.0.0");
    expect(child.status).toMatchObject({ firmware: { current: "2.0.0" } });
    expect(link.published[0]?.topic).toBe("dfu/c1");
  });

  test("for one that does not name it: the server ends the session", () => {
    const { bench, link, world } = worldOf();
    bench.cloud.registry.addDevice("app1", { name: "c2", password: "x" });
    link.child = "c2";
    world.run(60);
    expect(world.status().version).toBe("1.0.0");
    expect(world.notesOf("noAnswer").length).toBeGreaterThan(1);
  });
});
