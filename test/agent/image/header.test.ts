import { describe, expect, test } from "vitest";
import { encodeHeader } from "#agent/image/header.ts";
import { checkHeader } from "#agent/image/verify.ts";
import { parseVersion } from "#agent/image/version.ts";
import { header } from "./raw-image.ts";

describe("header", () => {
  const bytes = header({
    loadAddress: 0x12345678,
    headerBytes: 0x200,
    protectedBytes: 12,
    flags: 0x100,
  });

  test("decodes and encodes", () => {
    const result = checkHeader(bytes, 4096, {});
    if (!result.ok) throw new RangeError(result.detail);
    expect(result.header).toEqual({
      loadAddress: 0x12345678,
      headerBytes: 0x200,
      protectedBytes: 12,
      payloadBytes: 16,
      flags: 0x100,
      version: { major: 1, minor: 2, revision: 3, build: 4 },
    });
    expect(encodeHeader(result.header)).toEqual(bytes);
  });

  test("fits exactly: header, payload, protected TLVs and an empty TLV area", () => {
    const neededBytes = 0x200 + 16 + 12 + 4;
    expect(checkHeader(bytes, neededBytes, {}).ok).toBe(true);
    expect(checkHeader(bytes, neededBytes - 1, {})).toEqual({
      ok: false,
      reason: "imageFormat",
      detail: `claims at least ${neededBytes} bytes, there are ${neededBytes - 1}`,
    });
  });

  test("no slot lets an image beyond 16 MiB in", () => {
    const huge = header({ payloadBytes: 16 * 1024 * 1024 });
    expect(checkHeader(huge, 2 ** 32, {})).toMatchObject({ ok: false, reason: "imageFormat" });
  });

  test("built for another address", () => {
    expect(checkHeader(bytes, 4096, { bankAddress: 0x12345678 }).ok).toBe(true);
    expect(checkHeader(bytes, 4096, { bankAddress: 0 })).toMatchObject({ ok: false });
  });

  test.each([
    ["1.2.3", true],
    ["1.2.3+99", true],
    ["1.2.2+99", true],
    ["0.9.9", true],
    ["1.2.4", false],
    ["1.3.0", false],
    ["2.0.0", false],
  ])("version 1.2.3+4 where at least %s is to be: %s", (text, isTaken) => {
    const versionMin = parseVersion(text);
    if (versionMin === undefined) throw new RangeError(text);
    const verdict = checkHeader(bytes, 4096, { versionMin });
    expect(verdict.ok).toBe(isTaken);
    if (isTaken) return;
    const detail = `version 1.2.3+4, at least ${text}+0`;
    expect(verdict).toEqual({ ok: false, reason: "downgrade", detail });
  });

  test("every truncation is refused", () => {
    for (let length = 0; length < 32; length++) {
      expect(checkHeader(bytes.slice(0, length), 4096, {})).toMatchObject({
        ok: false,
        detail: "shorter than an image header",
      });
    }
  });
});
