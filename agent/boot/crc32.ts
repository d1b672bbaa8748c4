const TABLE = Uint32Array.from({ length: 256 }, (_, octet) => {
  let crc = octet;
  for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb8_8320 : 0);
  return crc;
});

/**
 * CRC-32 of IEEE 802.3: reflected, initial value and final XOR all ones. `before` is that of the
 * bytes in front of these.
 */
export function crc32(bytes: Uint8Array, before = 0): number {
  let crc = ~before;
  for (let index = 0; index < bytes.length; index++) {
    const octet = (crc ^ (bytes[index] as number)) & 0xff;
    crc = (crc >>> 8) ^ (TABLE[octet] as number);
  }
  return ~crc >>> 0;
}
