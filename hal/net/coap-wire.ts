import { createSocket, type Socket } from "node:dgram";
import { lookup } from "node:dns/promises";
import { once } from "node:events";
import { Agent, type OutgoingMessage } from "coap";
import type { CoapExchange } from "./coap-exchange.ts";
import { type CoapMessage, coapBlock, decodeCoap, encodeCoap } from "./coap-message.ts";

export interface CoapServerAddress {
  readonly host: string;
  readonly port: number;
}

/** Beyond this a request goes in blocks of so many bytes. */
const PAYLOAD_BYTES_MAX = 1024;
/** Messages that are known when they come again. */
const HEARD_MAX = 64;

interface Running {
  readonly exchange: CoapExchange;
  readonly request: OutgoingMessage;
  /** For an acknowledgement of what was sent once. */
  readonly timeoutMs: number;
}

/**
 * One UDP socket to one server. The library makes tokens, sends again, acknowledges and asks for the
 * next block. It takes a message that comes twice for two, puts blocks together in whatever order
 * they come and without a bound, waits for each block as long as for the one before it, takes answers
 * from anybody, and lets errors of a late send end the process: so it has its socket only through
 * this one.
 */
export class CoapWire {
  readonly #socket: Socket;
  readonly #library: Socket;
  readonly #agent: Agent;
  readonly #onBroken: (error: Error) => void;
  readonly #running = new Map<string, Running>();
  readonly #heard = new Set<string>();
  #isClosed = false;

