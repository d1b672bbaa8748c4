import type { Dialect } from "#agent/pull/dialect.ts";
import type { DrogueOptions } from "#agent/pull/drogue.ts";
import { DrogueCoap } from "#agent/pull/drogue-coap.ts";
import { DrogueHttp } from "#agent/pull/drogue-http.ts";
import { DrogueMqtt } from "#agent/pull/drogue-mqtt.ts";
import type { Entropy } from "#hal/ports.ts";
import type { ResolvedPull } from "#scenarios/pull-defaults.ts";
import { KeyedEntropy } from "#sim/kernel/draws.ts";
import { toBase64 } from "#sim/server/drogue/base64.ts";
import { drawIdOf } from "./identity.ts";

/** Of the time-out of an answer: the rest is for the way there and back. */
const WAITING_SHARE = 0.8;

export interface DrogueWho {
  /** `device@application`. */
  readonly username: string;
  readonly password: string;
}

/** What one device of a group draws by, in all of its lives. */
export function drogueEntropyOf(seed: number, group: number, index: number): Entropy {
  return new KeyedEntropy(seed, drawIdOf(group, index));
}

/** What it speaks in its next life. */
export function drogueDialectOf(
  { transport, cbor, answerTimeoutS }: ResolvedPull,
  { username, password }: DrogueWho,
  entropy: Entropy,
): Dialect {
  const talk: DrogueOptions = {
    spelling: cbor,
    firstCorrelationId: entropy.below("correlationId", 2 ** 32),
  };
  if (transport === "mqtt") return new DrogueMqtt(talk);
  const commandTimeoutS = Math.max(1, Math.floor(WAITING_SHARE * answerTimeoutS));
  const text = new TextEncoder().encode(`${username}:${password}`);
  const exchange = { ...talk, authorization: `Basic ${toBase64(text)}`, commandTimeoutS };
  return transport === "http" ? new DrogueHttp(exchange) : new DrogueCoap(exchange);
}

/** All that a Drogue learns of a device is which version it runs; `status` is the registry's of it. */
export function isKnownToRun(status: Readonly<Record<string, unknown>>, version: string): boolean {
  const { current, target } = Object(status["firmware"]);
  return current === version && target === version;
}
