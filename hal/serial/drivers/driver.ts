import type { CommandEngine, RequestOptions } from "../command-engine.ts";
import { TransportError } from "../transport.ts";

export interface ModemIdentity {
  readonly devEui: Uint8Array;
  readonly joinEui: Uint8Array;
  readonly appKey: Uint8Array;
}

export interface ModemSettings extends ModemIdentity {
  /** As `scenarios/regions` spells it: EU868, AS923-1, … */
  readonly band: string;
  /** Of uplinks; ADR is off. */
  readonly dr: number;
}

export interface OpenGroup {
  readonly mcAddr: number;
  readonly nwkSKey: Uint8Array;
  readonly appSKey: Uint8Array;
  readonly nextFCnt: number;
  readonly frequencyHz: number;
  readonly dr: number;
}

export type JoinOutcome = "joined" | "started" | "failed" | "busy";

export type SendOutcome =
  /** Its end comes as an event, or after {@link ModemDriver.exchangeMs}. */
  | { readonly type: "started" }
  /** The receive windows are over. */
  | { readonly type: "over" }
  | { readonly type: "busy" }
  | { readonly type: "notJoined" }
  /** Refused for good; what is on the air now is not it. */
  | { readonly type: "refused" };

/** Of a modem that was joined: `forgot` is one that has restarted and said nothing of it. */
export type Wellbeing = "well" | "silent" | "forgot";

/** What a family of modems needs said. Runs over the engine, one call at a time. */
export interface ModemDriver {
  /** Answered by a banner, or by nothing. */
  readonly resetCommand: string;
  /** Longest time that the exchange of an uplink takes after its command. */
  readonly exchangeMs: number;
  /** Whether the end of an unconfirmed uplink is told. */
  readonly saysSent: boolean;
  /** Sets what differs. Throws {@link ModemRefused}. */
  configure(engine: CommandEngine, settings: ModemSettings): Promise<void>;
  isJoined(engine: CommandEngine): Promise<boolean>;
  /** Asks what a restart would have changed, as far as the modem can tell. */
  check(engine: CommandEngine): Promise<Wellbeing>;
  join(engine: CommandEngine): Promise<JoinOutcome>;
  /** `onStarted`: of what is `started`, at once; its end may be the next line. */
  send(
    engine: CommandEngine,
    fPort: number,
    payload: Uint8Array,
    confirmed: boolean,
    onStarted: () => void,
  ): Promise<SendOutcome>;
  /** Brings the modem to class C with this group alone, or to class A without any. */
  listen(engine: CommandEngine, group: OpenGroup | undefined): Promise<void>;
}

/** A modem will not be set up: wrong band, wrong key, wrong firmware. One line, without keys. */
export class ModemRefused extends Error {
  override readonly name = "ModemRefused";
}

export const SET: RequestOptions = { timeoutMs: 2000 };
/** Of whatever may be said more than once. */
export const TRIES = 2;

/**
 * Sends a command that has to work, and that may be said again: a line may have lost a byte on its
 * way. Throws {@link ModemRefused} when it was refused twice, or `TransportError` after silence twice.
 */
export async function must(
  engine: CommandEngine,
  command: string,
  what: string,
  options: RequestOptions = SET,
): Promise<void> {
  let refusal: string | undefined;
  for (let unanswered = 0; unanswered < TRIES; ) {
    const { outcome, end } = await engine.request(command, options);
    if (outcome === "ok") return;
    if (outcome !== "refused") unanswered += 1;
    else if (refusal === undefined) refusal = end;
    else throw new ModemRefused(`the modem refuses ${what}: ${end}`);
  }
  throw silence(`when it is told ${what}`);
}

export function silence(when: string): TransportError {
  return new TransportError("silent", `the modem does not answer ${when}`);
}

export function hexText(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex").toUpperCase();
}

export function addressText(address: number): string {
  return address.toString(16).padStart(8, "0").toUpperCase();
}
