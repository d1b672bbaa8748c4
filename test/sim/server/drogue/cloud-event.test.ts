import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fromBase64, toBase64 } from "#sim/server/drogue/base64.ts";
import { cloudEventOf, commandTopicOf } from "#sim/server/drogue/cloud-event.ts";
import { DrogueBench, UNIX_MS } from "./drogue-bench.ts";

const { device } = new DrogueBench();
const utf8 = (text: string) => new TextEncoder().encode(text);

function jsonOf(payload: Uint8Array, contentType?: string) {
  const event = { device, sender: device, channel: "dfu", contentType, payload };
  return JSON.parse(new TextDecoder().decode(cloudEventOf(event, 7, UNIX_MS)));
}

test("an event as drogue-ajour reads it", () => {
  expect(jsonOf(Uint8Array.of(0xa0, 0xff), "application/cbor")).toEqual({
    specversion: "1.0",
    id: "7",
    type: "io.drogue.event.v1",
    source: "drogue://app1/d%201",
    subject: "dfu",
    time: "2026-01-01T00:00:00.000Z",
    datacontenttype: "application/cbor",
    application: "app1",
    device: "d 1",
    sender: "d 1",
    data_base64: "oP8=",
  });
});

test.each([
  ["JSON goes as it is", '{"a":1}', "application/json", { data: { a: 1 } }],
  ["what says so and is not, does not", "{", "application/json", { data_base64: "ew==" }],
  ["what does not say so, neither", "{}", undefined, { data_base64: "e30=" }],
])("%s", (_, text, contentType, expected) => {
  expect(jsonOf(utf8(text), contentType)).toMatchObject(expected);
});

test.each([
  ["command/app1/d1/dfu", { application: "app1", device: "d1", name: "dfu" }],
  ["command/app1/d1", undefined],
  ["command/app1/d1/dfu/x", undefined],
  ["command///", undefined],
  ["app/app1", undefined],
])("%s", (topic, expected) => {
  expect(commandTopicOf(topic)).toEqual(expected);
});

describe("base64", () => {
  test("any bytes, both ways", () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        expect(toBase64(bytes)).toBe(Buffer.from(bytes).toString("base64"));
        expect(fromBase64(toBase64(bytes))).toEqual(bytes);
      }),
    );
  });

  test("any text: bytes or none, and nothing thrown", () => {
    fc.assert(fc.property(fc.string(), (text) => fromBase64(text) === undefined || text !== null));
    for (const text of ["a", "ab", "abc", "====", "a===", "ab=c"]) {
      expect(fromBase64(text)).toBeUndefined();
    }
  });
});
