import {
  emptyReply,
  type HttpOutcome,
  type HttpRequest,
  jsonReply,
} from "../thingsboard/http-exchange.ts";
import { basicOf, credentialsOf } from "./basic-credentials.ts";
import type { DrogueCloud } from "./cloud.ts";
import type { DrogueDevice } from "./registry.ts";

const WAIT_MAX_S = 3600;
const NOTHING = () => {};
type Respond = (outcome: HttpOutcome) => void;

/** Drogue's HTTP endpoint, sans-IO: `POST /v1/{channel}`, with a command as the response if one comes. */
export class DrogueHttpEndpoint {
  readonly #cloud: DrogueCloud;

  constructor(cloud: DrogueCloud) {
    this.#cloud = cloud;
  }

  /** Nothing that a client sends makes it throw. */
  readonly handle = (request: HttpRequest, respond: Respond): (() => void) => {
    const [pathname = "", search = ""] = request.path.split(/\?(.*)/s);
    const query = new URLSearchParams(search);
    const [, encoded = ""] = /^\/v1\/([^/]+)(?:\/.*)?$/.exec(pathname) ?? [];
    const channel = decoded(encoded);
    const waitS = secondsOf(query.get("ct") ?? query.get("commandTimeout"));
    if (request.method !== "POST" || channel === undefined || channel === "") {
      respond(emptyReply(404));
      return NOTHING;
    }
    const sender = this.#senderOf(request, query);
    const device = sender && this.#cloud.registry.spokenFor(sender, query.get("as") ?? undefined);
    if (sender === undefined || device === undefined) {
      respond(problem(403, "AuthenticationFailed", "this device, or not for that one"));
      return NOTHING;
    }
    if (waitS === undefined) {
      respond(problem(400, "InvalidRequest", "ct is no number of seconds"));
      return NOTHING;
    }
    const contentType = request.headers?.["content-type"];
    const event = { device, sender, channel, contentType, payload: request.body };
    return this.#exchange(event, waitS, respond);
  };

  #exchange(
    event: Parameters<DrogueCloud["publish"]>[0],
    waitS: number,
    respond: Respond,
  ): () => void {
    const { scheduler } = this.#cloud.options;
    let leave = NOTHING;
    if (waitS > 0) {
      const stop = this.#cloud.listen(event.device, (_, command, payload) => {
        leave();
        const headers = { command, "content-type": "application/octet-stream" };
        respond({ status: 200, headers, body: payload });
      });
      const end = scheduler.schedule(scheduler.now + waitS * 1_000_000, () => {
        leave();
        respond(emptyReply(202));
      });
      leave = () => {
        stop();
        scheduler.cancel(end);
      };
    }
    // Who listens first misses no answer, however fast.
    this.#cloud.publish(event);
    if (waitS === 0) respond(emptyReply(202));
    return () => leave();
  }

  #senderOf({ headers }: HttpRequest, query: URLSearchParams): DrogueDevice | undefined {
    const basic = basicOf(headers?.["authorization"]);
    if (basic === undefined) return undefined;
    const { username, password } = basic;
    const [named, given] = [credentialsOf(username, password), query.get("application")];
    const application = given ?? named?.application ?? "";
    const device = query.get("device") ?? (given === null ? named?.device : username) ?? "";
    return this.#cloud.registry.authenticate(application, device, password);
  }
}

function problem(status: number, error: string, message: string) {
  return jsonReply(status, { code: status, error, message });
}

function decoded(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment);
  } catch (error) {
    if (!(error instanceof URIError)) throw error;
    return undefined;
  }
}

function secondsOf(text: string | null): number | undefined {
  if (text === null) return 0;
  return /^\d{1,6}$/.test(text) ? Math.min(Number(text), WAIT_MAX_S) : undefined;
}
