import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { CHUNK_FAULTS } from "#sim/server/thingsboard/faults.ts";
import type { HttpOutcome } from "#sim/server/thingsboard/http-exchange.ts";
import { QUIRKS, type Quirk } from "#sim/server/thingsboard/quirks.ts";
import { CoapBench } from "./coap-bench.ts";
import { MqttBench } from "./mqtt-bench.ts";
import { DATA, jsonOf, packageOf, StandIn, statusOf } from "./stand-in.ts";

/* Every switch, on and off. */

function longPoll(standIn: StandIn, timeoutMs: number): HttpOutcome[] {
  const answers: HttpOutcome[] = [];
  const path = `/api/v1/T/attributes/updates?timeout=${timeoutMs}`;
  standIn.start("GET", path, (outcome) => answers.push(outcome));
  return answers;
}

const seen: Readonly<Record<Quirk, (standIn: StandIn) => unknown>> = {
  emptyPastEnd: (standIn) => {
    standIn.server.assignToDevice(standIn.device, "fw", packageOf());
    return statusOf(
      standIn.ask("GET", "/api/v1/T/firmware?title=fw&version=2.0.0&size=500&chunk=2"),
    );
  },
  rateLimitIs500: (standIn) => {
    standIn.ask("GET", "/api/v1/T/attributes");
    return statusOf(standIn.ask("GET", "/api/v1/T/attributes"));
  },
  longPollEndsAt30s: (standIn) => {
    const answers = longPoll(standIn, 60_000);
    standIn.wait(31);
    const at31 = answers.map(statusOf);
    standIn.wait(30);
    return [at31, answers.map(statusOf)];
  },
  tellsTwice: (standIn) => {
    let pushes = 0;
    standIn.device.listeners.add(() => {
      pushes += 1;
    });
    standIn.server.assignToDevice(standIn.device, "fw", packageOf());
    standIn.wait(1);
    return pushes;
  },
  castsNumbers: (standIn) => {
    standIn.ask("POST", "/api/v1/T/telemetry", '{"version":"1.10"}');
    return standIn.telemetry("version");
  },
  ignoresSameId: (standIn) => {
    const ota = packageOf();
    standIn.server.assignToDevice(standIn.device, "fw", ota);
    standIn.wait(1);
    const answers = longPoll(standIn, 5000);
    standIn.server.assignToDevice(standIn.device, "fw", ota);
    standIn.wait(10);
    return answers.map(statusOf);
  },
  throttles: (standIn) => {
    for (let index = 2; index <= 100; index++) standIn.server.addDevice(`d${index}`, `T${index}`);
    standIn.server.assignToProfile("default", "fw", packageOf());
    const last = () => standIn.server.deviceOf("T100")?.telemetry.get("fw_state")?.value;
    const states = [last()];
    standIn.wait(59.3);
    states.push(last());
    standIn.wait(0.2);
    return [...states, last()];
  },
  forgetsQueue: (standIn) => {
    standIn.server.assignToDevice(standIn.device, "fw", packageOf());
    standIn.server.restart();
    standIn.wait(10);
    return [standIn.telemetry("fw_state"), jsonOf(standIn.ask("GET", "/api/v1/T/attributes"))];
  },
  publishesUnasked: (standIn) => {
    const session = new MqttBench(standIn).connected();
    session.publish("v1/devices/me/attributes/request/1", "{}");
    return session.said;
  },
  liesOfSession: (standIn) => new MqttBench(standIn).connected(false).said,
  jsonCloses: (standIn) => assigned(standIn).chunk("1", 0, '{"chunkSize":400}').said,
  remembersSize: (standIn) => assigned(standIn).chunk("1", 0, "400").chunk("1", 1, "").said,
  keepsPackage: (standIn) => {
    const session = assigned(standIn).chunk("1", 0, "400");
    standIn.server.assignToDevice(
      standIn.device,
      "fw",
      packageOf({ id: "2", data: DATA.subarray(0, 9) }),
    );
    return session.chunk("1", 0, "400").said;
  },
  cacheExpires: (standIn) => {
    const session = assigned(standIn).chunk("1", 0, "400");
    standIn.wait(3601);
    return session.chunk("1", 0, "400").chunk("2", 0, "400").said;
  },
  errorsOnFw: (standIn) => assigned(standIn).publish("v2/sw/request/1/chunk/0", "400").said,
  kicksOlderSession: (standIn) => {
    const first = new MqttBench(standIn).connected();
    new MqttBench(standIn).connected();
    return first.said;
  },
  answersApart: (standIn) => onCoap(standIn).chunk(500, 1).said,
  silentPastEnd: (standIn) => onCoap(standIn).chunk(500, 2).said,
  forgetsBlocks: (standIn) =>
    onCoap(standIn).chunk(500, 0, { num: 3, more: false, sizeBytes: 64 }).said,
  shortBlocksGoOn: (standIn) => {
    const ota = packageOf({ data: DATA.subarray(0, 6) });
    return onCoap(standIn, ota).chunk(500, 0, { num: 0, more: false, sizeBytes: 1024 }).said;
  },
  saysSize2: (standIn) =>
    onCoap(standIn).chunk(500, 0, { num: 0, more: false, sizeBytes: 64 }).said,
  noAttributesIs404: (standIn) => new CoapBench(standIn).attributes().said,
  observesFlat: (standIn) => {
    const bench = onCoap(standIn, packageOf(), 1);
    return bench.attributes(0).payloads.map((payload) => Object.keys(JSON.parse(payload))[0]);
  },
  noContentFormat: (standIn) => onCoap(standIn).chunk(500, 0).formats,
};

