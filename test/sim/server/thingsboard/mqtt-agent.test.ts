import { describe, expect, test } from "vitest";
import { PullWorld, type WorldOptions } from "../../../agent/pull/pull-world.ts";
import { update } from "../../../agent/pull/scripted-server.ts";
import { factoryImage } from "../../../agent/test-device.ts";
import { type Fate, MqttWorldLink, noServer } from "./mqtt-world.ts";
import { packageOf, StandIn } from "./stand-in.ts";

/* Our device over MQTT, and our stand-in of its server. */

const ota = packageOf({ data: update });
const CHUNKS = Math.ceil(update.length / 256);

function worldOf(standIn = new StandIn(), options: WorldOptions = {}) {
  const link = new MqttWorldLink(standIn);
  return { standIn, link, world: new PullWorld(noServer, { ...options, link }) };
}

function chunksOf({ published }: MqttWorldLink): readonly string[] {
  return published.flatMap(({ topic }) => (topic.includes("/chunk/") ? [topic] : []));
}

describe("an update over MQTT", () => {
  test("from the first connection to UPDATED", () => {
    const { standIn, link, world } = worldOf();
    standIn.server.assignToProfile("default", "fw", ota);
    world.run(60);
    expect(world.status()).toMatchObject({ version: "2.0.0", isTrial: false, isIdle: true });
    expect(standIn.telemetry("fw_state")).toBe("UPDATED");
    expect(link.connects).toBe(2);
    expect(link.published.slice(0, 4)).toMatchObject([
      { topic: "v1/devices/me/telemetry" },
      {
        topic: "v1/devices/me/attributes/request/2",
        payload:
          '{"sharedKeys":"fw_title,fw_version,fw_size,fw_checksum,fw_checksum_algorithm,fw_url,fw_tag"}',
      },
      { topic: "v1/devices/me/telemetry" },
      { topic: "v2/fw/request/1/chunk/0", payload: "256" },
    ]);
    expect(chunksOf(link)).toHaveLength(CHUNKS);
  });

  test("assigned while it listens: it is told, and asks", () => {
    const { standIn, world } = worldOf();
    world.run(100);
    expect(world.status().isIdle).toBe(true);
    standIn.server.assignToDevice(standIn.device, "fw", ota);
    standIn.wait(1);
    world.run(100);
    expect(standIn.telemetry("fw_state")).toBe("UPDATED");
  });

  test("assigned while it was away: it asks when it is back", () => {
    const { standIn, world } = worldOf();
    world.run(10);
    world.cutPower();
    standIn.server.assignToDevice(standIn.device, "fw", ota);
    standIn.wait(1);
    world.run(100);
    expect(standIn.telemetry("fw_state")).toBe("UPDATED");
  });

  test("a second session of the device ends the first, which comes back and asks", () => {
    const { standIn, link, world } = worldOf();
    world.run(10);
    standIn.device.kick?.();
    standIn.server.assignToDevice(standIn.device, "fw", ota);
    standIn.wait(1);
    world.run(100);
    expect(link.connects).toBeGreaterThan(2);
    expect(standIn.telemetry("fw_state")).toBe("UPDATED");
  });
});

describe("what goes wrong", () => {
  const isChunk = (topic: string) => topic.startsWith("v2/fw/response/");

  test.each<{ what: string; matches: (topic: string) => boolean; fate: Fate }>([
    { what: "every other chunk is lost", matches: isChunk, fate: "lost" },
    { what: "the connection ends at every other chunk", matches: isChunk, fate: "close" },
    {
      what: "every other answer about attributes is lost",
      matches: (topic) => topic.includes("/attributes/"),
      fate: "lost",
    },
    {
      what: "every other push is lost",
      matches: (topic) => topic === "v1/devices/me/attributes",
      fate: "lost",
    },
  ])("$what: it comes through", ({ matches, fate }) => {
    const { standIn, link, world } = worldOf();
    standIn.server.assignToProfile("default", "fw", ota);
    let count = 0;
    link.fateOf = (topic) => (matches(topic) && count++ % 2 === 0 ? fate : "arrives");
    world.run(3600);
    expect(standIn.telemetry("fw_state")).toBe("UPDATED");
    expect(world.bank(1).subarray(0, update.length)).toEqual(update);
  });

  test("each attempt has a request id of its own", () => {
    const { standIn, link, world } = worldOf();
    standIn.server.assignToProfile("default", "fw", ota);
    let isFirst = true;
    link.fateOf = (topic) => {
      if (!topic.endsWith("/chunk/2") || !isFirst) return "arrives";
      isFirst = false;
      return "lost";
    };
    world.run(60);
    expect(chunksOf(link).slice(1, 5)).toEqual([
      "v2/fw/request/1/chunk/1",
      "v2/fw/request/1/chunk/2",
      "v2/fw/request/2/chunk/2",
      "v2/fw/request/2/chunk/3",
    ]);
  });

  test("the server's cache loses the package in the middle: an empty chunk is not its end", () => {
    const { standIn, link, world } = worldOf();
    standIn.server.assignToProfile("default", "fw", ota);
    world.run(60, () => chunksOf(link).length === 3);
    standIn.wait(2 * 3600);
    world.run(6 * 3600);
    expect(standIn.telemetry("fw_state")).toBe("UPDATED");
  });

  test("another package in the middle: the old request id would go on giving the old one", () => {
    const { standIn, link, world } = worldOf();
    const other = packageOf({ id: "2", version: "3.0.0", data: factoryImage });
    standIn.server.assignToProfile("default", "fw", other);
    world.run(60, () => chunksOf(link).length === 1);
    standIn.server.assignToProfile("default", "fw", ota);
    standIn.wait(1);
    world.run(600);
    expect(world.status().version).toBe("2.0.0");
  });

  test("un-assigned in the middle: nothing of it stays", () => {
    const { standIn, link, world } = worldOf();
    standIn.server.assignToProfile("default", "fw", ota);
    world.run(60, () => chunksOf(link).length === 2);
    standIn.server.assignToProfile("default", "fw", undefined);
    world.run(600);
    expect(world.status()).toMatchObject({
      version: "1.0.0",
      offsetBytes: undefined,
      isIdle: true,
    });
  });

  test("a name that the server does not know, until it does", () => {
    const { standIn, link, world } = worldOf();
    standIn.server.assignToProfile("default", "fw", ota);
    link.username = "nobody";
    world.run(3600);
    expect(world.notesOf("denied").length).toBeGreaterThan(5);
    expect(world.status().version).toBe("1.0.0");
    link.username = "T";
    world.run(600);
    expect(standIn.telemetry("fw_state")).toBe("UPDATED");
  });

  test("a server that closes on every request: it runs what it ran, and asks ever more rarely", () => {
    const { standIn, link, world } = worldOf();
    standIn.server.assignToProfile("default", "fw", ota);
    link.fateOf = () => "close";
    world.run(24 * 3600);
    expect(world.status().version).toBe("1.0.0");
    expect(link.connects).toBeLessThan(6000);
  });

  test("power fails again and again", () => {
    const { standIn, link, world } = worldOf();
    standIn.server.assignToProfile("default", "fw", ota);
    for (let each = 1; each <= CHUNKS; each++) {
      world.run(600, () => chunksOf(link).length >= 2 * each);
      world.cutPower();
    }
    world.run(600);
    expect(standIn.telemetry("fw_state")).toBe("UPDATED");
    expect(chunksOf(link).length).toBeLessThanOrEqual(2 * CHUNKS);
  });
});
