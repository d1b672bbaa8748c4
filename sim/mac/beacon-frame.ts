/** The bytes of a beacon: network part with the time, gateway part, each with its CRC (TS001, class B). */
import type { GpsSeconds } from "#hal/ports.ts";

/** RFU and Param, Time 4, CRC 2, GwSpecific 7, perhaps RFU, CRC 2: the regions differ in the RFUs. */
const TIME_BYTES = 4;
const CRC_BYTES = 2;
const GW_SPECIFIC_BYTES = 7;

function rfuBytes(sizeBytes: number): { readonly before: number; readonly behind: number } {
  const rest = sizeBytes - TIME_BYTES - 2 * CRC_BYTES - GW_SPECIFIC_BYTES;
  // EU868: 2 and 0 of 17 bytes; US915: 5 and 3 of 23; AS923, KR920, IN865, RU864 as EU868, CN470: 3 and 1 of 19.
  const before = Math.ceil((rest + 2) / 2);
  return { before, behind: rest - before };
}

/** Where the time and the part of the gateway begin. */
export function beaconLayout(sizeBytes: number): {
  readonly timeAt: number;
  readonly gatewayAt: number;
} {
  const { before: timeAt } = rfuBytes(sizeBytes);
  return { timeAt, gatewayAt: timeAt + TIME_BYTES + CRC_BYTES };
}

/** `gwSpecific`: where the gateway is, or nothing known. */
export function encodeBeacon(
  sizeBytes: number,
  time: GpsSeconds,
  gwSpecific: Uint8Array = new Uint8Array(GW_SPECIFIC_BYTES),
): Uint8Array {
  const { before } = rfuBytes(sizeBytes);
  const bytes = new Uint8Array(sizeBytes);
  const view = new DataView(bytes.buffer);
  view.setUint32(before, time, true);
  const firstCrc = before + TIME_BYTES;
  view.setUint16(firstCrc, crc16(bytes.subarray(0, firstCrc)), true);
  const gwPart = firstCrc + CRC_BYTES;
  bytes.set(gwSpecific.subarray(0, GW_SPECIFIC_BYTES), gwPart);
  const lastCrc = sizeBytes - CRC_BYTES;
  view.setUint16(lastCrc, crc16(bytes.subarray(gwPart, lastCrc)), true);
  return bytes;
}

/** The time in a beacon; undefined for another length or a wrong CRC of the network part. */
export function beaconTimeIn(bytes: Uint8Array, sizeBytes: number): GpsSeconds | undefined {
  if (bytes.length !== sizeBytes) return undefined;
  const { before } = rfuBytes(sizeBytes);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const crcAt = before + TIME_BYTES;
  if (view.getUint16(crcAt, true) !== crc16(bytes.subarray(0, crcAt))) return undefined;
  return view.getUint32(before, true);
}

/** x^16 + x^12 + x^5 + 1, from 0. */
function crc16(bytes: Uint8Array): number {
  let crc = 0;
  for (const byte of bytes) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit++) {
      crc = (crc & 0x8000) === 0 ? crc << 1 : (crc << 1) ^ 0x1021;
    }
    crc &= 0xffff;
  }
  return crc;
}
