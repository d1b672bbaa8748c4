import { describe, expect, test } from "vitest";
import { SimulatedMqtt } from "#sim/pull/mqtt-link.ts";
import { MqttSession } from "#sim/server/thingsboard/mqtt-session.ts";
import { packageOf, StandIn } from "../server/thingsboard/stand-in.ts";
import { TestLinkWorld } from "./link-world.ts";

/** A device's end of MQTT to the stand-in, which has a package for it. */
function linkOf(options: ConstructorParameters<typeof TestLinkWorld>[0] = {}, username = "T") {
  const world = new TestLinkWorld(options);
  const standIn = new StandIn();
  standIn.server.assignToDevice(standIn.device, "fw", packageOf());
  standIn.wait(1);
  let accepted = 0;
  const listen = (connection: ConstructorParameters<typeof MqttSession>[1]) => {
    accepted += 1;
    return new MqttSession(standIn.server, connection);
  };
  const link = new SimulatedMqtt(world, listen, username);
  return {
    world,
    standIn,
    link,
    accepted: () => accepted,
    heard: () => world.heard.map(({ type }) => type),
    ask: (chunk: number) => {
      const topic = `v2/fw/request/1/chunk/${chunk}`;
      link.perform({ type: "mqttPublish", id: chunk + 1, topic, payload: "400" });
    },
  };
}

const connect = { type: "mqttConnect" } as const;
const subscribe = { type: "mqttSubscribe", filters: ["v1/devices/me/attributes"] } as const;

describe("a connection", () => {
  test("carries a session, in order", () => {
    const { world, link, heard, ask } = linkOf();
    link.perform(connect);
    world.wait(1);
    link.perform(subscribe);
    ask(0);
    ask(1);
    world.wait(1);
    expect(heard()).toEqual([
      "mqttConnected",
      "mqttSubscribed",
      ...["mqttPublished", "mqttMessage", "mqttPublished", "mqttMessage"],
    ]);
    const topics = world.heard.flatMap((one) => (one.type === "mqttMessage" ? one.topic : []));
    expect(topics).toEqual(["v2/fw/response/1/chunk/0", "v2/fw/response/1/chunk/1"]);
  });

  test.each([
    { what: "whom it does not know", username: "nobody", down: false, isUnknown: true },
    { what: "who comes while it is down", username: "T", down: true, isUnknown: false },
  ])("a server refuses those $what", ({ username, down, isUnknown }) => {
    const { world, link } = linkOf({}, username);
    world.down = down;
    link.perform(connect);
    world.wait(1);
    expect(world.heard).toMatchObject([{ type: "mqttClosed", isUnknown }]);
  });

  test("is dead once something is lost on it, until there is another", () => {
    const { world, link, heard, ask } = linkOf();
    link.perform(connect);
    world.wait(1);
    world.offline = true;
    ask(0);
    world.wait(1);
    world.offline = false;
    ask(1);
    world.wait(100);
    expect(heard()).toEqual(["mqttConnected"]);
    link.perform({ type: "mqttClose" });
    link.perform(connect);
    world.wait(1);
    expect(heard()).toEqual(["mqttConnected", "mqttConnected"]);
  });

  test("is as dead when it was an answer that was lost", () => {
    const { world, link, heard, ask } = linkOf({ latencyMs: { min: 100, max: 100 } });
    link.perform(connect);
    world.wait(1);
    ask(0);
    world.wait(0.05);
    world.offline = true;
    world.wait(0.1);
    world.offline = false;
    ask(1);
    world.wait(100);
    expect(heard()).toEqual(["mqttConnected"]);
  });

  test("ends when the server goes, once, and not for a device that has gone", () => {
    const { world, link, heard } = linkOf();
    link.perform(connect);
    world.wait(1);
    link.drop();
    link.drop();
    world.wait(1);
    expect(heard()).toEqual(["mqttConnected", "mqttClosed"]);
    link.perform(connect);
    world.wait(1);
    link.drop();
    link.halt();
    world.wait(1);
    expect(heard()).toEqual(["mqttConnected", "mqttClosed", "mqttConnected"]);
  });

  test("that is cut ends in the middle of an answer", () => {
    const { world, link, heard } = linkOf({ truncation: 1 });
    link.perform(connect);
    world.wait(1);
    expect(heard()).toEqual(["mqttClosed"]);
  });

  test("is one, also where everything comes twice", () => {
    const { world, link, heard, ask, accepted } = linkOf({ duplicates: 1 });
    link.perform(connect);
    world.wait(1);
    ask(0);
    world.wait(1);
    expect(accepted()).toBe(1);
    expect(heard().filter((type) => type === "mqttMessage")).toHaveLength(4);
  });

  test("takes as long as its bytes do", () => {
    const { world, link, ask } = linkOf({ bytesPerS: 100, latencyMs: { min: 0, max: 0 } });
    link.perform(connect);
    world.wait(1);
    ask(0);
    world.wait(10);
    const bytes = 400 + "v2/fw/response/1/chunk/0".length + 4;
    expect(world.heard.at(-1)).toMatchObject({ type: "mqttMessage", atMs: 1000 + bytes * 10 });
  });

  test("the server forgets who hangs up", () => {
    const { world, link, standIn } = linkOf();
    link.perform(connect);
    world.wait(1);
    expect(standIn.device.kick).toBeDefined();
    link.halt();
    expect(standIn.device.kick).toBeUndefined();
  });
});