function assigned(standIn: StandIn): MqttBench {
  standIn.server.assignToDevice(standIn.device, "fw", packageOf());
  const session = new MqttBench(standIn).connected();
  session.said.length = 0;
  return session;
}

function onCoap(standIn: StandIn, ota = packageOf(), waitS = 0): CoapBench {
  standIn.server.assignToDevice(standIn.device, "fw", ota);
  standIn.wait(waitS);
  return new CoapBench(standIn);
}

const chunk = (id: string, index: number, bytes: number) => [
  "puback",
  `v2/fw/response/${id}/chunk/${index} ${bytes} bytes at 1`,
];
const told = { fw_title: "fw", fw_version: "2.0.0" };

test.each<{ quirk: Quirk; on: unknown; off: unknown }>([
  { quirk: "emptyPastEnd", on: 200, off: 404 },
  { quirk: "rateLimitIs500", on: 500, off: 429 },
  { quirk: "longPollEndsAt30s", on: [[503], [503]], off: [[], [408]] },
  { quirk: "tellsTwice", on: 2, off: 1 },
  { quirk: "castsNumbers", on: 1.1, off: "1.10" },
  { quirk: "ignoresSameId", on: [408], off: [200] },
  {
    quirk: "throttles",
    on: ["QUEUED", "QUEUED", "INITIATED"],
    off: ["QUEUED", "INITIATED", "INITIATED"],
  },
  {
    quirk: "forgetsQueue",
    on: ["QUEUED", {}],
    off: ["INITIATED", { shared: expect.objectContaining(told) }],
  },
  {
    quirk: "publishesUnasked",
    on: ["connack 0", "puback", "v1/devices/me/attributes/response/1 2 bytes at 1"],
    off: ["connack 0", "puback"],
  },
  { quirk: "liesOfSession", on: ["connack 0 session"], off: ["connack 0"] },
  {
    quirk: "jsonCloses",
    on: ["close"],
    off: ["puback", "v2/fw/response/1/chunk/0 400 bytes at 1"],
  },
  {
    quirk: "remembersSize",
    on: [...chunk("1", 0, 400), ...chunk("1", 1, 400)],
    off: [...chunk("1", 0, 400), ...chunk("1", 1, 1000)],
  },
  {
    quirk: "keepsPackage",
    on: [...chunk("1", 0, 400), ...chunk("1", 0, 400)],
    off: [...chunk("1", 0, 400), ...chunk("1", 0, 9)],
  },
  {
    quirk: "cacheExpires",
    on: [...chunk("1", 0, 400), ...chunk("1", 0, 0), ...chunk("2", 0, 400)],
    off: [...chunk("1", 0, 400), ...chunk("1", 0, 400), ...chunk("2", 0, 400)],
  },
  {
    quirk: "errorsOnFw",
    on: ["v2/fw/error 9 bytes at 1", "close"],
    off: ["v2/sw/error 9 bytes at 1", "close"],
  },
  { quirk: "kicksOlderSession", on: ["connack 0", "close"], off: ["connack 0"] },
  { quirk: "answersApart", on: ["ack", "con 2.05 500 bytes"], off: ["ack 2.05 500 bytes"] },
  { quirk: "silentPastEnd", on: ["ack"], off: ["ack", "con 2.05"] },
  { quirk: "forgetsBlocks", on: ["ack"], off: ["ack 2.05 64 bytes block 3 of 64, more"] },
  {
    quirk: "shortBlocksGoOn",
    on: ["ack", "con 2.05 6 bytes block 0 of 1024, more size 6"],
    off: ["ack", "con 2.05 6 bytes block 0 of 1024"],
  },
  {
    quirk: "saysSize2",
    on: ["ack", "con 2.05 64 bytes block 0 of 64, more size 500"],
    off: ["ack", "con 2.05 64 bytes block 0 of 64, more"],
  },
  { quirk: "noAttributesIs404", on: ["ack", "con 4.04"], off: ["ack", "con 2.05 2 bytes"] },
  { quirk: "observesFlat", on: ["fw_title"], off: ["shared"] },
  { quirk: "noContentFormat", on: [undefined], off: [42] },
])("$quirk", ({ quirk, on, off }) => {
  const limit = quirk === "rateLimitIs500" ? { rateLimit: { requests: 1, seconds: 60 } } : {};
  expect(seen[quirk](new StandIn({}, limit))).toEqual(on);
  expect(seen[quirk](new StandIn({ [quirk]: false }, limit))).toEqual(off);
});

test("no switch is left out", () => {
  expect(Object.keys(seen)).toEqual(Object.keys(QUIRKS));
});

test("the guide has every switch and every fault", () => {
  const guide = readFileSync(new URL("../../../../docs/pull.md", import.meta.url), "utf8");
  for (const name of Object.keys(QUIRKS)) expect(guide).toContain(`| \`${name}\` |`);
  for (const kind of Object.keys(CHUNK_FAULTS)) expect(guide).toContain(`\`${kind}\``);
});
