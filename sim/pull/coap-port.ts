import { CoapEndpoint } from "#sim/server/thingsboard/coap-endpoint.ts";
import type { CoapHandler, CoapHeard, CoapSaid } from "#sim/server/thingsboard/coap-exchange.ts";
import type { CoapHost } from "#sim/server/thingsboard/coap-host.ts";

type Hear = (message: CoapSaid) => void;

/** A server that takes messages. */
export type CoapServed = Pick<CoapPort, "open" | "receive">;

/** Where the CoAP messages of a cell's devices come to its server. */
export class CoapPort {
  readonly #host: CoapHost;
  readonly #handler: CoapHandler;
  readonly #clients = new Map<string, Hear>();
  #endpoint: CoapEndpoint;

  constructor(host: CoapHost, handler: CoapHandler) {
    this.#host = host;
    this.#handler = handler;
    this.#endpoint = this.#newEndpoint();
  }

  /** What the server says to this address. */
  open(address: string, hear: Hear): void {
    this.#clients.set(address, hear);
  }

  receive(from: string, message: CoapHeard): void {
    this.#endpoint.receive(from, message);
  }

  /** It forgets all messages, and what it owes an answer. */
  restart(): void {
    this.#endpoint = this.#newEndpoint();
  }

  #newEndpoint(): CoapEndpoint {
    const endpoint: CoapEndpoint = new CoapEndpoint(this.#host, this.#handler, (to, message) => {
      if (endpoint === this.#endpoint) this.#clients.get(to)?.(message);
    });
    return endpoint;
  }
}
