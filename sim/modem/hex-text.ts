/** Upper case, without separators; `separator` between bytes where a dialect wants one. */
export function hexOf(bytes: Uint8Array, separator = ""): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0").toUpperCase()).join(separator);
}

/** Undefined: not that many bytes of hex digits. */
export function bytesFrom(text: string, count?: number): Uint8Array | undefined {
  if (!/^(?:[0-9a-fA-F]{2})*$/.test(text)) return undefined;
  if (count !== undefined && text.length !== 2 * count) return undefined;
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

export function addressHex(address: number): string {
  return address.toString(16).padStart(8, "0").toUpperCase();
}