  private constructor(socket: Socket, onBroken: (error: Error) => void) {
    this.#socket = socket;
    this.#onBroken = onBroken;
    // Never bound: what it is given to send goes through the socket that is.
    this.#library = Object.assign(createSocket("udp4"), {
      address: () => socket.address(),
      send: (
        ...[bytes, , , , , done]: [Uint8Array, number, number, number, string, () => void]
      ) => {
        this.#send(bytes);
        done();
      },
    });
    this.#agent = new Agent({ socket: this.#library });
    socket.on("message", (bytes) => this.#receive(bytes));
    socket.on("error", (error) => this.#break(error));
  }

  /** Rejects when there is no way to the server. */
  static async open(
    { host, port }: CoapServerAddress,
    onBroken: (error: Error) => void,
  ): Promise<CoapWire> {
    const { address, family } = await lookup(host);
    const socket = createSocket(family === 6 ? "udp6" : "udp4");
    socket.connect(port, address);
    try {
      await once(socket, "connect");
    } catch (error) {
      socket.close();
      throw error;
    }
    return new CoapWire(socket, onBroken);
  }

  start(exchange: CoapExchange): void {
    const { method, path, query, options, payload, observes, blockBytes } = exchange.call;
    const request = this.#agent.request({ method, observe: observes });
    request.setOption("Uri-Path", path.map(buffer));
    request.setOption("Uri-Query", query.map(buffer));
    for (const { number } of options) {
      const same = options.filter((option) => option.number === number);
      request.setOption(
        String(number),
        same.map(({ value }) => Buffer.from(value)),
      );
    }
    if (blockBytes !== undefined) {
      const block = coapBlock({ num: 0, more: false, sizeBytes: blockBytes });
      request.setOption("Block2", Buffer.from(block));
    }
    if ((payload?.length ?? 0) > PAYLOAD_BYTES_MAX) {
      const block = coapBlock({ num: 0, more: false, sizeBytes: PAYLOAD_BYTES_MAX });
      request.setOption("Block1", Buffer.from(block));
    }
    const running = { exchange, request, timeoutMs: request.sender._currentTime };
    request.on("error", (error: Error) => this.#fail(running, error.message));
    // The library has given it up already.
    request.on("timeout", () => exchange.fail("no answer"));
    request.on("response", (response: { resume(): void }) => response.resume());
    request.end(payload === undefined ? undefined : Buffer.from(payload));
    if (!exchange.isOver) this.#running.set(tokenOf(request), running);
  }

  /** Nothing more comes to it. */
  stop(exchange: CoapExchange): void {
    for (const running of this.#running.values()) {
      if (running.exchange === exchange) this.#forget(running);
    }
  }

  close(): void {
    if (this.#isClosed) return;
    for (const running of this.#running.values()) this.#forget(running);
    this.#isClosed = true;
    this.#library.close();
    this.#socket.close();
  }

  #send(bytes: Uint8Array): void {
    if (this.#isClosed) return;
    this.#socket.send(bytes, (error) => {
      if (error !== null) this.#break(error);
    });
  }

  #break(error: Error): void {
    if (!this.#isClosed) this.#onBroken(error);
  }

  #receive(bytes: Uint8Array): void {
    const message = decodeCoap(bytes);
    if (message === undefined) return;
    const { type, code, messageId, token } = message;
    if (code > 0 && code < 100) return;
    const key = `${type} ${messageId} ${token}`;
    if (this.#heard.has(key)) {
      this.#acknowledge(message);
      return;
    }
    this.#remember(key);
    const running = code === 0 ? this.#byMessageId(messageId) : this.#running.get(token);
    if (running !== undefined) this.#take(running, message, bytes);
    // Whoever answers to nothing that was asked is told so, but for what needs no answer.
    else if (type === "con" || type === "non") this.#handOn(bytes);
  }

  #take(running: Running, message: CoapMessage, bytes: Uint8Array): void {
    const { exchange, request, timeoutMs } = running;
    if (message.code === 0) {
      this.#handOn(bytes);
      if (message.type === "rst") this.#fail(running, "the server rejects the request");
      return;
    }
    const verdict = exchange.take(message);
    if (verdict.type === "stale") {
      this.#acknowledge(message);
      return;
    }
    if (verdict.type === "unusable") {
      this.#acknowledge(message);
      this.#fail(running, verdict.detail, verdict.isTooLong);
      return;
    }
    // Blocks after the first are asked for without it (RFC 7959 §2.6).
    const { options = [], messageId } = request._packet;
    request._packet.options = options.filter(({ name }) => name !== "Observe");
    request.sender._currentTime = timeoutMs;
    const isTaken = this.#handOn(bytes);
    if (!isTaken) this.#fail(running, "an answer that cannot be used");
    if (verdict.type === "more") return;
    // An answer that overtakes its acknowledgement stands for it (RFC 7252 §5.2.2).
    if (messageId !== undefined) this.#agent._msgIdToReq.delete(messageId);
    if (!verdict.reply.isObserved) this.#forget(running);
    exchange.answer(verdict.reply);
  }

  /** Returns whether the library got through it. */
  #handOn(bytes: Uint8Array): boolean {
    try {
      return this.#library.emit("message", bytes, this.#socket.remoteAddress());
    } catch {
      return false;
    }
  }

  #acknowledge({ type, messageId }: CoapMessage): void {
    if (type !== "con") return;
    const none = new Uint8Array(0);
    this.#send(
      encodeCoap({ type: "ack", code: 0, messageId, token: "", options: [], payload: none }),
    );
  }

  #remember(key: string): void {
    this.#heard.add(key);
    const [oldest = ""] = this.#heard;
    if (this.#heard.size > HEARD_MAX) this.#heard.delete(oldest);
  }

  #byMessageId(messageId: number): Running | undefined {
    const all = [...this.#running.values()];
    return all.find(({ request }) => request._packet.messageId === messageId);
  }

  #fail(running: Running, detail: string, isTooLong = false): void {
    this.#forget(running);
    running.exchange.fail(detail, isTooLong);
  }

  #forget({ request }: Running): void {
    const token = tokenOf(request);
    this.#running.delete(token);
    // It forgets those that were answered itself, and counts them.
    if (this.#agent._tkToReq.has(token)) this.#agent.abort(request);
  }
}

function tokenOf({ _packet }: OutgoingMessage): string {
  return _packet.token?.toString("hex") ?? "";
}

function buffer(text: string): Buffer {
  return Buffer.from(text);
}
