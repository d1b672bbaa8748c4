import type { HttpClient } from "#hal/net/http-client.ts";
import type { LinkEffect, Post, PullLink } from "./link.ts";

/** The HTTP exchanges of a device, one at a time. */
export class HttpLink implements PullLink {
  readonly #client: HttpClient;
  readonly #post: Post;
  #cancel: (() => void) | undefined;

  constructor(client: HttpClient, post: Post) {
    this.#client = client;
    this.#post = post;
  }

  perform(effect: LinkEffect): void {
    if (effect.type === "httpCancel") this.halt();
    if (effect.type !== "httpRequest") return;
    const { id, method, path, headers = {}, body, bodyBytesMax } = effect;
    this.#cancel = this.#client.call(
      { method, path, headers, body, bodyBytesMax },
      {
        onResponse: (status, bytes, named) =>
          this.#post({ type: "httpResponse", id, status, headers: named, body: bytes }),
        onFailed: (detail, isTooLong) => this.#post({ type: "httpFailed", id, detail, isTooLong }),
      },
    );
  }

  halt(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }
}
