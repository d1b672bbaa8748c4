import type { Flash } from "#hal/ports.ts";
import type { FlashLayout } from "./layout.ts";
import { BLANK_RECORD, entryOf, NO_ENTRY } from "./record.ts";
import { RecordLog } from "./record-log.ts";
import type { ImageIdentity } from "./strategy.ts";

/**
 * Programs bank A of an erased flash and the first record, as a factory does.
 * Without `image` the record knows neither version nor hash and starts its security counter at 0.
 */
export function installFactoryImage(
  flash: Flash,
  layout: FlashLayout,
  bytes: Uint8Array,
  image?: ImageIdentity,
): void {
  const bank = layout.banks[0];
  const { granuleBytes } = flash.geometry;
  if (bytes.length > bank.sizeBytes) throw new RangeError("image larger than the bank");
  const whole = bytes.length - (bytes.length % granuleBytes);
  flash.program(bank.address, bytes.subarray(0, whole));
  if (whole < bytes.length) {
    const tail = new Uint8Array(granuleBytes).fill(0xff);
    tail.set(bytes.subarray(whole));
    flash.program(bank.address + whole, tail);
  }
  const log = new RecordLog(flash, layout.state);
  log.load();
  log.commit({
    ...BLANK_RECORD,
    bankStates: ["confirmed", "empty"],
    banks: [image === undefined ? NO_ENTRY : entryOf(image), NO_ENTRY],
    securityCounter: image?.securityCounter ?? 0,
  });
}
