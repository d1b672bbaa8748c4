import { type Flash, FlashFault } from "#hal/ports.ts";
import { sectorBytes } from "../flash/sectors.ts";
import {
  COMMIT_KIND,
  decodeHeader,
  decodeRecord,
  headerBytes,
  type JournalRecord,
  recordBytes,
  type SectorHeader,
} from "./format.ts";

/** One sector of the log as found in flash. */
interface FoundSector {
  readonly index: number;
  readonly header: SectorHeader;
}

/** The part of the log that is in force: a committed snapshot and everything after it. */
interface Chain {
  /** Sector indices, oldest first. */
  readonly sectors: readonly number[];
  readonly records: readonly JournalRecord[];
  /** Sequence of the last sector. */
  readonly headSequence: number;
  /** Offset in the last sector where the next record goes. */
  readonly end: number;
  /** The last sector ends in something torn: nothing may be appended to it. */
  readonly isTorn: boolean;
}

interface FoundLog {
  readonly chain: Chain | undefined;
  /** Highest sequence in use, in force or not. */
  readonly sequenceMax: number;
}

/** Reads the whole region and picks the newest log whose snapshot was committed. */
export function findLog(flash: Flash, sectors: readonly number[]): FoundLog {
  const found: FoundSector[] = [];
  const { granuleBytes } = flash.geometry;
  sectors.forEach((address, index) => {
    const bytes = new Uint8Array(headerBytes(granuleBytes));
    if (!tryRead(flash, address, bytes)) return;
    const header = decodeHeader(bytes);
    if (header !== undefined) found.push({ index, header });
  });
  found.sort((a, b) => b.header.sequence - a.header.sequence);
  const sequenceMax = found[0]?.header.sequence ?? 0;
  for (const head of found) {
    const chain = readChain(flash, sectors, linkBack(head, found));
    if (chain !== undefined) return { chain, sequenceMax };
  }
  return { chain: undefined, sequenceMax };
}

/** Oldest first; empty when a link is missing. */
function linkBack(head: FoundSector, found: readonly FoundSector[]): readonly FoundSector[] {
  const chain = [head];
  for (let oldest = head; oldest.header.previous !== 0; ) {
    const { previous, sequence } = oldest.header;
    const before = found.find(({ header }) => header.sequence === previous);
    if (before === undefined || previous >= sequence) return [];
    chain.unshift(before);
    oldest = before;
  }
  return chain;
}

function readChain(
  flash: Flash,
  sectors: readonly number[],
  links: readonly FoundSector[],
): Chain | undefined {
  if (links.length === 0) return undefined;
  const records: JournalRecord[] = [];
  let end = 0;
  let isTorn = false;
  links.forEach(({ index }, position) => {
    const limit = links[position + 1]?.header.previousEnd;
    const scan = scanSector(flash, sectors[index] as number, limit, records);
    end = scan.end;
    isTorn = scan.isTorn;
  });
  const commit = records.findIndex(({ kind }) => kind === COMMIT_KIND);
  if (commit < 0 || records[commit]?.a !== (commit & 0xffff)) return undefined;
  const headSequence = links.at(-1)?.header.sequence ?? 0;
  return { sectors: links.map(({ index }) => index), records, headSequence, end, isTorn };
}

/** The newest record is read this often: one that was torn may read right by chance. */
const LAST_READS = 3;

/** Without a limit, the records end where only erased bytes follow, or else something is torn. */
function scanSector(
  flash: Flash,
  address: number,
  limit: number | undefined,
  records: JournalRecord[],
): { readonly end: number; readonly isTorn: boolean } {
  const { geometry } = flash;
  const sizeBytes = sectorBytes(geometry, address);
  const bytes = new Uint8Array(Math.min(limit ?? sizeBytes, sizeBytes));
  let at = headerBytes(geometry.granuleBytes);
  if (!tryRead(flash, address, bytes)) return { end: at, isTorn: true };
  for (;;) {
    const record = decodeRecord(bytes, at);
    if (record === undefined) break;
    const end = at + recordBytes(record.extra.length, geometry.granuleBytes);
    const isLast = limit === undefined && decodeRecord(bytes, end) === undefined;
    if (isLast && !readsAgain(flash, address, bytes, at, end)) break;
    records.push(record);
    at = end;
  }
  return { end: at, isTorn: !bytes.subarray(at).every((byte) => byte === 0xff) };
}

function readsAgain(
  flash: Flash,
  address: number,
  bytes: Uint8Array,
  start: number,
  end: number,
): boolean {
  const again = new Uint8Array(end - start);
  for (let reads = 1; reads < LAST_READS; reads++) {
    if (!tryRead(flash, address + start, again)) return false;
    if (!again.every((byte, index) => byte === bytes[start + index])) return false;
  }
  return true;
}

function tryRead(flash: Flash, address: number, target: Uint8Array): boolean {
  try {
    flash.read(address, target);
    return true;
  } catch (error) {
    if (!(error instanceof FlashFault)) throw error;
    return false;
  }
}
