import {
  HEADER_BYTES,
  PROTECTED_TLV_MAGIC,
  TLV_AREA_HEADER_BYTES,
  TLV_MAGIC,
  viewOf,
} from "./format.ts";
import { decodeHeader, hashedBytesOf, type ImageHeader } from "./header.ts";
import type { ImageReader } from "./reader.ts";
import { type Refused, refused } from "./refusal.ts";
import { decodeTlvs, type Tlv } from "./tlv.ts";

/** An image taken apart; nothing in it is checked beyond that it is all there. */
export interface ImageStructure {
  readonly header: ImageHeader;
  /** The first 32 bytes as they were read. */
  readonly headerBytes: Uint8Array;
  /** As it was read, with its own header; empty when the image has none. */
  readonly protectedArea: Uint8Array;
  readonly protectedTlvs: readonly Tlv[];
  readonly tlvs: readonly Tlv[];
  /** From the header to the end of the TLVs. */
  readonly sizeBytes: number;
}

export type StructureResult = { readonly ok: true; readonly structure: ImageStructure } | Refused;

export function readHeaderBytes(reader: ImageReader): Uint8Array {
  const bytes = new Uint8Array(Math.min(HEADER_BYTES, reader.sizeBytes));
  reader.read(0, bytes);
  return bytes;
}

/** Reads header and TLV areas, at most 128 KiB, and not the payload. */
export function readStructure(
  reader: ImageReader,
  headerBytes: Uint8Array = readHeaderBytes(reader),
): StructureResult {
  const decoded = decodeHeader(headerBytes, reader.sizeBytes);
  if (!decoded.ok) return decoded;
  const { header } = decoded;
  const protectedAt = header.headerBytes + header.payloadBytes;
  const covered = readProtectedArea(reader, protectedAt, header.protectedBytes);
  if (!covered.ok) return covered;
  const area = readArea(reader, hashedBytesOf(header), TLV_MAGIC, "TLV area");
  if (!area.ok) return area;
  const structure: ImageStructure = {
    header,
    headerBytes,
    protectedArea: covered.bytes,
    protectedTlvs: covered.tlvs,
    tlvs: area.tlvs,
    sizeBytes: hashedBytesOf(header) + area.bytes.length,
  };
  return { ok: true, structure };
}

type AreaResult =
  | { readonly ok: true; readonly bytes: Uint8Array; readonly tlvs: readonly Tlv[] }
  | Refused;

function readProtectedArea(reader: ImageReader, at: number, sizeBytes: number): AreaResult {
  if (sizeBytes === 0) return { ok: true, bytes: new Uint8Array(0), tlvs: [] };
  return readArea(reader, at, PROTECTED_TLV_MAGIC, "protected TLV area", sizeBytes);
}

function readArea(
  reader: ImageReader,
  at: number,
  magic: number,
  name: string,
  sizeBytes?: number,
): AreaResult {
  // decodeHeader has made sure that an area header fits.
  const start = new Uint8Array(TLV_AREA_HEADER_BYTES);
  reader.read(at, start);
  const view = viewOf(start);
  if (view.getUint16(0, true) !== magic) {
    return refused("imageFormat", `no ${name} where the header says, at byte ${at}`);
  }
  const total = view.getUint16(2, true);
  if (sizeBytes !== undefined && total !== sizeBytes) {
    const problem = `${name} is ${total} bytes long, the header says ${sizeBytes}`;
    return refused("imageFormat", problem);
  }
  if (total < TLV_AREA_HEADER_BYTES) return refused("imageFormat", `${name} of ${total} bytes`);
  if (at + total > reader.sizeBytes) {
    const present = reader.sizeBytes - at;
    return refused("imageFormat", `${name} of ${total} bytes, there are ${present}`);
  }
  const bytes = new Uint8Array(total);
  bytes.set(start);
  reader.read(at + TLV_AREA_HEADER_BYTES, bytes.subarray(TLV_AREA_HEADER_BYTES));
  const decoded = decodeTlvs(bytes);
  return decoded.ok ? { ok: true, bytes, tlvs: decoded.tlvs } : decoded;
}
