import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { MqttBench } from "./mqtt-bench.ts";
import { packageOf, StandIn } from "./stand-in.ts";

function opened(standIn = new StandIn()): MqttBench {
  standIn.server.assignToDevice(standIn.device, "fw", packageOf());
  const bench = new MqttBench(standIn).connected();
  bench.said.length = 0;
  return bench;
}

const chunk = (index: number, bytes: number) => [
  "puback",
  `v2/fw/response/1/chunk/${index} ${bytes} bytes at 1`,
];

describe("what a chunk request is answered", () => {
  test.each([
    { index: "0", text: "300", says: chunk(0, 300) },
    { index: "3", text: "300", says: chunk(3, 100) },
    { index: "4", text: "300", says: chunk(4, 0) },
    { index: "0", text: "65536", says: chunk(0, 1000) },
    { index: "0", text: "65537", says: ["v2/fw/error 17 bytes at 1", "close"] },
    { index: "0", text: "", says: chunk(0, 1000) },
    { index: "7", text: "0", says: chunk(7, 1000) },
    { index: "0", text: "-5", says: chunk(0, 1000) },
    { index: "0", text: "3e2", says: ["close"] },
    { index: "0", text: " 300", says: ["close"] },
    { index: "0", text: "300.0", says: ["close"] },
    { index: "0", text: "2147483648", says: ["close"] },
    { index: "2147483648", text: "300", says: ["close"] },
    // Beyond 2^31, it is acknowledged and never answered.
    { index: "2147483647", text: "300", says: ["puback"] },
  ])("chunk $index of '$text'", ({ index, text, says }) => {
    expect(opened().publish(`v2/fw/request/1/chunk/${index}`, text).said).toEqual(says);
  });

  test("without an acknowledgement at level 0", () => {
    const { said } = opened().publish("v2/fw/request/1/chunk/0", "300", 0);
    expect(said).toEqual(["v2/fw/response/1/chunk/0 300 bytes at 1"]);
  });
});

describe("a connection", () => {
  test.each([
    { username: "T", says: ["connack 0"] },
    { username: "nobody", says: ["connack 5", "close"] },
  ])("of $username", ({ username, says }) => {
    expect(new MqttBench(new StandIn()).connected(true, username).said).toEqual(says);
  });

  test("of nobody", () => {
    const bench = new MqttBench(new StandIn());
    bench.session.connect({ clean: true, username: undefined });
    expect(bench.said).toEqual(["connack 2", "close"]);
  });

  test("filters are taken as they are written, at level 1 at most", () => {
    const bench = opened();
    const filters = [
      { topic: "v1/devices/me/attributes", qos: 2 },
      { topic: "v2/fw/response/+/chunk/+", qos: 0 },
      { topic: "v2/fw/response/+", qos: 1 },
      { topic: "#", qos: 1 },
    ] as const;
    bench.session.subscribe(1, filters);
    bench.chunk("1", 0, "300");
    expect(bench.said).toEqual([
      "suback 1 0 128 128",
      "puback",
      "v2/fw/response/1/chunk/0 300 bytes at 0",
    ]);
  });

  test("attributes are told to who subscribed to them, and to no one who has gone", () => {
    const standIn = new StandIn();
    const bench = new MqttBench(standIn).connected();
    bench.session.subscribe(1, [{ topic: "v1/devices/me/attributes", qos: 1 }]);
    bench.said.length = 0;
    standIn.server.assignToDevice(standIn.device, "fw", packageOf());
    standIn.wait(1);
    expect(bench.said).toHaveLength(2);
    bench.session.closed();
    standIn.server.assignToDevice(standIn.device, "fw", undefined);
    expect(bench.said).toHaveLength(2);
  });

  test.each([
    { topic: "v1/devices/me/telemetry", text: '{"k":1}', says: ["puback"] },
    { topic: "v1/devices/me/telemetry", text: "{", says: ["close"] },
    { topic: "v1/devices/me/attributes/request/1", text: "[", says: ["close"] },
    { topic: "v1/devices/me/attributes/request/x", text: "{}", says: ["close"] },
    { topic: "anything", text: "", says: ["close"] },
  ])("$topic $text", ({ topic, text, says }) => {
    expect(opened().publish(topic, text).said).toEqual(says);
  });

  test("ends with its device", () => {
    const standIn = new StandIn();
    const bench = new MqttBench(standIn).connected();
    standIn.server.removeDevice(standIn.device);
    expect(bench.said).toEqual(["connack 0", "close"]);
  });

  test("of two that live beside each other, the end of one leaves the other", () => {
    const standIn = new StandIn({ kicksOlderSession: false });
    const [first, second] = [new MqttBench(standIn), new MqttBench(standIn)];
    first.connected();
    second.connected();
    first.session.closed();
    standIn.server.removeDevice(standIn.device);
    expect(first.said).toEqual(["connack 0"]);
    expect(second.said).toEqual(["connack 0", "close"]);
  });

  test("one request id stands for firmware and for software, each for its own", () => {
    const standIn = new StandIn();
    const software = packageOf({ id: "2", kind: "sw", data: new Uint8Array(7) });
    standIn.server.assignToDevice(standIn.device, "sw", software);
    const bench = opened(standIn).chunk("1", 0, "300");
    bench.publish("v2/sw/request/1/chunk/0", "300");
    expect(bench.said).toEqual([
      ...chunk(0, 300),
      "puback",
      "v2/sw/response/1/chunk/0 7 bytes at 1",
    ]);
  });

  test("before CONNECT, anything ends it", () => {
    expect(new MqttBench(new StandIn()).publish("v1/devices/me/telemetry", "{}").said).toEqual([
      "close",
    ]);
  });

  test("nothing that is published makes it throw", () => {
    const number = fc.oneof(fc.nat(), fc.string());
    const topic = fc.oneof(
      fc.string(),
      fc.tuple(number, number).map(([id, index]) => `v2/fw/request/${id}/chunk/${index}`),
      number.map((id) => `v1/devices/me/attributes/request/${id}`),
      fc.constant("v1/devices/me/telemetry"),
    );
    fc.assert(
      fc.property(
        topic,
        fc.oneof(fc.string(), fc.json()),
        (to, text) => void opened().publish(to, text),
      ),
    );
  });
});
