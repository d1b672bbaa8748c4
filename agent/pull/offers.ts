import type { Crypto } from "#hal/ports.ts";
import type { ImageIdentity } from "../boot/strategy.ts";
import { equalBytes } from "../image/equal-bytes.ts";
import type { Offer } from "./dialect.ts";
import { type FailureCause, type PullFailure, triesOf } from "./failure.ts";
import {
  FAILED_OFFERS_MAX,
  type FailedOffer,
  OFFER_ID_BYTES,
  type PulledImage,
  type PullState,
  VERSION_BYTES_MAX,
} from "./state.ts";

/** Tells one package from all others, also from one of the same name with other bytes. */
export function offerIdOf(offer: Offer, crypto: Crypto): Uint8Array {
  return crypto.hashOf("sha256", new TextEncoder().encode(nameOf(offer))).slice(0, OFFER_ID_BYTES);
}

/** Two that compare equal are one package. */
export function comparableOffer(offer: Offer | undefined): string {
  return offer === undefined ? "none" : nameOf(offer);
}

function nameOf({ title, version, identity }: Offer): string {
  return JSON.stringify([title, version, identity]);
}

/** The image that runs, if it was pulled. */
export function pulledImageOf({ images }: PullState, hash: Uint8Array): PulledImage | undefined {
  return images.find((image) => image !== undefined && equalBytes(image.hash, hash));
}

/** As servers call it: that of its package, or else its own, a build only where it has one. */
export function versionOf(state: PullState, { hash, version }: ImageIdentity): string {
  return pulledImageOf(state, hash)?.version ?? version.replace(/\+0$/, "");
}

/**
 * Whether the image that runs is this package's. What the image says of its version does not count
 * once it was pulled: a package whose image says another one would be taken again for ever.
 */
export function isRunning(state: PullState, running: ImageIdentity, offer: Offer, id: Uint8Array) {
  if (offer.isRunning) return true;
  const pulled = pulledImageOf(state, running.hash);
  if (pulled !== undefined) return equalBytes(pulled.offerId, id);
  return offer.version === versionOf(state, running);
}

/** It failed so often that it is not taken up any more. */
export function spentOffer({ failed }: PullState, id: Uint8Array): FailedOffer | undefined {
  return failed.find(
    ({ offerId, failure, tries }) => equalBytes(offerId, id) && tries >= triesOf(failure),
  );
}

/** The oldest failure is forgotten for a new one, if there are too many. */
export function rememberFailure({ failed }: PullState, id: Uint8Array, failure: PullFailure): void {
  const index = failed.findIndex(({ offerId }) => equalBytes(offerId, id));
  const [known] = index < 0 ? [] : failed.splice(index, 1);
  failed.push({ offerId: id, failure, tries: (known?.tries ?? 0) + 1 });
  if (failed.length > FAILED_OFFERS_MAX) failed.shift();
}

/** Why a package cannot be for this device; undefined for one that may be. */
export function problemOf(
  offer: Offer,
  title: string,
  bankBytes: number,
): { readonly cause: FailureCause; readonly detail: string } | undefined {
  const wrong = (detail: string) => ({ cause: "offer", detail }) as const;
  if (offer.title !== title) {
    return wrong(`the package is ${shown(offer.title)}, this is ${shown(title)}`);
  }
  if (new TextEncoder().encode(offer.version).length > VERSION_BYTES_MAX) {
    return wrong(`its version is longer than ${VERSION_BYTES_MAX} bytes`);
  }
  if (!offer.content.ok) return wrong(offer.content.problem);
  const { sizeBytes } = offer.content;
  if (sizeBytes === undefined || sizeBytes <= bankBytes) return undefined;
  return { cause: "tooLarge", detail: `${sizeBytes} bytes, the bank has ${bankBytes}` };
}

const SHOWN_MAX = 60;

function shown(text: string): string {
  const safe = text.replace(/\p{C}/gu, "?");
  return safe.length > SHOWN_MAX ? `${safe.slice(0, SHOWN_MAX)}…` : safe;
}
