import type { RadioEvent, RadioPort, RadioRequest } from "#hal/radio-port.ts";
import type { DialectName } from "#hal/serial/dialect.ts";
import { ModemRefused, type ModemSettings } from "#hal/serial/drivers/driver.ts";
import { McGroups } from "#hal/serial/mc-groups.ts";
import type { LinkSignal, RadioState } from "#hal/serial/radio-watch.ts";
import {
  type OutageEvent,
  type RecoveryState,
  type Remedy,
  stepRecovery,
  WELL,
} from "#hal/serial/recovery.ts";
import type { SerialRadio } from "#hal/serial/serial-radio.ts";
import { type Transport, TransportError, type TransportEvents } from "#hal/serial/transport.ts";
import { RefusedError } from "#tools/errors.ts";
import { Gap } from "./gap.ts";
import { ModemFinder } from "./modem-finder.ts";

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
  readonly onEnd: (cause: Error) => void;
  /** Its reset pin or its power; undefined: out of reach. */
  readonly hardReset?: () => Promise<void>;
  /** An integer below the bound. */
  readonly below: (bound: number) => number;
}

const HEARTBEAT_MS = 30_000;
/** Bytes from the modem within so long are as good as an answer: bursts are not disturbed. */
const FRESH_MS = 20_000;

/**
 * A radio that outlives its modem's absence: climbs the ladder of {@link stepRecovery} when the modem
 * falls silent or is lost, brings it back to what the device wants, and lets the device know of
 * nothing but the time that it took.
 */
export class ModemLink implements RadioPort {
  readonly #input: ModemLinkInput;
  readonly #groups = new McGroups();
  readonly #finder: ModemFinder;
  readonly #gap: Gap;
  #recovery: RecoveryState = WELL;
  #radio: SerialRadio | undefined;
  #transport: Transport | undefined;
  #wantsJoin = false;
  #wantsUplink = false;
  /** An uplink is with the modem. */
  #isSending = false;
  #heardAtMs = 0;
  #timer: NodeJS.Timeout | undefined;
  #heartbeat: NodeJS.Timeout | undefined;
  #lastSaid = "";
  /** It was set up once: what is refused from now on is an accident. */
  #isProven = false;
  #isClosed = false;

