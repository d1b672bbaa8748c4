import type { Cells } from "./cells.ts";
import type { Cut } from "./cuts.ts";

/** Leaves a program as `cut` says. Its granules are known to be programmable. */
export function interruptProgram(
  cells: Cells,
  address: number,
  source: Uint8Array,
  cut: Cut,
): void {
  const { granuleBytes } = cells;
  const faults = cells.needFaults();
  const bytes = new Uint8Array(source);
  let reached = bytes.length;
  if (cut.kind === "notDone") reached = 0;
  else if (cut.kind === "prefix") {
    reached = Math.min(cut.bytes, bytes.length);
    bytes.fill(0xff, reached);
  } else if (cut.kind !== "doneButLost" && cut.kind !== "unstable") {
    for (let index = 0; index < reached; index++) {
      bytes[index] = (bytes[index] as number) | faults.randomByte();
    }
  }
  const before = new Uint8Array(bytes.length);
  cells.read(address, before);
  const touched = Math.ceil(reached / granuleBytes) * granuleBytes;
  if (touched > 0) cells.overwrite(address, bytes.subarray(0, touched));
  if (cut.kind === "unstable") {
    before.forEach((byte, index) => {
      faults.setUnstable(address + index, byte & ~(bytes[index] as number));
    });
  }
  const isWhole = cut.kind === "prefix" || cut.kind === "doneButLost";
  for (let offset = 0; offset < touched; offset += granuleBytes) {
    const granule = (address + offset) / granuleBytes;
    const word = bytes.subarray(offset, offset + granuleBytes);
    if (cut.kind === "unstable" || word.every((byte) => byte === 0xff)) faults.suspect(granule);
    const isTorn = !isWhole || offset + granuleBytes > reached;
    if (isTorn && cells.hasEcc) faults.tear(granule);
  }
}

/** Leaves the erase of one sector as `cut` says. */
export function interruptErase(cells: Cells, address: number, sizeBytes: number, cut: Cut): void {
  switch (cut.kind) {
    case "notDone":
      break;
    case "doneButLost":
      cells.clear(address, address + sizeBytes);
      break;
    case "halfErase":
      eraseFirst(cells, address, sizeBytes, sizeBytes / 2);
      break;
    case "prefix":
      eraseFirst(cells, address, sizeBytes, Math.min(cut.bytes, sizeBytes));
      break;
    default:
      spoilSector(cells, address, sizeBytes, cut.kind);
  }
}

/** What is left of the sector may look erased where it is not. */
function eraseFirst(cells: Cells, address: number, sizeBytes: number, reached: number): void {
  const { granuleBytes } = cells;
  const from = address + reached - (reached % granuleBytes);
  cells.clear(address, from);
  const granule = new Uint8Array(granuleBytes);
  for (let at = from; at < address + sizeBytes; at += granuleBytes) {
    if (!cells.isProgrammed(at, granuleBytes)) continue;
    cells.readStored(at, granule);
    if (granule.every((byte) => byte === 0xff)) cells.needFaults().suspect(at / granuleBytes);
  }
}

function spoilSector(
  cells: Cells,
  address: number,
  sizeBytes: number,
  kind: "randomErase" | "marginalErase" | "unstable" | "partialBits",
): void {
  const faults = cells.needFaults();
  const bytes = new Uint8Array(sizeBytes).fill(0xff);
  if (kind === "partialBits") cells.readStored(address, bytes);
  cells.clear(address, address + sizeBytes);
  for (let index = 0; index < sizeBytes; index++) {
    if (kind === "randomErase") bytes[index] = faults.randomByte();
    else if (kind === "partialBits") bytes[index] = (bytes[index] as number) | faults.randomByte();
  }
  cells.overwrite(address, bytes);
  const isTorn = cells.hasEcc && kind !== "marginalErase";
  for (let at = address; at < address + sizeBytes; at += cells.granuleBytes) {
    faults.suspect(at / cells.granuleBytes);
    if (isTorn) faults.tear(at / cells.granuleBytes);
  }
  if (kind !== "unstable") return;
  for (let at = address; at < address + sizeBytes; at++) faults.setUnstable(at, 0xff);
}
