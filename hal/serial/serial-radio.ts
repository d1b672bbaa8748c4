import type { RadioEvent, RadioPort, RadioRequest } from "../radio-port.ts";
import { CommandEngine } from "./command-engine.ts";
import type { DialectName } from "./dialect.ts";
import { DIALECTS } from "./dialects/by-name.ts";
import { type ModemDriver, ModemRefused, type ModemSettings } from "./drivers/driver.ts";
import { McGroups } from "./mc-groups.ts";
import type { ModemEvent, Reception } from "./modem-event.ts";
import { type Transport, TransportError } from "./transport.ts";
import { UplinkTurn } from "./uplink-turn.ts";

export interface SerialRadioInput {
  readonly dialect: DialectName;
  readonly driver: ModemDriver;
  readonly settings: ModemSettings;
  /** The longest payload at the data rate of {@link settings}. */
  readonly payloadMaxBytes: number;
  readonly emit: (event: RadioEvent) => void;
  /** What an operator wants to know. Never a key. */
  readonly say: (text: string) => void;
  /** The modem is gone, or will not be set up: the radio is over. */
  readonly onEnd: (cause: TransportError | ModemRefused) => void;
  /** How well a downlink was heard; before its event. */
  readonly onSignal?: (signal: LinkSignal) => void;
}

/** A link check tells the margin, a downlink the rest. */
export type LinkSignal =
  | { readonly type: "heard"; readonly rssiDbm: number; readonly snrDb: number }
  | { readonly type: "linkCheck"; readonly marginDb: number; readonly gateways: number };

const JOIN_RETRY_MS = 10_000;
/** An accept comes within six seconds, and the modem has its own ideas. */
const JOIN_ANSWER_MS = 20_000;
const LISTEN_RETRY_MS = 2000;
const LISTEN_TRIES_MAX = 30;

/**
 * A device's radio on a modem that speaks AT: requests in, events out, commands one at a time in
 * between. What the device wants is remembered, so that a modem that was reset is brought to it again.
 *
 * Lives as long as its transport. Whoever opens another one hands it the same groups.
 */
export class SerialRadio implements RadioPort {
  readonly #input: SerialRadioInput;
  readonly #engine: CommandEngine;
  readonly #turn: UplinkTurn;
  readonly #groups: McGroups;
  /** Work on the modem, one piece after the other. */
  #work: Promise<void> = Promise.resolve();
  #isEnded = false;
  #wantsJoin = false;
  /** The device waits for `joined`. */
  #owesJoined = false;
  #isJoined = false;
  #joinTimer: NodeJS.Timeout | undefined;
  #listenTimer: NodeJS.Timeout | undefined;

