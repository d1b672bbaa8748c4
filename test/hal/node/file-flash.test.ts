import { existsSync, mkdtempSync, readFileSync, rmSync, truncateSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { FileFlash } from "#hal/node/file-flash.ts";
import { FlashFault, type FlashGeometry } from "#hal/ports.ts";
import { flashContract } from "../../contract/flash.contract.ts";

const folder = mkdtempSync(join(tmpdir(), "fuota-flash-"));
const opened: FileFlash[] = [];
let files = 0;

afterAll(() => {
  for (const flash of opened) flash.close();
  rmSync(folder, { recursive: true });
});

const nextPath = () => join(folder, `${files++}.bin`);

function open(path: string, geometry: FlashGeometry): FileFlash {
  const flash = new FileFlash(path, geometry);
  opened.push(flash);
  return flash;
}

flashContract("FileFlash", (geometry) => open(nextPath(), geometry));

const geometry: FlashGeometry = {
  sizeBytes: 512,
  granuleBytes: 8,
  sectors: [{ address: 0, sizeBytes: 256, count: 2 }],
};

test("what one process wrote the next one reads, and the file is the flash", () => {
  const path = nextPath();
  const first = new FileFlash(path, geometry);
  first.program(256, Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8));
  first.program(0, new Uint8Array(8));
  first.erase(0);
  first.close();
  const expected = Buffer.alloc(512, 0xff);
  expected.set([1, 2, 3, 4, 5, 6, 7, 8], 256);
  expect(readFileSync(path).equals(expected)).toBe(true);
  const second = open(path, geometry);
  const target = new Uint8Array(512);
  second.read(0, target);
  expect(expected.equals(target)).toBe(true);
  expect(() => second.program(256, new Uint8Array(8))).toThrow(RangeError);
});

test("a file of another size is refused with both sizes, and left alone", () => {
  const path = nextPath();
  open(path, geometry);
  const larger = {
    ...geometry,
    sizeBytes: 1024,
    sectors: [{ address: 0, sizeBytes: 256, count: 4 }],
  };
  expect(() => new FileFlash(path, larger)).toThrow(/512 bytes.*1024/);
  expect(readFileSync(path).length).toBe(512);
});

test("a file that shrinks underneath is a read fault", () => {
  const path = nextPath();
  const flash = open(path, geometry);
  truncateSync(path, 300);
  expect(() => flash.read(256, new Uint8Array(64))).toThrow(FlashFault);
});

test.skipIf(!existsSync("/dev/full"))("a full disk is a fault of the flash", () => {
  expect(() => new FileFlash("/dev/full", geometry)).toThrow(FlashFault);
});

test("a closed flash refuses everything", () => {
  const flash = new FileFlash(nextPath(), geometry);
  flash.close();
  expect(() => flash.read(0, new Uint8Array(8))).toThrow(RangeError);
  expect(() => flash.erase(0)).toThrow(RangeError);
});
