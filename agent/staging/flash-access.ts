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
  const words = new Int32Array(Math.ceil(sizeBytes / 4)).fill(-1);
  try {
    flash.read(address, new Uint8Array(words.buffer, 0, sizeBytes));
  } catch (error) {
    if (!(error instanceof FlashFault)) throw error;
    return false;
  }
  for (let at = 0; at < words.length; at++) if (words[at] !== -1) return false;
  return true;
}

export function isErasedAt(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if (bytes[at] !== 0xff) return false;
  return true;
}
