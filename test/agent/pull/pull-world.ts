import { BankBoot } from "#agent/boot/bank-boot.ts";
import { installFactoryImage } from "#agent/boot/factory.ts";
import type { BootStrategy, Region } from "#agent/boot/strategy.ts";
import { flashReader } from "#agent/flash/flash-reader.ts";
import { verifyImage } from "#agent/image/verify.ts";
import type { PullConfig } from "#agent/pull/config.ts";
import type { Dialect } from "#agent/pull/dialect.ts";
import type {
  LinkEvent,
  PullEffect,
  PullEvent,
  PullNote,
  PullTimerId,
} from "#agent/pull/events.ts";
import { PullDevice } from "#agent/pull/pull-device.ts";
import { ThingsBoardHttp } from "#agent/pull/thingsboard-http.ts";
import { type Crypto, type Entropy, type Flash, PowerLoss } from "#hal/ports.ts";
import { NorFlash } from "#sim/flash/nor.ts";
import { KeyedEntropy } from "#sim/kernel/draws.ts";
import type { PortProbe } from "../port-probe.ts";
import {
  crypto,
  factoryIdentity,
  factoryImage,
  geometryFor,
  layout,
  S,
  signer,
} from "../test-device.ts";

export type HttpRequest = PullEffect & {
  readonly type: "httpRequest";
  readonly body: string | undefined;
};

/** What a server does with a request; a text: the exchange fails, and why. */
export type Reply =
  | {
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: Uint8Array | string;
    }
  | string
  | "lost";

export interface PullServer {
  reply(request: HttpRequest, nowUs: number): Reply;
}

export const UNIX_MS = 1_767_225_600_000;
const LATENCY_US = 20_000;
const ANSWER_TIMEOUT_MS = 5000;

export const pullConfig: PullConfig = {
  title: "fw",
  chunkBytes: 256,
  answerTimeoutMs: ANSWER_TIMEOUT_MS,
  backOff: { firstMs: 1000, maxMs: 60_000 },
  pollS: 300,
  startDelayMaxS: 0,
  trialDeadlineS: 600,
  image: { keys: [signer.publicKey] },
};

export interface WorldOptions {
  readonly config?: Partial<PullConfig>;
  readonly granuleBytes?: number;
  readonly longPolls?: boolean;
  readonly kind?: "fw" | "sw";
  readonly probe?: PortProbe;
  /** Another one than HTTP to the server. */
  readonly link?: WorldLink;
  /** What the new image is like when it runs. */
  readonly defect?: "crashes";
}

type WithoutTime<Event> = Event extends unknown ? Omit<Event, "at"> : never;
/** Lets something come to the device after a while, unless it is reset or {@link WorldLink} forgets. */
export type PostLater = (event: WithoutTime<LinkEvent>) => void;

/** The network of a device in virtual time, and what is at its other end. */
export interface WorldLink {
  newDialect(): Dialect;
  perform(effect: PullEffect, post: PostLater, nowUs: number): void;
  /** Power failed, or the device has been reset. */
  halt(): void;
}

interface Due {
  readonly at: number;
  readonly event: PullEvent;
}

/** A device that pulls, its flash, its clock, and the network to a server. */
export class PullWorld {
  readonly flash: NorFlash;
  readonly requests: HttpRequest[] = [];
  readonly notes: PullNote[] = [];
  device: PullDevice | undefined;
  /** Of the whole world; a life's uptime begins at its boot. */
  now = 0;
  lives = 0;
  cuts = 0;
  readonly server: PullServer;
  readonly #options: WorldOptions;
  readonly #boot: BootStrategy;
  #bootAt = 0;
  readonly #timers = new Map<PullTimerId, number>();
  readonly #posted: Due[] = [];
  #inFlight: (Due & { readonly id: number }) | undefined;

  constructor(server: PullServer, options: WorldOptions = {}) {
    this.server = server;
    this.#options = options;
    this.flash = new NorFlash(geometryFor(options.granuleBytes ?? 8));
    installFactoryImage(this.flash, layout, factoryImage, factoryIdentity);
    const { probe } = options;
    if (probe !== undefined) probe.onCut = () => this.flash.powerOff();
    this.#boot = this.#bootOn(probe?.flash(this.flash) ?? this.flash);
  }

  /** Lets the world run for so long, or until `isEnough`; power comes back whenever it fails. */
  run(seconds: number, isEnough: () => boolean = () => false): void {
    const end = this.now + seconds * S;
    while (!isEnough()) {
      const due = this.device === undefined ? undefined : this.#nextDue();
      if (this.device !== undefined && (due === undefined || due.at > end)) break;
      if (due !== undefined) this.now = Math.max(this.now, due.at);
      this.#withPower(() => (due === undefined ? this.#powerOn() : this.#deliver(due.event)));
    }
    if (!isEnough()) this.now = end;
  }

  notesOf<Type extends PullNote["type"]>(type: Type): readonly (PullNote & { type: Type })[] {
    return this.notes.filter((note): note is PullNote & { type: Type } => note.type === type);
  }

  bank(index: 0 | 1): Uint8Array {
    const { address, sizeBytes } = layout.banks[index];
    const bytes = new Uint8Array(sizeBytes);
    this.flash.powerOn();
    this.flash.read(address, bytes);
    return bytes;
  }

  status() {
    if (this.device === undefined) throw new Error("no device");
    return this.device.status();
  }

