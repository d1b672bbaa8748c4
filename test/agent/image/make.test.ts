import { describe, expect, test } from "vitest";
import { type MakeOptions, makeImage } from "#agent/image/make.ts";
import { formatVersion, parseVersion, securityCounterOf } from "#agent/image/version.ts";
import { crypto, ed25519, payloadOf, verdictText, verify } from "./raw-image.ts";

const make = (options: Partial<MakeOptions>, payload = payloadOf(100)) =>
  makeImage(payload, { version: "1.0.0", ...options }, ed25519, crypto);

describe("makeImage", () => {
  test("an empty payload is an image", () =>
    expect(verdictText(make({}, new Uint8Array(0)))).toBe("ok"));

  test("0xff fills a larger header", () => {
    const image = make({ headerBytes: 64 });
    expect(image.subarray(32, 64)).toEqual(new Uint8Array(32).fill(0xff));
    expect(image.subarray(64, 164)).toEqual(payloadOf(100));
    expect(verdictText(image)).toBe("ok");
  });

  test("or the header is laid over the room that the payload has for it", () => {
    const payload = new Uint8Array(164);
    payload.set(payloadOf(100), 64);
    const image = make({ headerBytes: 64, payloadHasRoom: true }, payload);
    expect(image.subarray(32, 164)).toEqual(payload.subarray(32));
    expect(image).toHaveLength(make({ headerBytes: 64 }).length);
    expect(verdictText(image)).toBe("ok");
  });

  test.each<Partial<MakeOptions>>([
    { version: "1.256.0" },
    { version: "" },
    { headerBytes: 31 },
    { headerBytes: 0x1_0000 },
    { headerBytes: 101, payloadHasRoom: true },
    { securityCounter: -1 },
    { securityCounter: 0x1_0000_0000 },
    { securityCounter: 1.5 },
    { vendorId: new Uint8Array(15) },
    { classId: new Uint8Array(17) },
  ])("%o is a mistake of the caller", (options) => {
    expect(() => make(options)).toThrow(RangeError);
  });
});

describe("version", () => {
  test.each([
    ["1", "1.0.0+0", 0x0100_0000],
    ["1.2", "1.2.0+0", 0x0102_0000],
    ["1.2.3", "1.2.3+0", 0x0102_0003],
    ["1.2.3+4", "1.2.3+4", 0x0102_0003],
    ["255.255.65535+4294967295", "255.255.65535+4294967295", 0xffff_ffff],
  ])("%s", (text, formatted, counter) => {
    const version = parseVersion(text);
    if (version === undefined) throw new RangeError(text);
    expect(formatVersion(version)).toBe(formatted);
    expect(securityCounterOf(version)).toBe(counter);
    const image = make({ version: text, securityCounter: "auto" });
    expect(verify(image)).toMatchObject({
      image: { version: formatted, securityCounter: counter },
    });
  });

  test.each([
    "",
    "v1",
    "1.",
    "1.2.3.4",
    "1.2+3",
    "-1.0.0",
    "256.0.0",
    "0.0.65536",
    "0.0.0+4294967296",
    "1.0.0 ",
  ])("%j is none", (text) => expect(parseVersion(text)).toBeUndefined());
});
