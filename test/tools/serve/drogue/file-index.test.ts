import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { InputError } from "#tools/errors.ts";
import { findInIndex, removeFromIndex, writeFileIndex } from "#tools/serve/drogue/file-index.ts";

const folder = mkdtempSync(join(tmpdir(), "fuota-index-"));
afterAll(() => rmSync(folder, { recursive: true }));

const data = Uint8Array.of(1, 2, 3);
const checksum = new Uint8Array(32).fill(0xab);
const about = (text: string, name = "other") => writeFileSync(join(folder, `${name}.json`), text);

test("what is written is found, and gone when it is removed", () => {
  writeFileIndex(folder, { name: "app", version: "2.0.0", data, checksum });
  expect(JSON.parse(readFileSync(join(folder, "app.json"), "utf8"))).toEqual({
    ...{ version: "2.0.0", checksum: "ab".repeat(32), size: 3 },
  });
  const found = findInIndex(folder, "app");
  expect(found).toMatchObject({ name: "app", version: "2.0.0" });
  expect([...(found?.data ?? [])]).toEqual([...data]);
  expect([...(found?.checksum ?? [])]).toEqual([...checksum]);
  removeFromIndex(folder, "app");
  removeFromIndex(folder, "app");
  expect(readdirSync(folder)).toEqual([]);
  expect(findInIndex(folder, "app")).toBeUndefined();
});

test.each([
  [`{"version":"1","checksum":"sha256:0102"}`, [1, 2]],
  [`{"version":"1","checksum":""}`, []],
  [`{"version":"1"}`, []],
  [`{"version":"1","checksum":"no hex"}`, []],
])("a checksum of others is read as drogue-ajour does: %s", (text, bytes) => {
  writeFileSync(join(folder, "other.bin"), data);
  about(text);
  expect([...(findInIndex(folder, "other")?.checksum ?? [0])]).toEqual(bytes);
});

test.each(["", "{", "null", "[]", `{"version":1}`, `{"version":"1","checksum":1}`])(
  "%j says nothing of any firmware",
  (text) => {
    writeFileSync(join(folder, "other.bin"), data);
    about(text);
    expect(findInIndex(folder, "other")).toBeUndefined();
  },
);

test.each(["", "../other", "a/b", "a\\b", "x".repeat(201), "none", "a\0b"])(
  "there is nothing under the name %j",
  (name) => {
    about(`{"version":"1"}`);
    writeFileSync(join(folder, "other.bin"), data);
    expect(findInIndex(join(folder, "sub"), name)).toBeUndefined();
    expect(findInIndex(folder, name)).toBeUndefined();
  },
);

test("facts without bytes are none", () => {
  about(`{"version":"1"}`, "alone");
  expect(findInIndex(folder, "alone")).toBeUndefined();
});

test("a folder that is a file is named", () => {
  about("", "file");
  const file = join(folder, "file.json");
  const write = () => writeFileIndex(file, { name: "a", version: "1", data, checksum });
  expect(write).toThrow(InputError);
  expect(write).toThrow(/^cannot make .*file\.json: exists already/);
  expect(() => removeFromIndex(file, "a")).toThrow(/^cannot remove a\.json: no such file/);
});
