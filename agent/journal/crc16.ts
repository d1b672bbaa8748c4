const TABLE = Uint16Array.from({ length: 256 }, (_, octet) => {
  let crc = octet << 8;
  for (let bit = 0; bit < 8; bit++) crc = (crc << 1) ^ (crc & 0x8000 ? 0x1021 : 0);
  return crc & 0xffff;
});

/** CRC-16 with the CCITT polynomial 0x1021, most significant bit first, from `crc` on. */
export function crc16(crc: number, bytes: Uint8Array, start: number, end: number): number {
  let sum = crc;
  for (let index = start; index < end; index++) {
    const octet = (sum >> 8) ^ (bytes[index] as number);
    sum = ((sum << 8) ^ (TABLE[octet & 0xff] as number)) & 0xffff;
  }
  return sum;
}
