/** Flips every bit in place. */
export function invert(bytes: Uint8Array): void {
  for (let index = 0; index < bytes.length; index++) bytes[index] = ~(bytes[index] as number);
}

export function inverted(bytes: Uint8Array): Uint8Array {
  const copy = new Uint8Array(bytes);
  invert(copy);
  return copy;
}
