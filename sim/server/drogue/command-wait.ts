/** What Drogue's HTTP and CoAP endpoints have in common: an event, and perhaps a command in its response. */
import { basicOf, credentialsOf } from "./basic-credentials.ts";
import type { DrogueCloud, DrogueEvent } from "./cloud.ts";
import type { DrogueRegistry } from "./registry.ts";

const WAIT_MAX_S = 3600;
const NOTHING = () => {};

/** Who says it, and for whom; undefined if that is nobody, or not allowed. */
export function speakersOf(
  registry: DrogueRegistry,
  authorization: string | undefined,
  query: URLSearchParams,
): Pick<DrogueEvent, "device" | "sender"> | undefined {
  const basic = basicOf(authorization);
  if (basic === undefined) return undefined;
  const { username, password } = basic;
  const [named, given] = [credentialsOf(username, password), query.get("application")];
  const application = given ?? named?.application ?? "";
  const name = query.get("device") ?? (given === null ? named?.device : username) ?? "";
  const sender = registry.authenticate(application, name, password);
  const device = sender && registry.spokenFor(sender, query.get("as") ?? undefined);
  return sender === undefined || device === undefined ? undefined : { device, sender };
}

/** Seconds to wait for a command; undefined if it is no number of them. */
export function waitOf(query: URLSearchParams): number | undefined {
  const text = query.get("ct") ?? query.get("commandTimeout");
  if (text === null) return 0;
  return /^\d{1,6}$/.test(text) ? Math.min(Number(text), WAIT_MAX_S) : undefined;
}

/** Answers once, with a command if one comes in time. Returns what ends it. */
export function publishAndWait(
  cloud: DrogueCloud,
  event: DrogueEvent,
  waitS: number,
  answer: (command: { readonly name: string; readonly payload: Uint8Array } | undefined) => void,
): () => void {
  const { scheduler } = cloud.options;
  let leave = NOTHING;
  if (waitS > 0) {
    const stop = cloud.listen(event.device, (_, name, payload) => {
      leave();
      answer({ name, payload });
    });
    const end = scheduler.schedule(scheduler.now + waitS * 1_000_000, () => {
      leave();
      answer(undefined);
    });
    leave = () => {
      stop();
      scheduler.cancel(end);
    };
  }
  // Who listens first misses no answer, however fast.
  cloud.publish(event);
  if (waitS === 0) answer(undefined);
  return () => leave();
}
