import { type Flash, FlashFault } from "#hal/ports.ts";

/* A sick cell as an answer, where it is one. Power that fails, and bugs, pass through. */

/** Whether `call` came to its end without a `FlashFault`. */
export function succeeds(call: () => void): boolean {
  try {
    call();
    return true;
  } catch (error) {
    if (!(error instanceof FlashFault)) throw error;
    return false;
  }
}

/** Whether the flash gives what is at `address`; if not, `target` is undefined. */
export function reads(flash: Flash, address: number, target: Uint8Array): boolean {
  return succeeds(() => flash.read(address, target));
}

/** False also when it cannot be read. */
export function holds(flash: Flash, address: number, bytes: Uint8Array): boolean {
  const found = new Uint8Array(bytes.length);
  if (!reads(flash, address, found)) return false;
  for (let index = 0; index < bytes.length; index++) {
    if (found[index] !== bytes[index]) return false;
  }
  return true;
}
