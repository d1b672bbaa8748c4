import { BankBoot } from "#agent/boot/bank-boot.ts";
import { EmbassyBoot } from "#agent/boot/embassy-boot.ts";
import { embassyLayoutOf } from "#agent/boot/embassy-layout.ts";
import type { FlashLayout } from "#agent/boot/layout.ts";
import type { BootReport, BootStrategy, VerifyImage } from "#agent/boot/strategy.ts";
import type { Flash } from "#hal/ports.ts";
import type { ResolvedDevice } from "#scenarios/defaults.ts";

/** The bootloader that a kind of device has. */
export function bootOf(
  { boot, attempts: attemptsMax }: Pick<ResolvedDevice, "boot" | "attempts">,
  flash: Flash,
  layout: FlashLayout,
  verify: VerifyImage,
): BootStrategy {
  switch (boot) {
    case "banks":
      return new BankBoot(flash, layout, verify, { attemptsMax });
    case "embassy":
      return new EmbassyBoot(flash, embassyLayoutOf(layout), verify, { attemptsMax });
  }
}

/** An update may still come to run, after resets that it did not cause. */
export function mayStillBoot({ lastReason, pending }: BootReport): boolean {
  const isGivenUp = lastReason === "attemptsExhausted" || lastReason === "pendingInvalid";
  return pending !== undefined || !isGivenUp;
}
