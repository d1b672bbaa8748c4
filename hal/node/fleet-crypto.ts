import { createHash } from "node:crypto";
import type { PublicKey } from "#hal/ports.ts";
import { NodeCrypto } from "./crypto.ts";

/** Far more than a fleet's images and keys; what is forgotten is verified again. */
const VERDICTS_MAX = 1000;

/** The crypto of many devices that verify one image: a signature's verdict is found once. */
export class FleetCrypto extends NodeCrypto {
  readonly #verdicts = new Map<string, boolean>();

  override verify(key: PublicKey, message: Uint8Array, signature: Uint8Array): boolean {
    const asked = createHash("sha256");
    asked.update(`${key.algorithm} ${key.bytes.length} ${signature.length}\n`);
    const name = asked.update(key.bytes).update(signature).update(message).digest("base64");
    let verdict = this.#verdicts.get(name);
    if (verdict !== undefined) return verdict;
    verdict = super.verify(key, message, signature);
    if (this.#verdicts.size === VERDICTS_MAX) this.#verdicts.clear();
    this.#verdicts.set(name, verdict);
    return verdict;
  }
}
