import type { CoapClient } from "#hal/net/coap-client.ts";
import type { LinkEffect, Post, PullLink } from "./link.ts";

/** The CoAP exchanges of a device; one that observes may stand beside another. */
export class CoapLink implements PullLink {
  readonly #client: CoapClient;
  readonly #post: Post;
  readonly #cancels = new Map<number, () => void>();

  constructor(client: CoapClient, post: Post) {
    this.#client = client;
    this.#post = post;
  }

  perform(effect: LinkEffect): void {
    if (effect.type === "coapCancel") this.#cancel(effect.id);
    if (effect.type !== "coapRequest") return;
    const { type: _, id, ...call } = effect;
    this.#cancels.set(
      id,
      this.#client.call(call, {
        onResponse: (reply) => {
          if (!reply.isObserved) this.#cancels.delete(id);
          this.#post({ type: "coapResponse", id, ...reply });
        },
        onFailed: (detail, isTooLong) => {
          this.#cancels.delete(id);
          this.#post({ type: "coapFailed", id, detail, isTooLong });
        },
      }),
    );
  }

  halt(): void {
    for (const id of [...this.#cancels.keys()]) this.#cancel(id);
  }

  #cancel(id: number): void {
    const cancel = this.#cancels.get(id);
    this.#cancels.delete(id);
    cancel?.();
  }
}
