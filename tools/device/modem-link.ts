import type { RadioEvent, RadioPort, RadioRequest } from "#hal/radio-port.ts";
import type { DialectName } from "#hal/serial/dialect.ts";
import { ModemRefused, type ModemSettings } from "#hal/serial/drivers/driver.ts";
import { driverOf } from "#hal/serial/drivers/driver-of.ts";
import { BAUD_RATES, findModem, Listener } from "#hal/serial/find-modem.ts";
import { McGroups } from "#hal/serial/mc-groups.ts";
import { firmwareVersionOf } from "#hal/serial/rui-version.ts";
import { type LinkSignal, SerialRadio } from "#hal/serial/serial-radio.ts";
import { type Transport, TransportError, type TransportEvents } from "#hal/serial/transport.ts";
import { verdictOf } from "#hal/serial/verdict.ts";
import { RefusedError } from "#tools/errors.ts";

export interface ModemLinkInput {
  /** As the messages name it. */
  readonly port: string;
  readonly open: (baudRate: number, events: TransportEvents) => Promise<Transport>;
  readonly bauds?: readonly number[];
  readonly dialect?: DialectName;
  readonly settings: ModemSettings;
  readonly payloadMaxBytes: number;
  readonly emit: (event: RadioEvent) => void;
  readonly say: (text: string) => void;
  /** What modem it is; undefined while it is looked for. */
  readonly onModem?: (title: string | undefined) => void;
  readonly onSignal?: (signal: LinkSignal) => void;
  /** It cannot go on: the modem will not be set up. */
  readonly onEnd: (cause: RefusedError) => void;
}

const BACK_OFF_MS = [1000, 2000, 5000, 10_000, 30_000, 60_000];
const HEARTBEAT_MS = 30_000;
/** Questions without an answer until the modem counts as gone. */
const SILENT_MAX = 2;

/**
 * A radio that outlives its modem's absence: opens the port again when it was lost, brings the next
 * modem to what the device wants, and lets the device know of nothing but the time that it took.
 */
export class ModemLink implements RadioPort {
  readonly #input: ModemLinkInput;
  readonly #groups = new McGroups();
  #radio: SerialRadio | undefined;
  #transport: Transport | undefined;
  #wantsJoin = false;
  #wantsUplink = false;
  /** An uplink is with the modem. */
  #isSending = false;
  #retries = 0;
  #retryTimer: NodeJS.Timeout | undefined;
  #heartbeat: NodeJS.Timeout | undefined;
  #silent = 0;
  #isClosed = false;

  constructor(input: ModemLinkInput) {
    this.#input = input;
  }

  /** Opens the port for the first time. Throws `RefusedError` when that does not work. */
  async open(): Promise<void> {
    try {
      await this.#connect();
    } catch (error) {
      if (error instanceof TransportError) throw new RefusedError(error.message);
      throw error;
    }
  }

