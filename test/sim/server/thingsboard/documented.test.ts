import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseDocumentedOffer } from "#agent/pull/documented.ts";
import { chunkRequest } from "#agent/pull/documented.wire.ts";
import { DOCUMENTED } from "#sim/server/thingsboard/documented.ts";
import { makeUrlPackage, type OtaPackage } from "#sim/server/thingsboard/ota-package.ts";
import { CoapBench } from "./coap-bench.ts";
import { MqttBench } from "./mqtt-bench.ts";
import { jsonOf, packageOf, StandIn, statusOf } from "./stand-in.ts";

const newStandIn = () => new StandIn({}, {}, 1, DOCUMENTED);
const utf8 = (text: string) => new TextEncoder().encode(text);
const SHA = "a8af099bf2e878609558dbf69d8f88f4a31040a8cf84b549a0cfa912f12ffc3f";

/** Words of the document, from server to device: what one writes, the other one reads. */
const packages: readonly {
  readonly what: string;
  readonly ota: OtaPackage;
  readonly attributes: string;
  readonly info: string;
}[] = [
  {
    what: "firmware, its CRC-32 as the number that it is",
    ota: packageOf({ algorithm: "CRC32", data: utf8("123456789") }),
    attributes:
      '{"fw_title":"fw","targetFwVersion":"2.0.0","fw_version":"2.0.0","fw_size":9,' +
      '"targetFwChecksum":"cbf43926","fw_checksum":"cbf43926","fw_checksum_algorithm":"CRC32"}',
    info: '{"title":"fw","version":"2.0.0","size":9,"checksum":"cbf43926","checksumAlgorithm":"CRC32"}',
  },
  {
    what: "software: no target's names",
    ota: packageOf({ kind: "sw", data: new Uint8Array(1000).fill(97) }),
    attributes:
      '{"sw_title":"fw","sw_version":"2.0.0","sw_size":1000,' +
      '"sw_checksum":"41edece42d63e8d9bf515a9ba6932e1c20cbc9f5a5d134645adb5db1b9737ea3",' +
      '"sw_checksum_algorithm":"SHA256"}',
    info:
      '{"title":"fw","version":"2.0.0","size":1000,' +
      '"checksum":"41edece42d63e8d9bf515a9ba6932e1c20cbc9f5a5d134645adb5db1b9737ea3",' +
      '"checksumAlgorithm":"SHA256"}',
  },
  {
    what: "at a URL, of which no more is known",
    ota: makeUrlPackage({
      ...packageOf(),
      tag: undefined,
      sizeBytes: undefined,
      algorithm: undefined,
      checksum: undefined,
      url: "http://files/a",
    }),
    attributes:
      '{"fw_title":"fw","targetFwVersion":"2.0.0","fw_version":"2.0.0",' +
      '"targetFwUrl":"http://files/a","fw_url":"http://files/a"}',
    info: '{"title":"fw","version":"2.0.0","url":"http://files/a"}',
  },
];

describe.each(packages)("$what", ({ ota, attributes, info }) => {
  test("as it is written", () => {
    expect(JSON.stringify(Object.fromEntries(DOCUMENTED.attributesOf(ota).set))).toBe(attributes);
    expect(JSON.stringify(DOCUMENTED.infoOf(ota))).toBe(info);
  });

  test("as it is read: the one says what the other does", () => {
    const { algorithm, checksum: hex } = ota;
    const checksum = hex === undefined ? undefined : { algorithm, hex };
    const content = { ok: true, sizeBytes: ota.sizeBytes, checksum };
    const read = (text: string) => parseDocumentedOffer(utf8(text), ota.kind, "own");
    const offer = expect.objectContaining({
      title: "fw",
      version: "2.0.0",
      content: ota.url === undefined ? content : { ...content, url: ota.url },
    });
    expect(read(attributes)).toEqual({ ok: true, offer });
    expect(read(info)).toEqual(read(attributes));
  });
});

describe("a chunk request by MQTT", () => {
  test.each([1, 256, 16_384, 65_536])("of %i bytes", (size) => {
    expect(chunkRequest(size)).toBe(`{"chunkSize":${size}}`);
    expect(DOCUMENTED.chunkSizeOf(utf8(chunkRequest(size)), DOCUMENTED.quirks)).toBe(size);
  });

  test.each([
    "",
    "16384",
    "{}",
    '{"chunkSize":"16384"}',
    '{"chunkSize":0}',
    '{"chunkSize":-1}',
    '{"chunkSize":1.5}',
    '{"chunkSize":1e999}',
    '{"chunkSize":null}',
    '[{"chunkSize":9}]',
    '{"__proto__":{"chunkSize":9}}',
  ])("none: %s", (text) => {
    expect(DOCUMENTED.chunkSizeOf(utf8(text), DOCUMENTED.quirks)).toBeUndefined();
  });

  test("every truncation is none", () => {
    const whole = chunkRequest(256);
    for (let end = 0; end < whole.length; end++) {
      expect(DOCUMENTED.chunkSizeOf(utf8(whole.slice(0, end)), DOCUMENTED.quirks)).toBeUndefined();
    }
  });

  test("whatever comes, it is a size or none", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        const size = DOCUMENTED.chunkSizeOf(bytes, DOCUMENTED.quirks) ?? 1;
        expect(Number.isInteger(size) && size > 0).toBe(true);
      }),
    );
  });
});

