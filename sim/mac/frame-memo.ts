/**
 * What can be known of a frame is worked out once, not once per receiver.
 *
 * A broadcast is one `phyPayload` object that a thousand devices receive one after the other, most
 * of them with the same group keys. Parsing depends on the bytes; MIC and plaintext on the bytes, the
 * keys and the counter. So the last frame is remembered with what came of it, and the keys of equal
 * groups are one object. All of it is pure: remembering changes the time a run takes, nothing else.
 */
import type { Crypto } from "#hal/ports.ts";
import { isDataMicValid, openPayload } from "./data-security.ts";
import { type DataFrame, type PhyFrame, parsePhyPayload } from "./frame.ts";
import type { SessionKeys } from "./session-keys.ts";

/** What a multicast group was set up with; one object for all devices that were given the same. */
export interface KeyRing {
  readonly mcAddr: number;
  readonly keys: SessionKeys;
  readonly maxFCnt: number;
}

const RINGS_MAX = 4096;
const rings = new Map<string, KeyRing>();

/** Keeps copies of the keys. */
export function keyRing(
  mcAddr: number,
  mcNwkSKey: Uint8Array,
  mcAppSKey: Uint8Array,
  maxFCnt: number,
): KeyRing {
  const name = `${mcAddr} ${mcNwkSKey.join()} ${mcAppSKey.join()} ${maxFCnt}`;
  const known = rings.get(name);
  if (known !== undefined) return known;
  // rings in use live on in their devices; at worst an equal one is made beside them
  if (rings.size >= RINGS_MAX) rings.clear();
  const keys: SessionKeys = {
    lorawan: "1.0",
    nwkSKey: Uint8Array.from(mcNwkSKey),
    appSKey: Uint8Array.from(mcAppSKey),
  };
  const ring: KeyRing = { mcAddr, keys, maxFCnt };
  rings.set(name, ring);
  return ring;
}

interface Opened {
  readonly ring: KeyRing;
  readonly fCnt: number;
  readonly payload: Uint8Array | undefined;
}

/** Several groups may share an address; more than a few do not at one time. */
const OPENED_MAX = 16;
const NO_BYTES = new Uint8Array(0);
const NO_FRAME: PhyFrame = parsePhyPayload(NO_BYTES);

/** The last frame and what is known of it. The bytes of a frame are never written to. */
class FrameMemo {
  #phy: Uint8Array = NO_BYTES;
  #frame: PhyFrame = NO_FRAME;
  #opened: Opened[] = [];

  parse(phy: Uint8Array): PhyFrame {
    if (phy !== this.#phy) {
      this.#phy = phy;
      this.#frame = parsePhyPayload(phy);
      this.#opened = [];
    }
    return this.#frame;
  }

  /** Plaintext of the frame just parsed, one object for all; undefined if its MIC is wrong. */
  open(frame: DataFrame, ring: KeyRing, fCnt: number, crypto: Crypto): Uint8Array | undefined {
    for (let index = 0; index < this.#opened.length; index++) {
      const known = this.#opened[index];
      if (known?.ring === ring && known.fCnt === fCnt) return known.payload;
    }
    const payload = isDataMicValid(this.#phy, frame, ring.keys, { fCnt }, crypto)
      ? openPayload(frame, fCnt, ring.keys, crypto)
      : undefined;
    if (this.#opened.length >= OPENED_MAX) this.#opened = [];
    this.#opened.push({ ring, fCnt, payload });
    return payload;
  }
}

export const frameMemo = new FrameMemo();
