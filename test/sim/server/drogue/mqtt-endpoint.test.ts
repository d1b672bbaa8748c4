import fc from "fast-check";
import { expect, test } from "vitest";
import { DrogueMqttEndpoint } from "#sim/server/drogue/mqtt-endpoint.ts";
import { DrogueBench } from "./drogue-bench.ts";

function sessionOf(username = "d 1@app1", password: string | undefined = "p:w") {
  const bench = new DrogueBench();
  const { registry } = bench.cloud;
  const gateways = ["d 1"];
  const child = registry.addDevice("app1", { name: "child", password: "c", gateways });
  const stranger = registry.addDevice("app1", { name: "stranger", password: "s" });
  const said: string[] = [];
  const session = new DrogueMqttEndpoint(bench.cloud, {
    connack: (code) => said.push(`connack ${code}`),
    suback: (_, granted) => said.push(`suback ${granted.join()}`),
    puback: (id) => said.push(`puback ${id}`),
    publish: (topic) => said.push(topic),
    close: () => said.push("close"),
  });
  session.connect({ username, password });
  const command = () => {
    for (const device of [bench.device, child, stranger]) {
      bench.cloud.command(device, "dfu", new Uint8Array(1));
    }
  };
  return { bench, said, session, command };
}

const bytes = new Uint8Array(0);

test.each([
  ["its own", "command/inbox//#", ["suback 0", "command/inbox//dfu"]],
  ["a child's", "command/inbox/child/#", ["suback 0", "command/inbox/child/dfu"]],
  ["all", "command/inbox/#", ["suback 0", "command/inbox//dfu", "command/inbox/child/dfu"]],
  ["a stranger's", "command/inbox/stranger/#", ["suback 128"]],
  ["something else", "command/#", ["suback 128"]],
  ["a wildcard in it", "command/inbox/+/#", ["suback 128"]],
])("commands of the inbox: %s", (_, topic, expected) => {
  const { said, session, command } = sessionOf();
  session.subscribe(1, [{ topic }]);
  command();
  expect(said).toEqual(["connack 0", ...expected]);
});

test("nothing comes without a subscription, and after the end", () => {
  const { said, session, command } = sessionOf();
  command();
  session.subscribe(1, [{ topic: "command/inbox/#" }, { topic: "command/inbox/#" }]);
  session.closed();
  command();
  expect(said).toEqual(["connack 0", "suback 0,0"]);
});

test.each([
  ["dfu", ["puback 9"]],
  ["dfu/child", ["puback 9"]],
  ["dfu/stranger", ["close"]],
  ["dfu/nobody", ["close"]],
  ["", ["close"]],
  ["a/b/c", ["close"]],
])("published to %j: %j", (topic, expected) => {
  const { said, session } = sessionOf();
  session.publish({ topic, payload: bytes, qos: 1, messageId: 9 });
  expect(said).toEqual(["connack 0", ...expected]);
});

test.each([
  ["d 1@app1", "x"],
  ["d 1@app1", undefined],
  ["d 1", "p:w"],
  ["@app1", "p:w"],
  ["", ""],
])("%s with %s is nobody", (username, password) => {
  expect(sessionOf(username, password ?? "").said).toEqual(["connack 5", "close"]);
});

test("any topics and payloads: nothing thrown, known or not", () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), fc.uint8Array(), fc.boolean(), (a, b, payload, known) => {
      const { session } = sessionOf(known ? undefined : a);
      session.subscribe(1, [{ topic: a }, { topic: `command/inbox/${b}/#` }]);
      session.publish({ topic: "dfu", payload, qos: 0, messageId: 0 });
      session.publish({ topic: b, payload, qos: 1, messageId: 1 });
    }),
  );
});
