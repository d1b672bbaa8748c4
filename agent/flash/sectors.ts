import type { FlashGeometry, SectorRun } from "#hal/ports.ts";

function runAt(geometry: FlashGeometry, address: number): SectorRun {
  for (const run of geometry.sectors) {
    if (address >= run.address && address < run.address + run.sizeBytes * run.count) return run;
  }
  throw new RangeError(`address ${address} is outside the flash`);
}

/** First address of the sector that holds `address`. */
export function sectorStart(geometry: FlashGeometry, address: number): number {
  const run = runAt(geometry, address);
  return address - ((address - run.address) % run.sizeBytes);
}

/** Size of the sector that holds `address`. */
export function sectorBytes(geometry: FlashGeometry, address: number): number {
  return runAt(geometry, address).sizeBytes;
}

/** Sectors before the one that holds `address`, counted from the start of the flash. */
export function sectorOrdinal(geometry: FlashGeometry, address: number): number {
  let before = 0;
  for (const run of geometry.sectors) {
    const offset = address - run.address;
    if (offset < run.sizeBytes * run.count) return before + Math.floor(offset / run.sizeBytes);
    before += run.count;
  }
  throw new RangeError(`address ${address} is outside the flash`);
}

/** Addresses of the sectors of a span; the span must be whole sectors. */
export function sectorsOf(
  geometry: FlashGeometry,
  span: { readonly address: number; readonly sizeBytes: number },
): number[] {
  const starts: number[] = [];
  const end = span.address + span.sizeBytes;
  for (let at = span.address; at < end; at += sectorBytes(geometry, at)) {
    if (sectorStart(geometry, at) !== at) throw new RangeError(`no sector starts at ${at}`);
    starts.push(at);
  }
  return starts;
}

export function roundUp(value: number, unit: number): number {
  const over = value % unit;
  return over === 0 ? value : value + unit - over;
}

/** What an erased byte of this flash reads. */
export function erasedByteOf(geometry: FlashGeometry): 0xff | 0x00 {
  return geometry.erasedByte ?? 0xff;
}
