import { type CoapCall, type CoapCallEvents, CoapExchange } from "./coap-exchange.ts";
import { type CoapServerAddress, CoapWire } from "./coap-wire.ts";

const PORT = 5683;

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: "connection refused",
  ENOTFOUND: "no such host",
  EAI_AGAIN: "the name cannot be looked up",
  EHOSTUNREACH: "the host cannot be reached",
  ENETUNREACH: "the network cannot be reached",
};

/**
 * Calls of one CoAP server over UDP, all from one port for as long as all goes well: servers keep
 * what they know of a transfer by address and port. After a failure, or an answer that was given up,
 * the next call looks the name up anew and comes from another port.
 */
export class CoapClient {
  readonly #server: CoapServerAddress;
  readonly #exchanges = new Set<CoapExchange>();
  #opening: Promise<CoapWire> | undefined;

  /** `coap://` host and port. */
  constructor(root: string) {
    const { hostname, port } = new URL(root);
    const host = hostname.replace(/^\[(.*)\]$/, "$1");
    this.#server = { host, port: port === "" ? PORT : Number(port) };
  }

  /** Returns what cancels it, or ends what is observed. */
  call(call: CoapCall, events: CoapCallEvents): () => void {
    const exchange: CoapExchange = new CoapExchange(call, {
      onResponse: (reply) => {
        if (!reply.isObserved) this.#exchanges.delete(exchange);
        events.onResponse(reply);
      },
      onFailed: (detail, isTooLong) => {
        this.#exchanges.delete(exchange);
        events.onFailed(detail, isTooLong);
      },
    });
    this.#exchanges.add(exchange);
    const opening = this.#opening ?? this.#open();
    opening.then(
      (wire) => {
        if (!exchange.isOver) wire.start(exchange);
      },
      () => {},
    );
    return () => this.#cancel(exchange, opening);
  }

  close(): void {
    for (const exchange of this.#exchanges) exchange.isOver = true;
    this.#exchanges.clear();
    this.#leave();
  }

  #open(): Promise<CoapWire> {
    const broken = (error: Error) => {
      if (this.#opening === opening) this.#broken(error);
    };
    const opening = CoapWire.open(this.#server, broken);
    this.#opening = opening;
    opening.catch(broken);
    return opening;
  }

  #broken(error: Error): void {
    this.#leave();
    const detail = reasonOf(error);
    const all = [...this.#exchanges];
    this.#exchanges.clear();
    for (const exchange of all) exchange.fail(detail);
  }

  #cancel(exchange: CoapExchange, opening: Promise<CoapWire>): void {
    if (!this.#exchanges.delete(exchange)) return;
    exchange.isOver = true;
    opening.then(
      (wire) => wire.stop(exchange),
      () => {},
    );
    if (this.#exchanges.size === 0 && this.#opening === opening) this.#leave();
  }

  #leave(): void {
    this.#opening?.then(
      (wire) => wire.close(),
      () => {},
    );
    this.#opening = undefined;
  }
}

function reasonOf(error: Error): string {
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  return REASONS[code] ?? error.message;
}