describe("what is answered", () => {
  const assigned = () => {
    const standIn = newStandIn();
    standIn.server.assignToDevice(standIn.device, "fw", packageOf());
    standIn.wait(0);
    return standIn;
  };

  test("chunks by HTTP are counted", () => {
    const headersOf = (query: string) => {
      const reply = assigned().ask("GET", `/api/v1/T/firmware?title=fw&version=2.0.0${query}`);
      return typeof reply === "object" ? reply.headers : reply;
    };
    const type = { "content-type": "application/octet-stream" };
    expect(headersOf("&chunk=2&size=400")).toEqual({
      ...type,
      "x-chunk-index": "2",
      "x-chunks-count": "3",
    });
    expect(headersOf("")).toMatchObject({ "x-chunk-index": "0", "x-chunks-count": "1" });
  });

  test.each(["&version=2.0.1&title=fw", "&title=toaster&version=2.0.0"])(
    "another package by HTTP: 400 (%s)",
    (names) => {
      const outcome = assigned().ask("GET", `/api/v1/T/firmware?size=400${names}`);
      expect(statusOf(outcome)).toBe(400);
    },
  );

  test("attributes by HTTP, by all of their names", () => {
    const answer = jsonOf(
      assigned().ask("GET", "/api/v1/T/attributes?sharedKeys=targetFwChecksum"),
    );
    expect(answer).toEqual({ shared: { targetFwChecksum: SHA } });
  });

  test("chunks by MQTT are asked for in JSON, and by nothing else", () => {
    const chunks = (payload: string) => {
      const bench = new MqttBench(assigned()).connected();
      bench.session.subscribe(1, [{ topic: "v2/fw/response/+/chunk/+", qos: 1 }]);
      return bench.chunk("1", 2, payload).said.slice(2);
    };
    const given = ["puback", "v2/fw/response/1/chunk/2 200 bytes at 1"];
    expect(chunks('{"chunkSize":400}')).toEqual(given);
    expect(chunks("400")).toEqual(["close"]);
  });

  test("errors by MQTT: the connection ends, without a word", () => {
    const bench = new MqttBench(newStandIn()).connected();
    expect(bench.chunk("1", 0, '{"chunkSize":400}').said).toEqual(["connack 0", "close"]);
  });

  test.each([
    { path: "api/v1/T/firmware", query: [], says: ["ack 2.05 151 bytes"] },
    {
      path: "api/v1/T/firmware/chunk",
      query: ["size=400", "chunk=2"],
      says: ["ack 2.05 200 bytes"],
    },
    { path: "api/v1/T/firmware/chunk", query: ["title=toaster"], says: ["ack 4.00"] },
    { path: "api/v1/T/firmware/chunk", query: ["size=x"], says: ["ack 5.00"] },
    { path: "api/v1/T/software", query: [], says: ["ack 4.04"] },
    { path: "api/v1/X/firmware", query: [], says: ["ack 4.01"] },
    { path: "api/v1/T/firmware/chunks", query: [], says: ["ack 4.00"] },
    { path: "fw/T", query: ["size=400", "chunk=2"], says: ["ack 4.04"] },
  ])("CoAP $path $query", ({ path, query, says }) => {
    const bench = new CoapBench(assigned()).hear({ path: path.split("/"), query });
    expect(bench.said).toEqual(says);
  });

  test("a large chunk by CoAP comes in blocks", () => {
    const standIn = newStandIn();
    const ota = packageOf({ data: new Uint8Array(3000) });
    standIn.server.assignToDevice(standIn.device, "fw", ota);
    const path = ["api", "v1", "T", "firmware", "chunk"];
    const bench = new CoapBench(standIn).hear({ path, query: ["size=2048", "chunk=0"] });
    expect(bench.said).toEqual(["ack 2.05 1024 bytes block 0 of 1024, more"]);
  });
});

describe("an assignment", () => {
  test("is told at once, in one message and one call, and booked nowhere", () => {
    const standIn = newStandIn();
    const bench = new MqttBench(standIn).connected();
    const topics = ["v1/devices/me/attributes", "v1/devices/me/rpc/request/+"];
    bench.session.subscribe(
      1,
      topics.map((topic) => ({ topic, qos: 0 })),
    );
    bench.said.length = 0;
    standIn.server.assignToDevice(standIn.device, "fw", packageOf());
    standIn.wait(0);
    expect(bench.said.map((line) => line.replace(/\d+ bytes/, "…"))).toEqual([
      "v1/devices/me/rpc/request/1 … at 0",
      "v1/devices/me/attributes … at 0",
    ]);
    expect([...standIn.device.telemetry.keys()]).toEqual([]);
  });

  test("reaches who waits for a call by HTTP, once", () => {
    const standIn = newStandIn();
    const calls: unknown[] = [];
    for (const timeout of [1000, 60_000]) {
      standIn.start("GET", `/api/v1/T/rpc?timeout=${timeout}`, (outcome) =>
        calls.push(statusOf(outcome) === 200 ? jsonOf(outcome) : statusOf(outcome)),
      );
      standIn.wait(2);
    }
    standIn.server.assignToDevice(standIn.device, "sw", packageOf({ kind: "sw" }));
    standIn.wait(0);
    expect(calls).toEqual([
      408,
      { id: 1, method: "updateSoftware", params: expect.objectContaining({ sw_title: "fw" }) },
    ]);
    expect([...standIn.device.openCalls]).toEqual([1]);
    expect(statusOf(standIn.ask("POST", "/api/v1/T/rpc/1", "{}"))).toBe(200);
    expect([...standIn.device.openCalls]).toEqual([]);
  });

  test("taken away: all of its names are", () => {
    const standIn = newStandIn();
    standIn.server.assignToDevice(standIn.device, "fw", packageOf());
    standIn.wait(0);
    standIn.server.assignToDevice(standIn.device, "fw", undefined);
    expect([...standIn.device.shared.keys()]).toEqual([]);
  });
});

test("it has none of ThingsBoard's surprises", () => {
  expect(Object.values(newStandIn().server.quirks).every((is) => !is)).toBe(true);
});
