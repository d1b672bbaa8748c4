import { type Flash, FlashFault } from "#hal/ports.ts";
import { firstNotErased } from "../image/reader.ts";

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
  const reader = {
    sizeBytes,
    read: (offset: number, target: Uint8Array) => flash.read(address + offset, target),
  };
  try {
    return firstNotErased(reader, 0, sizeBytes, 0xff) < 0;
  } catch (error) {
    if (!(error instanceof FlashFault)) throw error;
    return false;
  }
}

export function isErasedAt(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if (bytes[at] !== 0xff) return false;
  return true;
}
