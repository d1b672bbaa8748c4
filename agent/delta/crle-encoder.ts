import { REPEATED, SCATTERED } from "./crle.ts";
import { encodeUnsignedSize } from "./sizes.ts";

/** A run shorter than this costs more than its bytes among scattered ones; detools has the same. */
const RUN_BYTES_MIN = 6;

export function compressCrle(data: Uint8Array): Uint8Array {
  const bytes: number[] = [];
  let scatteredAt = 0;
  const scatter = (end: number) => {
    if (end === scatteredAt) return;
    bytes.push(SCATTERED, ...encodeUnsignedSize(end - scatteredAt));
    for (let at = scatteredAt; at < end; at++) bytes.push(data[at] as number);
  };
  for (let at = 0; at < data.length; ) {
    let end = at + 1;
    while (end < data.length && data[end] === data[at]) end += 1;
    if (end - at >= RUN_BYTES_MIN) {
      scatter(at);
      bytes.push(REPEATED, ...encodeUnsignedSize(end - at), data[at] as number);
      scatteredAt = end;
    }
    at = end;
  }
  scatter(data.length);
  return Uint8Array.from(bytes);
}