  /** What the server heard, oldest first. */
  telemetry(): readonly Readonly<Record<string, string>>[] {
    return this.requests
      .filter(({ method }) => method === "POST")
      .map(({ body }) => JSON.parse(body ?? "").values);
  }

  states(): readonly (string | undefined)[] {
    return this.telemetry().map((values) => values["fw_state"] ?? values["sw_state"]);
  }

  chunks(): readonly number[] {
    return this.requests.flatMap(({ path }) => {
      const index = new URL(path, "http://server").searchParams.get("chunk");
      return index === null ? [] : [Number(index)];
    });
  }

  /** Power fails here, between two events. */
  cutPower(): void {
    this.device = undefined;
  }

  #withPower(step: () => void): void {
    try {
      step();
    } catch (error) {
      if (!(error instanceof PowerLoss)) throw error;
      this.cuts += 1;
      this.device = undefined;
    }
  }

  #powerOn(): void {
    this.flash.powerOn();
    this.#timers.clear();
    this.#inFlight = undefined;
    this.#posted.length = 0;
    this.#options.link?.halt();
    this.lives += 1;
    this.#bootAt = this.now;
    const decision = this.#boot.boot();
    if (!decision.ok) throw new Error("bricked");
    if (decision.trial && this.#options.defect === "crashes") return;
    const { config, probe, longPolls = false, kind = "fw" } = this.#options;
    const entropy: Entropy = new KeyedEntropy(1, this.lives);
    const ports = {
      flash: probe?.flash(this.flash) ?? this.flash,
      crypto: (probe?.crypto(crypto) ?? crypto) as Crypto,
      entropy: probe?.entropy(entropy) ?? entropy,
      boot: probe?.boot(this.#boot) ?? this.#boot,
      layout,
    };
    const dialect =
      this.#options.link?.newDialect() ?? new ThingsBoardHttp({ token: "T 1", kind, longPolls });
    const unixMs = UNIX_MS + this.now / 1000;
    const life = { decision, unixMs };
    this.device = new PullDevice({ ...pullConfig, ...config }, ports, dialect, life);
    this.#deliver({ type: "boot", at: 0 });
  }

  #nextDue(): Due | undefined {
    const timers = [...this.#timers].map(([id, at]): Due => {
      return { at, event: { type: "timer", at: at - this.#bootAt, id } };
    });
    const all = [...this.#posted, ...timers];
    if (this.#inFlight !== undefined) all.unshift(this.#inFlight);
    return all.sort((a, b) => a.at - b.at)[0];
  }

  #deliver(event: PullEvent): void {
    if (event.type === "timer") this.#timers.delete(event.id);
    else if (this.#inFlight?.event === event) this.#inFlight = undefined;
    else if (event.type !== "boot") this.#forget(event);
    const effects = [...(this.device?.step(event) ?? [])];
    for (const effect of effects) {
      this.#options.probe?.touch(effect.type);
      this.#perform(effect);
    }
  }

  #perform(effect: PullEffect): void {
    switch (effect.type) {
      case "setTimer":
        this.#timers.set(effect.id, this.#bootAt + effect.at);
        break;
      case "clearTimer":
        this.#timers.delete(effect.id);
        break;
      case "note":
        this.notes.push(effect.note);
        break;
      case "reboot":
        this.device = undefined;
        break;
      case "httpCancel":
        this.#inFlight = undefined;
        break;
      case "httpRequest":
        if (this.#inFlight !== undefined) throw new Error("two requests at once");
        this.#requestOf(effect);
        break;
      default:
        this.#options.link?.perform(effect, this.#post, this.now);
    }
  }

  readonly #post: PostLater = (event) => {
    const at = this.now + LATENCY_US;
    this.#posted.push({ at, event: { ...event, at: at - this.#bootAt } });
  };

  #forget(event: PullEvent): void {
    this.#posted.splice(
      this.#posted.findIndex((due) => due.event === event),
      1,
    );
  }

  #requestOf({ body, ...request }: PullEffect & { readonly type: "httpRequest" }): void {
    if (body instanceof Uint8Array)
      this.#options.link?.perform({ ...request, body }, this.#post, this.now);
    else this.#request({ ...request, body });
  }

  #request(request: HttpRequest): void {
    this.requests.push(request);
    const reply = this.server.reply(request, this.now);
    if (reply === "lost") return;
    const at = this.now + LATENCY_US;
    const head = { at: at - this.#bootAt, id: request.id };
    const { id } = request;
    if (typeof reply === "string") {
      this.#inFlight = {
        at,
        id,
        event: { type: "httpFailed", ...head, detail: reply, isTooLong: false },
      };
      return;
    }
    const { status, headers = {}, body = "" } = reply;
    const bytes = typeof body === "string" ? new TextEncoder().encode(body) : body;
    const event: PullEvent =
      bytes.length > request.bodyBytesMax
        ? {
            type: "httpFailed",
            ...head,
            detail: `more than ${request.bodyBytesMax} bytes`,
            isTooLong: true,
          }
        : { type: "httpResponse", ...head, status, headers, body: bytes };
    this.#inFlight = { at, id, event };
  }

  #bootOn(flash: Flash): BankBoot {
    const verify = (region: Region, securityCounterMin: number) => {
      const policy = { keys: [signer.publicKey], securityCounterMin, ignoresRestOfSlot: true };
      const verdict = verifyImage(flashReader(flash, region), policy, crypto);
      return verdict.ok ? verdict : ({ ok: false } as const);
    };
    return new BankBoot(flash, layout, verify, { attemptsMax: 3 });
  }
}
