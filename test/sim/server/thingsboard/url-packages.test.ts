import { expect, test } from "vitest";
import { FileServer } from "#sim/server/thingsboard/file-server.ts";
import type { HttpReply } from "#sim/server/thingsboard/http-exchange.ts";
import { makeUrlPackage } from "#sim/server/thingsboard/ota-package.ts";
import { AdminBench, idOf } from "./admin/admin-bench.ts";
import { CoapBench } from "./coap-bench.ts";
import { MqttBench } from "./mqtt-bench.ts";
import { StandIn, statusOf } from "./stand-in.ts";

const url = "http://files.example/a.img";
const name = { id: "1", kind: "fw", title: "fw", version: "2.0.0", tag: undefined } as const;
const unsaid = { sizeBytes: undefined, algorithm: undefined, checksum: undefined };

test("only what its maker has said of it is told", () => {
  const standIn = new StandIn();
  standIn.server.assignToDevice(standIn.device, "fw", makeUrlPackage({ ...name, url, ...unsaid }));
  standIn.wait(1);
  expect([...standIn.device.shared]).toEqual([
    ["fw_title", "fw"],
    ["fw_version", "2.0.0"],
    ["fw_url", url],
  ]);
  const said = { sizeBytes: 7, algorithm: "CRC32", checksum: "2639f4cb" } as const;
  const other = makeUrlPackage({ ...name, id: "2", url, ...said });
  standIn.server.assignToDevice(standIn.device, "fw", other);
  standIn.wait(1);
  expect(standIn.device.shared.get("fw_size")).toBe(7);
  expect(standIn.device.shared.get("fw_checksum")).toBe("2639f4cb");
});

test("no transport gives chunks of it", () => {
  const standIn = new StandIn();
  standIn.server.assignToDevice(standIn.device, "fw", makeUrlPackage({ ...name, url, ...unsaid }));
  const path = "/api/v1/T/firmware?title=fw&version=2.0.0&size=500&chunk=0";
  expect(statusOf(standIn.ask("GET", path))).toBe(404);
  const mqtt = new MqttBench(standIn).connected().chunk("1", 0, "500");
  expect(mqtt.said).toEqual(["connack 0", "v2/fw/error 7 bytes at 1", "close"]);
  const coap = new CoapBench(standIn);
  coap.chunk(500, 0);
  expect(coap.messages.map(({ code }) => code)).toContain(404);
});

test("made and assigned over the admin API", () => {
  const bench = new AdminBench();
  const { profile } = bench.fleet();
  const info = { ...bench.packageInfo(profile), usesUrl: true, url };
  const refused = (said: object) =>
    bench.call("POST /api/otaPackage", { body: { ...info, ...said } }).status;
  expect(refused({ checksumAlgorithm: "SHA1" })).toBe(400);
  expect(refused({ dataSize: "7" })).toBe(400);
  const body = { ...info, checksumAlgorithm: "CRC32", checksum: "2639f4cb", dataSize: 9 };
  const made = bench.ok("POST /api/otaPackage", { body });
  expect(made).toMatchObject({ url, checksumAlgorithm: "CRC32", dataSize: 9, fileName: null });
  bench.ok("POST /api/deviceProfile", { body: { ...profile, firmwareId: made["id"] } });
  expect([...bench.server.profiles].map(({ assigned: { fw } }) => fw?.url)).toContain(url);
  const params = { id: idOf(made) };
  expect(bench.call("DELETE /api/otaPackage/:id", { params }).status).toBe(400);
});

test.each<{ range: string | undefined; status: number; part?: string; body: string }>([
  { range: undefined, status: 200, body: "0123456789" },
  { range: "bytes=0-3", status: 206, part: "bytes 0-3/10", body: "0123" },
  { range: "bytes=8-", status: 206, part: "bytes 8-9/10", body: "89" },
  { range: "bytes=8-99", status: 206, part: "bytes 8-9/10", body: "89" },
  { range: "bytes=10-19", status: 416, part: "bytes */10", body: "" },
  { range: "bytes=3-2", status: 200, body: "0123456789" },
  { range: "bytes=-2", status: 200, body: "0123456789" },
  { range: "bytes=0-1,4-5", status: 200, body: "0123456789" },
  { range: "lines=0-1", status: 200, body: "0123456789" },
])("a file, of which $range is wanted", ({ range, status, part, body }) => {
  const files = new FileServer();
  files.add("/a", Buffer.from("0123456789"));
  const answers: HttpReply[] = [];
  const request = { method: "GET", path: "/a?key=s", headers: { range }, body: Buffer.alloc(0) };
  files.handle(request, (outcome) => answers.push(outcome as HttpReply));
  expect(answers).toHaveLength(1);
  const [answer] = answers;
  expect(answer?.status).toBe(status);
  expect(answer?.headers["content-range"]).toBe(part);
  expect(Buffer.from(answer?.body ?? []).toString()).toBe(body);
});