  constructor(transport: Transport, input: SerialRadioInput, groups = new McGroups()) {
    this.#input = input;
    this.#groups = groups;
    const { dialect, driver, payloadMaxBytes, emit } = input;
    this.#engine = new CommandEngine(transport, DIALECTS[dialect], (event) => this.#onModem(event));
    this.#turn = new UplinkTurn({
      engine: this.#engine,
      driver,
      payloadMaxBytes,
      emit: (event) => this.#isEnded || emit(event),
      run: (work) => this.#run(work),
      onNotJoined: () => this.#lostSession(),
    });
  }

  /** Bytes from the transport. */
  receive(bytes: Uint8Array): void {
    this.#engine.receive(bytes);
  }

  /** The transport has closed, or nobody wants the radio any more. */
  end(cause = new TransportError("lost", "the modem is gone")): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    clearTimeout(this.#joinTimer);
    clearTimeout(this.#listenTimer);
    this.#turn.stop();
    this.#engine.close(cause);
  }

  /** Sets the modem up and brings it to class A, or to the session that is open. */
  start(): void {
    const { driver, settings } = this.#input;
    this.#run(() => driver.configure(this.#engine, settings));
    this.#tellGroups(0);
  }

  perform(request: RadioRequest): void {
    switch (request.type) {
      case "join":
        this.#wantsJoin = true;
        this.#owesJoined = true;
        this.#join();
        return;
      case "requestUplink":
        this.#turn.request();
        return;
      case "uplink":
        this.#turn.send(request);
        return;
      case "setMcGroup":
        this.#groups.set(request);
        this.#listen();
        return;
      case "deleteMcGroup":
        this.#groups.delete(request.groupId);
        this.#listen();
        return;
      case "startClassC":
        this.#groups.start(request.groupId, request);
        this.#listen();
        return;
      case "stopClassC":
        this.#groups.stop(request.groupId);
        this.#listen();
        return;
      default:
        request satisfies never;
    }
  }

  /** Whether it answers at all; a modem that does not is as good as gone. */
  async isAlive(): Promise<boolean> {
    const { outcome } = await this.#engine.request("AT");
    return outcome !== "silent";
  }

  #run(work: () => Promise<void>): void {
    this.#work = this.#work.then(work).catch((error: unknown) => {
      if (error instanceof TransportError || error instanceof ModemRefused) this.#fail(error);
      else throw error;
    });
  }

  #fail(cause: TransportError | ModemRefused): void {
    if (this.#isEnded) return;
    this.end();
    this.#input.onEnd(cause);
  }

  #join(): void {
    const { driver, say } = this.#input;
    clearTimeout(this.#joinTimer);
    this.#run(async () => {
      if (!this.#owesJoined) return;
      if (this.#isJoined) return this.#joined();
      const outcome = await driver.join(this.#engine);
      // Its event may have come first.
      if (this.#isJoined) return;
      if (outcome === "joined") return this.#joined();
      if (outcome !== "started") say(`join: ${outcome}, again in ${JOIN_RETRY_MS / 1000} s`);
      this.#joinLater(outcome === "started" ? JOIN_ANSWER_MS : JOIN_RETRY_MS);
    });
  }

  #joinLater(afterMs: number): void {
    clearTimeout(this.#joinTimer);
    if (!this.#isEnded) this.#joinTimer = setTimeout(() => this.#join(), afterMs);
  }

  /** Said at once by a modem that is joined already, by its event otherwise. */
  #joined(): void {
    clearTimeout(this.#joinTimer);
    this.#isJoined = true;
    this.#owesJoined = false;
    this.#input.emit({ type: "joined" });
    this.#turn.joined();
    // A group that was set before the join may be heard only now.
    if (this.#groups.open !== undefined) this.#tellGroups(0);
  }

  #lostSession(): void {
    this.#isJoined = false;
    this.#owesJoined = this.#wantsJoin;
    this.#turn.lost();
    if (this.#wantsJoin) this.#join();
  }

  #listen(): void {
    if (this.#groups.hasChanged(this.#groups.open)) this.#tellGroups(0);
  }

  /** A modem refuses groups while it transmits, too. */
  #tellGroups(tries: number): void {
    clearTimeout(this.#listenTimer);
    this.#run(async () => {
      try {
        await this.#input.driver.listen(this.#engine, this.#groups.open);
      } catch (error) {
        if (!(error instanceof ModemRefused)) throw error;
        this.#input.say(error.message);
        if (tries >= LISTEN_TRIES_MAX || this.#isEnded) return;
        this.#listenTimer = setTimeout(() => this.#tellGroups(tries + 1), LISTEN_RETRY_MS);
      }
    });
  }

  #onModem(event: ModemEvent): void {
    if (this.#isEnded) return;
    switch (event.type) {
      case "received":
        this.#receive(event.reception);
        return;
      case "joined":
        // What joins within a command says it there.
        if (this.#wantsJoin && !this.#isJoined) this.#joined();
        return;
      case "joinFailed":
        this.#input.say(`join failed${event.detail === "" ? "" : `: ${event.detail}`}`);
        if (this.#wantsJoin) this.#joinLater(JOIN_RETRY_MS);
        return;
      case "contact":
        this.#input.emit({ type: "contact", morePending: this.#turn.takePending() });
        return;
      case "sent":
        this.#turn.over();
        return;
      case "confirmed":
        if (event.isOk)
          this.#input.emit({ type: "contact", morePending: this.#turn.takePending() });
        this.#turn.over();
        return;
      case "restricted":
        this.#turn.wait(event.waitMs);
        return;
      case "morePending":
        this.#turn.pending();
        return;
      case "linkCheck":
        if (event.isOk) this.#input.onSignal?.(event);
        if (event.isOk) this.#input.emit({ type: "contact", morePending: false });
        return;
      case "time":
        if (event.isOk) this.#input.emit({ type: "contact", morePending: false });
        return;
      case "restarted":
        this.#restarted();
        return;
      case "other":
        return;
      default:
        event satisfies never;
    }
  }

  #receive({ cast, fPort, payload, rssiDbm, snrDb }: Reception): void {
    this.#input.onSignal?.({ type: "heard", rssiDbm, snrDb });
    const window = this.#groups.open;
    const isMulticast = cast === "multicast" || (cast === undefined && !this.#turn.isAnswering);
    if (isMulticast && window !== undefined) {
      const { groupId } = window;
      const source = { type: "multicast", groupId, fCnt: this.#groups.count(window) } as const;
      this.#input.emit({ type: "downlink", fPort, payload, source, morePending: false });
      return;
    }
    // Of a session that is over.
    if (cast === "multicast") return;
    const morePending = this.#turn.takePending();
    const source = { type: "unicast" } as const;
    this.#input.emit({ type: "downlink", fPort, payload, source, morePending });
  }

  /** It has lost session and clock; what it keeps is not to be trusted. */
  #restarted(): void {
    this.#input.say("the modem has restarted");
    this.start();
    this.#lostSession();
  }
}
