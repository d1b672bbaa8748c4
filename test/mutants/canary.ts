/** Something small that can be spoilt: the sum of the bytes, modulo 256. */
export function checksum(bytes: Uint8Array): number {
  let sum = 0;
  for (let index = 0; index < bytes.length; index++) sum += bytes[index] ?? 0;
  return sum & 0xff;
}
