import { expect, test } from "vitest";
import { installFactoryImage } from "#agent/boot/factory.ts";
import { geometryOf, layoutOf } from "#agent/boot/layout.ts";
import { NorFlash } from "#sim/flash/nor.ts";
import { SharedContent } from "#sim/flash/shared-content.ts";

const FRAG_BYTES = 200;
const NB_FRAG = 1000;

const layout = layoutOf({ bankBytes: 256 * 1024, journalBytes: 8192, scratchBytes: 32 * 1024 });
const geometry = geometryOf(layout, 8);
const [bankA, bankB] = layout.banks;

function noise(sizeBytes: number, seed: number): Uint8Array {
  let state = seed;
  return Uint8Array.from({ length: sizeBytes }, () => {
    state = Math.imul(state ^ (state >>> 15), 0x2c1b_3c6d) + 0x9e37_79b9;
    return state >>> 24;
  });
}
const factory = noise(180_001, 1);
const update = noise(NB_FRAG * FRAG_BYTES, 2);

function newDevice(content: SharedContent): NorFlash {
  const flash = new NorFlash(geometry, { content });
  installFactoryImage(flash, layout, factory);
  return flash;
}

/** The frames of a broadcast, as a device with its own losses stores them. */
function receive(flash: NorFlash, isLost: (index: number) => boolean): void {
  for (let index = 0; index < NB_FRAG; index++) {
    if (isLost(index)) continue;
    const fragment = update.slice(index * FRAG_BYTES, (index + 1) * FRAG_BYTES);
    flash.program(bankB.address + index * FRAG_BYTES, fragment);
  }
}

function expectBytes(flash: NorFlash, address: number, expected: Uint8Array): void {
  const target = new Uint8Array(expected.length);
  flash.read(address, target);
  expect(Buffer.compare(target, expected)).toBe(0);
}

test("a device costs what makes it different: 5 % lost, 50 coded fragments, in 5 kB", () => {
  const content = SharedContent.forLayout(layout, factory, update);
  const flash = newDevice(content);
  expect(flash.memoryBytes).toBeLessThan(700);
  receive(flash, (index) => index % 20 === 7);
  for (let slot = 0; slot < 50; slot++) {
    flash.program(layout.scratch.address + slot * FRAG_BYTES, noise(FRAG_BYTES, 100 + slot));
  }
  expect(flash.memoryBytes).toBeLessThan(5000);
  expectBytes(flash, bankA.address, factory);
  expectBytes(flash, layout.scratch.address + 49 * FRAG_BYTES, noise(FRAG_BYTES, 149));

  for (let index = 7; index < NB_FRAG; index += 20) {
    const at = index * FRAG_BYTES;
    flash.program(bankB.address + at, update.subarray(at, at + FRAG_BYTES));
  }
  expectBytes(flash, bankB.address, update);
});

test("coded fragments and boot records are kept once for all devices", () => {
  const content = SharedContent.forLayout(layout, factory, update);
  const store = (flash: NorFlash) =>
    flash.program(layout.scratch.address, noise(FRAG_BYTES, 3).slice());
  store(newDevice(content));
  const { memoryBytes } = content;
  for (let device = 0; device < 20; device++) store(newDevice(content));
  expect(content.memoryBytes).toBe(memoryBytes);
});

test("one wrong byte is kept apart, whatever object it came in", () => {
  const content = SharedContent.forLayout(layout, factory, update);
  const flash = newDevice(content);
  const frame = update.slice(0, FRAG_BYTES);
  flash.program(bankB.address, frame);
  frame.set(update.subarray(FRAG_BYTES, 2 * FRAG_BYTES));
  frame[199] = (frame[199] ?? 0) ^ 1;
  flash.program(bankB.address + FRAG_BYTES, frame);
  expectBytes(flash, bankB.address, update.slice(0, FRAG_BYTES));
  expectBytes(flash, bankB.address + FRAG_BYTES, frame);
});

test("devices of one pool share no fate", () => {
  const content = SharedContent.forLayout(layout, factory, update);
  const [one, other] = [newDevice(content), newDevice(content)];
  one.flipBit(bankA.address + 1000, 4);
  one.erase(bankA.address + 8192);
  expectBytes(other, bankA.address, factory);
  const expected = factory.slice();
  expected[1000] = (expected[1000] ?? 0) ^ 0x10;
  expected.fill(0xff, 8192, 8192 + 4096);
  expectBytes(one, bankA.address, expected);
});