  constructor(input: ModemLinkInput) {
    this.#input = input;
    this.#gap = new Gap(input.say);
    this.#finder = new ModemFinder({
      ...input,
      groups: this.#groups,
      emit: (event) => this.#emit(event),
      onState: (radio, state) => this.#onState(radio, state),
      onEnd: (radio, cause) => this.#lost(radio, cause),
      onHeard: () => {
        this.#heardAtMs = performance.now();
      },
    });
  }

  /** Opens the port for the first time. Throws `RefusedError` when that does not work. */
  async open(): Promise<void> {
    try {
      this.#begin(await this.#findFirst());
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
    clearTimeout(this.#timer);
    clearInterval(this.#heartbeat);
    this.#radio?.end();
    await this.#transport?.close();
  }

  /** A modem that is stuck from the start gets one reset, where it can be given. */
  async #findFirst() {
    const { hardReset, say } = this.#input;
    try {
      return await this.#finder.find("asItIs");
    } catch (error) {
      if (hardReset === undefined || !(error instanceof RefusedError)) throw error;
      say(`${error.message}; it is reset by hand`);
      await hardReset();
      return await this.#finder.find("hardReset");
    }
  }

  /** For the modem that will come. */
  #note(request: RadioRequest): void {
    if (request.type === "setMcGroup") this.#groups.set(request);
    if (request.type === "deleteMcGroup") this.#groups.delete(request.groupId);
    if (request.type === "startClassC") this.#groups.start(request.groupId, request);
    if (request.type === "stopClassC") this.#groups.stop(request.groupId);
  }

  #begin({ radio, transport }: { radio: SerialRadio; transport: Transport }): void {
    this.#radio = radio;
    this.#transport = transport;
    radio.start();
    if (this.#wantsJoin) radio.perform({ type: "join" });
    if (this.#wantsUplink) radio.perform({ type: "requestUplink" });
    clearInterval(this.#heartbeat);
    this.#heartbeat = setInterval(() => this.#beat(), HEARTBEAT_MS);
  }

  #emit(event: RadioEvent): void {
    if (event.type === "uplinkReady") this.#wantsUplink = false;
    if (event.type === "uplinkDone") this.#isSending = false;
    this.#input.emit(event);
  }

  #onState(radio: SerialRadio, state: RadioState): void {
    if (this.#radio !== radio || this.#isClosed) return;
    switch (state) {
      case "configured":
        this.#isProven = true;
        this.#post("answered");
        return;
      case "ready":
        this.#lastSaid = "";
        this.#gap.end(performance.now());
        return;
      case "restarted":
        this.#gap.begin(this.#heardAtMs, "it restarted");
        return;
      case "silent":
        // Whoever asked it will ask again; what is new is that somebody has to look.
        if (this.#recovery.rung === "well") this.#post("silent");
        return;
      default:
        state satisfies never;
    }
  }

  #beat(): void {
    const isFresh = performance.now() - this.#heardAtMs < FRESH_MS;
    if (this.#recovery.rung === "well" && !isFresh) this.#ask();
  }

  #ask(): void {
    const radio = this.#radio;
    if (radio === undefined) {
      this.#post("silent");
      return;
    }
    radio.check().then(
      (wellbeing) => {
        if (this.#radio !== radio) return;
        this.#post(wellbeing === "silent" ? "silent" : "answered");
      },
      // It is gone, and #lost knows.
      () => {},
    );
  }

  #post(event: OutageEvent): void {
    if (this.#isClosed) return;
    const { hardReset, below } = this.#input;
    const means = { hardReset: hardReset !== undefined, below };
    const { state, remedy } = stepRecovery(this.#recovery, event, means);
    this.#recovery = state;
    this.#apply(remedy);
  }

  #apply(remedy: Remedy): void {
    switch (remedy.type) {
      case "nothing":
        return;
      case "ask":
        this.#ask();
        return;
      case "reopen":
        this.#look("asItIs", "its port was opened anew");
        return;
      case "softReset":
        this.#look("softReset", "it was reset by command");
        return;
      case "hardReset":
        this.#look("hardReset", "it was reset by hand");
        return;
      case "wait":
        this.#timer = setTimeout(() => this.#post("elapsed"), remedy.ms);
        return;
      default:
        remedy satisfies never;
    }
  }

  #look(how: "asItIs" | "softReset" | "hardReset", words: string): void {
    const radio = this.#radio;
    if (radio !== undefined) this.#drop(radio, "the modem does not answer");
    this.#gap.by(words);
    this.#find(how).then(
      (found) => {
        if (found !== undefined) this.#begin(found);
      },
      (error: unknown) => this.#fail(error),
    );
  }

  async #find(how: "asItIs" | "softReset" | "hardReset") {
    await this.#transport?.close();
    if (how === "hardReset") await this.#input.hardReset?.();
    const found = await this.#finder.find(how);
    if (!this.#isClosed) return found;
    found.radio.end();
    await found.transport.close();
    return undefined;
  }

  #fail(error: unknown): void {
    if (this.#isClosed) return;
    if (error instanceof TransportError) {
      this.#sayOnce(error.message);
      this.#post(error.problem === "silent" ? "silent" : "gone");
    } else if (error instanceof RefusedError || error instanceof ModemRefused) {
      this.#sayOnce(error.message);
      this.#post("gone");
    } else this.#input.onEnd(error instanceof Error ? error : new RangeError(String(error)));
  }

  /** The radio is over; undefined: its port was closed from here. */
  #lost(radio: SerialRadio, cause: TransportError | ModemRefused | undefined): void {
    if (this.#isClosed || this.#radio !== radio) return;
    if (cause instanceof ModemRefused && !this.#isProven) {
      this.#input.onEnd(new RefusedError(cause.message));
      return;
    }
    this.#drop(radio, cause?.message ?? "the modem is lost");
    const isThere = cause instanceof ModemRefused || cause?.problem === "silent";
    this.#transport?.close().catch(() => {});
    this.#post(isThere ? "silent" : "gone");
  }

  #drop(radio: SerialRadio, why: string): void {
    this.#radio = undefined;
    clearInterval(this.#heartbeat);
    radio.end();
    this.#gap.begin(this.#heardAtMs, why);
    this.#sayOnce(`${why}; looking for it`);
    this.#input.onModem?.(undefined);
    if (!this.#isSending) return;
    this.#isSending = false;
    this.#input.emit({ type: "uplinkDone" });
  }

  /** An outage may last for days. */
  #sayOnce(text: string): void {
    if (text !== this.#lastSaid) this.#input.say(text);
    this.#lastSaid = text;
  }
}
