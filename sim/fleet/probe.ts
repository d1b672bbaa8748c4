import type { BootStrategy } from "#agent/boot/strategy.ts";
import type { Crypto, Entropy, Flash } from "#hal/ports.ts";
import type { NorFlash } from "#sim/flash/nor.ts";

/**
 * Sits between one device and its world, bootloader included. What it throws, the device's call
 * throws: `PowerLoss` is a supply that fails before that call.
 */
export interface DeviceProbe {
  /** The flash of the device, its factory image in it. */
  attach(flash: NorFlash): void;
  flash(flash: Flash): Flash;
  crypto(crypto: Crypto): Crypto;
  entropy(entropy: Entropy): Entropy;
  boot(boot: BootStrategy): BootStrategy;
  /** Before each event that reaches the device and each effect that is performed. */
  touch(name: string): void;
}
