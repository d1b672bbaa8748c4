import type { RadioEvent, RadioPort, RadioRequest } from "../radio-port.ts";
import { CommandEngine } from "./command-engine.ts";
import type { DialectName } from "./dialect.ts";
import { DIALECTS } from "./dialects/by-name.ts";
import {
  type ModemDriver,
  ModemRefused,
  type ModemSettings,
  type Wellbeing,
} from "./drivers/driver.ts";
import { identify } from "./examine.ts";
import { JoinTurn } from "./join-turn.ts";
import { McGroups } from "./mc-groups.ts";
import type { ModemEvent, Reception } from "./modem-event.ts";
import type { LinkSignal, RadioState } from "./radio-watch.ts";
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
  readonly onState?: (state: RadioState) => void;
  /** How well a downlink was heard; before its event. */
  readonly onSignal?: (signal: LinkSignal) => void;
}

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
  readonly #join: JoinTurn;
  readonly #groups: McGroups;
  /** Work on the modem, one piece after the other. */
  #work: Promise<void> = Promise.resolve();
  #isEnded = false;
  #isConfigured = false;
  /** The modem was told what to hear. */
  #isTold = false;
  #listenTimer: NodeJS.Timeout | undefined;

  constructor(transport: Transport, input: SerialRadioInput, groups = new McGroups()) {
    this.#input = input;
    this.#groups = groups;
    const { dialect, driver, payloadMaxBytes, emit } = input;
    const engine = new CommandEngine(
      transport,
      DIALECTS[dialect],
      (event) => this.#onModem(event),
      () => this.#tell("silent"),
    );
    this.#engine = engine;
    const run = (work: () => Promise<void>) => this.#run(work);
    this.#turn = new UplinkTurn({
      engine,
      driver,
      payloadMaxBytes,
      emit: (event) => this.#isEnded || emit(event),
      run,
      onNotJoined: () => this.#lostSession(),
    });
    const onJoined = () => this.#joined();
    this.#join = new JoinTurn({ engine, driver, say: input.say, run, onJoined });
  }

  /** Bytes from the transport. */
  receive(bytes: Uint8Array): void {
    this.#engine.receive(bytes);
  }

  /** The transport has closed, or nobody wants the radio any more. */
  end(cause = new TransportError("lost", "the modem is gone")): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    clearTimeout(this.#listenTimer);
    this.#join.stop();
    this.#turn.stop();
    this.#engine.close(cause);
  }

  /** Sets the modem up and brings it to class A, or to the session that is open. */
  start(): void {
    const { driver, settings } = this.#input;
    this.#isConfigured = false;
    this.#run(async () => {
      await driver.configure(this.#engine, settings);
      this.#isConfigured = true;
    });
    this.#tellGroups(0);
  }

  /** What tells this modem from others. */
  identity(): Promise<Readonly<Record<string, string>>> {
    return identify(this.#engine, this.#input.dialect);
  }

  /** Downlinks that came before it was known who speaks; the last may have only begun. */
  recall(lines: readonly string[], pending: Uint8Array): void {
    this.#engine.recall(lines, pending);
  }

  perform(request: RadioRequest): void {
    switch (request.type) {
      case "join":
        this.#join.request();
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

  /** Asks the modem how it is. One that has restarted without a word is set up again. */
  async check(): Promise<Wellbeing> {
    if (!this.#join.isJoined || this.#turn.isAnswering) {
      const { outcome } = await this.#engine.request("AT");
      return outcome === "silent" ? "silent" : "well";
    }
    const wellbeing = await this.#input.driver.check(this.#engine);
    if (wellbeing === "forgot" && this.#join.isJoined && !this.#isEnded) this.#restarted();
    return wellbeing;
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

  #joined(): void {
    this.#input.emit({ type: "joined" });
    this.#turn.joined();
    // A group that was set before the join may be heard only now.
    if (this.#groups.open !== undefined) this.#tellGroups(0);
    else this.#settle();
  }

  #lostSession(): void {
    this.#turn.lost();
    this.#join.lost();
  }

  #listen(): void {
    if (this.#groups.hasChanged(this.#groups.open)) this.#tellGroups(0);
  }

  /** A modem refuses groups while it transmits, too. */
  #tellGroups(tries: number): void {
    clearTimeout(this.#listenTimer);
    this.#isTold = false;
    this.#run(async () => {
      try {
        await this.#input.driver.listen(this.#engine, this.#groups.open);
        this.#isTold = true;
        this.#settle();
      } catch (error) {
        if (!(error instanceof ModemRefused)) throw error;
        this.#input.say(error.message);
        if (tries >= LISTEN_TRIES_MAX || this.#isEnded) return;
        this.#listenTimer = setTimeout(() => this.#tellGroups(tries + 1), LISTEN_RETRY_MS);
      }
    });
  }

  #settle(): void {
    if (!this.#isConfigured || !this.#isTold) return;
    this.#tell("configured");
    if (this.#join.isJoined || !this.#join.isWanted) this.#tell("ready");
  }

  #tell(state: RadioState): void {
    if (!this.#isEnded) this.#input.onState?.(state);
  }

  #onModem(event: ModemEvent): void {
    if (this.#isEnded) return;
    switch (event.type) {
      case "received":
        this.#receive(event.reception);
        return;
      case "joined":
        // What joins within a command says it there.
        if (this.#join.isWanted && !this.#join.isJoined) this.#join.joined();
        return;
      case "joinFailed":
        this.#join.failed(event.detail);
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
    this.#tell("restarted");
    this.start();
    this.#lostSession();
  }
}
