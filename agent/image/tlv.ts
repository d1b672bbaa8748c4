import { TLV_AREA_HEADER_BYTES, TLV_ENTRY_HEADER_BYTES, viewOf } from "./format.ts";
import { type Refused, refused } from "./refusal.ts";

/** One entry of a TLV area. */
export interface Tlv {
  readonly type: number;
  readonly data: Uint8Array;
}

/** Splits an area of exactly the length it claims. `data` are views into `area`. */
export function decodeTlvs(
  area: Uint8Array,
): { readonly ok: true; readonly tlvs: readonly Tlv[] } | Refused {
  const view = viewOf(area);
  const tlvs: Tlv[] = [];
  let at = TLV_AREA_HEADER_BYTES;
  while (at < area.length) {
    if (at + TLV_ENTRY_HEADER_BYTES > area.length) {
      return refused("imageFormat", `TLV area ends inside the entry at its byte ${at}`);
    }
    const length = view.getUint16(at + 2, true);
    const start = at + TLV_ENTRY_HEADER_BYTES;
    if (start + length > area.length) {
      return refused("imageFormat", `TLV at byte ${at} of its area is longer than the area`);
    }
    tlvs.push({ type: view.getUint16(at, true), data: area.subarray(start, start + length) });
    at = start + length;
  }
  return { ok: true, tlvs };
}

/** An area with its header; no bytes at all without entries. Throws `RangeError` over 65535 bytes. */
export function encodeTlvs(magic: number, tlvs: readonly Tlv[]): Uint8Array {
  if (tlvs.length === 0) return new Uint8Array(0);
  const size = tlvs.reduce(
    (sum, { data }) => sum + TLV_ENTRY_HEADER_BYTES + data.length,
    TLV_AREA_HEADER_BYTES,
  );
  if (size > 0xffff) throw new RangeError(`TLV area of ${size} bytes`);
  const area = new Uint8Array(size);
  const view = viewOf(area);
  view.setUint16(0, magic, true);
  view.setUint16(2, size, true);
  let at = TLV_AREA_HEADER_BYTES;
  for (const { type, data } of tlvs) {
    view.setUint16(at, type, true);
    view.setUint16(at + 2, data.length, true);
    area.set(data, at + TLV_ENTRY_HEADER_BYTES);
    at += TLV_ENTRY_HEADER_BYTES + data.length;
  }
  return area;
}
