import { UrlPackages } from "#agent/pull/url-packages.ts";
import { UrlReader } from "#hal/net/url-reader.ts";
import type { Connection } from "./connection.ts";
import type { LinkEffect, Post, PullLink } from "./link.ts";

/** The network of a device that fetches packages from wherever they lie. */
class UrlLink implements PullLink {
  readonly #server: PullLink;
  readonly #reader: UrlReader;
  readonly #post: Post;
  #cancel: (() => void) | undefined;

  constructor(server: PullLink, reader: UrlReader, post: Post) {
    this.#server = server;
    this.#reader = reader;
    this.#post = post;
  }

  perform(effect: LinkEffect): void {
    switch (effect.type) {
      case "fetch":
        this.#fetch(effect);
        break;
      case "fetchCancel":
        this.#halt();
        break;
      default:
        this.#server.perform(effect);
    }
  }

  halt(): void {
    this.#halt();
    this.#server.halt();
  }

  #halt(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }

  #fetch({ id, ...part }: LinkEffect & { readonly type: "fetch" }): void {
    this.#cancel = this.#reader.get(part, {
      onResponse: (status, headers, body) =>
        this.#post({ type: "fetched", id, status, headers, body }),
      onFailed: (detail) => this.#post({ type: "fetchFailed", id, detail }),
    });
  }
}

/** A connection over which packages may be offered that lie somewhere else. */
export function withUrlPackages({ newDialect, newLink, close }: Connection): Connection {
  const reader = new UrlReader();
  return {
    newDialect: () => new UrlPackages(newDialect()),
    newLink: (post) => new UrlLink(newLink(post), reader, post),
    close: () => {
      reader.close();
      close();
    },
  };
}