  perform(request: RadioRequest): void {
    if (request.type === "join") this.#wantsJoin = true;
    if (request.type === "requestUplink") this.#wantsUplink = true;
    if (request.type === "uplink") this.#isSending = true;
    if (this.#radio !== undefined) this.#radio.perform(request);
    else this.#note(request);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#retryTimer);
    clearInterval(this.#heartbeat);
    this.#radio?.end();
    await this.#transport?.close();
  }

  /** For the modem that will come. */
  #note(request: RadioRequest): void {
    if (request.type === "setMcGroup") this.#groups.set(request);
    if (request.type === "deleteMcGroup") this.#groups.delete(request.groupId);
    if (request.type === "startClassC") this.#groups.start(request.groupId, request);
    if (request.type === "stopClassC") this.#groups.stop(request.groupId);
  }

  async #connect(): Promise<void> {
    const { port, bauds = BAUD_RATES, dialect, settings, payloadMaxBytes, say } = this.#input;
    const listener = new Listener();
    let radio: SerialRadio | undefined;
    const transport = await this.#input.open(bauds[0] ?? BAUD_RATES[0], {
      onData: (bytes) => (radio ?? listener).receive(bytes),
      onClosed: (cause) => {
        if (radio !== undefined) this.#lost(radio, cause);
        else if (cause !== undefined) listener.close(cause);
      },
    });
    this.#transport = transport;
    try {
      const found = await findModem(transport, listener, bauds);
      if (found.type !== "modem") {
        const why =
          found.type === "foreign" ? `is ${found.modem.title}` : "does not answer as a modem";
        throw new RefusedError(`${port} ${why}; fuota probe ${port} says more`);
      }
      const { modem, baudRate } = found;
      requireDialect(modem.dialect, dialect, port);
      const verdict = verdictOf(modem.dialect, firmwareVersionOf(modem.firmware), {});
      const driver = driverOf(modem.dialect, modem.firmware);
      if (verdict.fuota === "no" || driver === undefined) {
        throw new RefusedError(`${port} (${modem.firmware}) will not do: ${verdict.reasons[0]}`);
      }
      const at = baudRate === undefined ? "" : ` at ${baudRate} baud`;
      const title = `${modem.dialect} ${modem.firmware} on ${port}${at}`;
      say(`modem ${title}`);
      this.#input.onModem?.(title);
      const input = {
        dialect: modem.dialect,
        driver,
        settings,
        payloadMaxBytes,
        say,
        emit: (event: RadioEvent) => this.#emit(event),
        onEnd: (cause: Error) => this.#ended(cause),
        onSignal: (signal: LinkSignal) => this.#input.onSignal?.(signal),
      };
      radio = new SerialRadio(transport, input, this.#groups);
    } catch (error) {
      await transport.close();
      throw error;
    }
    this.#begin(radio);
  }

  #begin(radio: SerialRadio): void {
    this.#radio = radio;
    this.#retries = 0;
    this.#silent = 0;
    radio.start();
    if (this.#wantsJoin) radio.perform({ type: "join" });
    if (this.#wantsUplink) radio.perform({ type: "requestUplink" });
    clearInterval(this.#heartbeat);
    this.#heartbeat = setInterval(() => this.#beat(radio), HEARTBEAT_MS);
  }

  #emit(event: RadioEvent): void {
    if (event.type === "uplinkReady") this.#wantsUplink = false;
    if (event.type === "uplinkDone") this.#isSending = false;
    this.#input.emit(event);
  }

  #beat(radio: SerialRadio): void {
    radio.isAlive().then(
      (isAlive) => {
        this.#silent = isAlive ? 0 : this.#silent + 1;
        if (this.#silent < SILENT_MAX || this.#isClosed) return;
        this.#input.say("the modem does not answer");
        this.#lost(radio, undefined);
      },
      // It is gone, and #lost knows.
      () => {},
    );
  }

  #lost(radio: SerialRadio, cause: TransportError | undefined): void {
    if (this.#isClosed || this.#radio !== radio) return;
    this.#radio = undefined;
    clearInterval(this.#heartbeat);
    radio.end(cause);
    this.#input.say(`${cause?.message ?? "modem lost"}; looking for it`);
    this.#input.onModem?.(undefined);
    this.#transport?.close().catch(() => {});
    if (this.#isSending) {
      this.#isSending = false;
      this.#input.emit({ type: "uplinkDone" });
    }
    this.#retry();
  }

  #retry(): void {
    const waitMs = BACK_OFF_MS[Math.min(this.#retries, BACK_OFF_MS.length - 1)] ?? 60_000;
    this.#retries += 1;
    this.#retryTimer = setTimeout(() => {
      this.#connect().catch((error: unknown) => {
        const isWorld = error instanceof TransportError || error instanceof RefusedError;
        if (!isWorld) throw error;
        if (!this.#isClosed) this.#retry();
      });
    }, waitMs);
  }

  #ended(cause: Error): void {
    if (this.#isClosed || this.#radio === undefined) return;
    if (cause instanceof ModemRefused) this.#input.onEnd(new RefusedError(cause.message));
    else this.#lost(this.#radio, cause instanceof TransportError ? cause : undefined);
  }
}

function requireDialect(found: DialectName, wanted: DialectName | undefined, port: string): void {
  if (wanted === undefined || wanted === found) return;
  throw new RefusedError(`${port} is a modem of dialect ${found}, not ${wanted}`);
}
