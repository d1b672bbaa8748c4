import type { ResolvedScenario } from "#scenarios/defaults.ts";
import type { ResolvedPull } from "#scenarios/pull-defaults.ts";
import type { KnownImage } from "#sim/oracles/known-images.ts";
import { earlierOf } from "#sim/pull/cell.ts";
import type { LiveImages } from "#tools/fleet/live-world.ts";
import { signerOf } from "#tools/run/images.ts";

/** What the devices of a group are given, and what the server calls it. */
export interface GroupImages {
  /** Before the other one. */
  readonly earlier: { readonly version: string; readonly image: KnownImage } | undefined;
  readonly final: { readonly version: string; readonly bytes: Uint8Array };
}

export function groupImagesOf(
  pull: ResolvedPull,
  { scenario, seed }: { readonly scenario: ResolvedScenario; readonly seed: number },
  { firmware, crypto, facts }: LiveImages,
): GroupImages {
  const signer = signerOf(seed, scenario.firmware.signature);
  const version = pull.package.version ?? facts.version.replace(/\+0$/, "");
  const image = earlierOf(pull, { scenario, firmware, seed, signer, crypto });
  const { earlier } = pull.server;
  return {
    earlier: image && earlier && { version: earlier.version, image },
    final: { version, bytes: firmware.sent },
  };
}
