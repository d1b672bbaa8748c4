import type { Dialect } from "#agent/pull/dialect.ts";
import { THINGSBOARD_MACHINES } from "#agent/pull/thingsboard-machines.ts";
import type { ResolvedPull } from "#scenarios/pull-defaults.ts";
import { packageKindOf } from "./identity.ts";

/** The newest value of each key that a ThingsBoard has of a device. */
export interface Told {
  get(key: string): { readonly value: unknown } | undefined;
}

const ERROR_LENGTH_MAX = 200;

/** What a device of that group speaks, with the token that it gives. */
export function thingsBoardDialectOf(pull: ResolvedPull, token: string): Dialect {
  const { dialect, transport, longPolls } = pull;
  const kind = packageKindOf(pull);
  if (dialect === "drogue") throw new RangeError("Drogue is no ThingsBoard");
  const { Coap, Http, Mqtt } = THINGSBOARD_MACHINES[dialect];
  if (transport === "mqtt") return new Mqtt(kind);
  if (transport === "http") return new Http({ token, kind, longPolls });
  return new Coap({ token, kind, observes: false, blockBytes: undefined });
}

export function isToldUpdated(told: Told, pull: ResolvedPull): boolean {
  return told.get(`${packageKindOf(pull)}_state`)?.value === "UPDATED";
}

/** Empty: nothing went wrong that it was told of. */
export function toldErrorOf(told: Told, pull: ResolvedPull): string {
  return String(told.get(`${packageKindOf(pull)}_error`)?.value ?? "").slice(0, ERROR_LENGTH_MAX);
}
