import { expect } from "vitest";
import { FlashFault } from "#hal/ports.ts";
import type { NorFlash } from "#sim/flash/nor.ts";

/** Two sectors of 256 bytes, granules of 8. */
export const smallGeometry = {
  sizeBytes: 512,
  granuleBytes: 8,
  sectors: [{ address: 0, sizeBytes: 256, count: 2 }],
};

export function readBytes(flash: NorFlash, address: number, sizeBytes: number): Uint8Array {
  const target = new Uint8Array(sizeBytes);
  flash.read(address, target);
  return target;
}

export const filled = (sizeBytes: number, byte: number) => new Uint8Array(sizeBytes).fill(byte);

/** The operation reports a fault, where it says. */
export function expectFault(call: () => void, operation: string, address: number): void {
  let caught: unknown;
  try {
    call();
  } catch (error) {
    caught = error;
  }
  expect(caught).toBeInstanceOf(FlashFault);
  expect(caught).toMatchObject({ operation, address });
}
