import { describe, expect, test } from "vitest";
import { PullWorld, type WorldOptions } from "../../../agent/pull/pull-world.ts";
import { update } from "../../../agent/pull/scripted-server.ts";
import { factoryImage } from "../../../agent/test-device.ts";
import { MqttWorldLink, noServer } from "./mqtt-world.ts";
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
  test("every other push is lost: it comes through", () => {
    const { standIn, link, world } = worldOf();
    standIn.server.assignToProfile("default", "fw", ota);
    let count = 0;
    link.fateOf = (topic) =>
      topic === "v1/devices/me/attributes" && count++ % 2 === 0 ? "lost" : "arrives";
    world.run(3600);
    expect(standIn.telemetry("fw_state")).toBe("UPDATED");
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
});
