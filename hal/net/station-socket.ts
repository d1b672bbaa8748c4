import WebSocket from "ws";
import { encodeRouterInfo, encodeVersion, type StationRates } from "./basics-station.ts";
import {
  decodeFromStationServer,
  decodeRouterInfo,
  type FromStationServer,
  type RouterInfo,
} from "./basics-station-server.ts";

/** By which a station is known. PEM. */
export interface StationCertificate {
  readonly cert: string;
  readonly key: string;
}

export interface StationServer {
  /** `ws://host:port` or `wss://host:port`. */
  readonly url: string;
  /** PEM; in place of the system's own. */
  readonly ca?: string;
  /** What goes into the Authorization header, as it is. */
  readonly authorization?: string;
  readonly certificate?: StationCertificate;
}

export interface StationEvents {
  readonly onMessage: (message: FromStationServer) => void;
  readonly onOddity: (text: string) => void;
  /** Said when the server has configured the station, and when it is gone. */
  readonly onState: (state: "connected" | "lost") => void;
}

/** The server cannot be reached, or will not have this station. */
export class StationRefused extends Error {
  override readonly name = "StationRefused";
}

const HANDSHAKE_TIMEOUT_MS = 10_000;
/** Beyond any message of the protocol. */
const MESSAGE_BYTES_MAX = 65_536;
/** After so long without a word the station pings, and once more so long counts the connection as dead. */
const SILENCE_MAX_MS = 60_000;
/** How long a server may take to say goodbye. */
const CLOSE_MAX_MS = 2000;
const RETRY_MIN_MS = 1000;
const RETRY_MAX_MS = 60_000;

/** One station's way to its server: discovery, connection, configuration, and all again when it is lost. */
export class StationSocket {
  readonly #server: StationServer;
  readonly #eui: Uint8Array;
  readonly #events: StationEvents;
  #socket: WebSocket | undefined;
  #rates: StationRates = [];
  #isConfigured = false;
  #isClosed = false;
  #retryMs = RETRY_MIN_MS;
  #timer: NodeJS.Timeout | undefined;
  #silence: NodeJS.Timeout | undefined;

  private constructor(server: StationServer, eui: Uint8Array, events: StationEvents) {
    this.#server = server;
    this.#eui = eui;
    this.#events = events;
  }

  /** Rejects with {@link StationRefused} when the first connection does not come about. */
  static async open(
    server: StationServer,
    eui: Uint8Array,
    events: StationEvents,
  ): Promise<StationSocket> {
    const station = new StationSocket(server, eui, events);
    await station.#connect();
    return station;
  }

  /** As the server has configured them; none before. */
  get rates(): StationRates {
    return this.#rates;
  }

  /** What is said while nobody listens is lost, as on a real station without its flash. */
  send(text: string): void {
    if (this.#isConfigured) this.#socket?.send(text);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    clearTimeout(this.#silence);
    const socket = this.#socket;
    if (socket === undefined || socket.readyState === WebSocket.CLOSED) return;
    const late = setTimeout(() => socket.terminate(), CLOSE_MAX_MS);
    await new Promise<void>((resolve) => {
      socket.once("close", () => resolve());
      socket.close();
    });
    clearTimeout(late);
  }

  async #connect(): Promise<void> {
    const info = await this.#discover();
    if (!info.ok) throw new StationRefused(`${this.#server.url}: ${info.reason}`);
    if (this.#isClosed) throw new StationRefused(`${info.uri}: given up`);
    const socket = this.#dial(info.uri);
    await new Promise<void>((resolve, reject) => {
      const refuse = (reason: string) => reject(new StationRefused(`${info.uri}: ${reason}`));
      const late = setTimeout(() => {
        socket.terminate();
        refuse("no router_config");
      }, HANDSHAKE_TIMEOUT_MS);
      socket.on("open", () => socket.send(encodeVersion()));
      socket.on("error", (error) => refuse(reasonOf(error, info.uri)));
      socket.on("ping", () => this.#heard(socket));
      socket.on("pong", () => this.#heard(socket));
      socket.on("message", (data, isBinary) => {
        this.#heard(socket);
        if (!isBinary && this.#receive(String(data)) === "routerConfig") {
          clearTimeout(late);
          resolve();
        }
      });
      socket.on("close", (code) => {
        clearTimeout(late);
        refuse(`closed by the server (${code})`);
        this.#lost(socket);
      });
    });
  }

  async #discover(): Promise<RouterInfo> {
    const socket = this.#dial(`${this.#server.url.replace(/\/$/, "")}/router-info`);
    let late: NodeJS.Timeout | undefined;
    try {
      return await new Promise<RouterInfo>((resolve) => {
        const fail = (reason: string) => resolve({ ok: false, reason });
        socket.on("open", () => socket.send(encodeRouterInfo(this.#eui)));
        socket.on("message", (data) => resolve(decodeRouterInfo(String(data))));
        socket.on("error", (error) => fail(reasonOf(error, this.#server.url)));
        socket.on("close", () => fail("closed without an answer to router-info"));
        late = setTimeout(() => fail("no answer to router-info"), HANDSHAKE_TIMEOUT_MS);
      });
    } finally {
      clearTimeout(late);
      socket.terminate();
    }
  }

  #dial(url: string): WebSocket {
    const { ca, authorization, certificate } = this.#server;
    const socket = new WebSocket(url, {
      handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
      maxPayload: MESSAGE_BYTES_MAX,
      ...(ca === undefined ? {} : { ca }),
      ...certificate,
      ...(authorization === undefined ? {} : { headers: { Authorization: authorization } }),
    });
    this.#socket = socket;
    return socket;
  }

  #receive(text: string): FromStationServer["type"] | undefined {
    const message = decodeFromStationServer(text, this.#rates);
    if (message === undefined) {
      this.#events.onOddity("undecodable message");
      return undefined;
    }
    if (message.type === "routerConfig") {
      this.#rates = message.rates;
      this.#isConfigured = true;
      this.#retryMs = RETRY_MIN_MS;
      this.#events.onState("connected");
    }
    this.#events.onMessage(message);
    return message.type;
  }

  #heard(socket: WebSocket): void {
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => {
      socket.ping();
      this.#silence = setTimeout(() => socket.terminate(), SILENCE_MAX_MS);
    }, SILENCE_MAX_MS);
  }

  #lost(socket: WebSocket): void {
    if (socket !== this.#socket) return;
    clearTimeout(this.#silence);
    const wasConfigured = this.#isConfigured;
    this.#isConfigured = false;
    if (wasConfigured) {
      this.#events.onState("lost");
      this.#retry();
    }
  }

  #retry(): void {
    if (this.#isClosed) return;
    this.#timer = setTimeout(() => {
      this.#connect().catch((error: unknown) => {
        if (!(error instanceof StationRefused)) throw error;
        this.#retry();
      });
    }, this.#retryMs);
    this.#retryMs = Math.min(2 * this.#retryMs, RETRY_MAX_MS);
  }
}

/**
 * A refused connection to a name with several addresses has its reasons inside; OpenSSL's words are
 * between its source lines. A server that does not take a certificate may just hang up.
 */
function reasonOf(error: Error, url: string): string {
  const [first] = error instanceof AggregateError ? error.errors : [];
  if ("reason" in error && typeof error.reason === "string") return error.reason;
  const said = error.message || (first instanceof Error ? first.message : error.name);
  const isCutOff = "code" in error && error.code === "ECONNRESET" && url.startsWith("wss:");
  return isCutOff ? `${said}; it may not take this station's certificate` : said;
}
