import { type Flash, FlashFault } from "#hal/ports.ts";

const ERASE_TRIES = 3;

/** Tries a few times: an erase may fail once. */
export function eraseSector(flash: Flash, address: number): void {
  for (let tries = 1; ; tries++) {
    try {
      flash.erase(address);
      return;
    } catch (error) {
      if (!(error instanceof FlashFault) || tries === ERASE_TRIES) throw error;
    }
  }
}

/** False also when it cannot be read. */
export function isErased(flash: Flash, address: number, sizeBytes: number): boolean {
  const bytes = new Uint8Array(sizeBytes);
  try {
    flash.read(address, bytes);
  } catch (error) {
    if (!(error instanceof FlashFault)) throw error;
    return false;
  }
  return isErasedAt(bytes, 0, sizeBytes);
}

export function isErasedAt(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if (bytes[at] !== 0xff) return false;
  return true;
}
