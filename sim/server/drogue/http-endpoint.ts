import {
  emptyReply,
  type HttpOutcome,
  type HttpRequest,
  jsonReply,
} from "../thingsboard/http-exchange.ts";
import type { DrogueCloud } from "./cloud.ts";
import { publishAndWait, speakersOf, waitOf } from "./command-wait.ts";

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
    const waitS = waitOf(query);
    if (request.method !== "POST" || channel === undefined || channel === "") {
      respond(emptyReply(404));
      return NOTHING;
    }
    const said = speakersOf(this.#cloud.registry, request.headers?.["authorization"], query);
    if (said === undefined) {
      respond(problem(403, "AuthenticationFailed", "this device, or not for that one"));
      return NOTHING;
    }
    if (waitS === undefined) {
      respond(problem(400, "InvalidRequest", "ct is no number of seconds"));
      return NOTHING;
    }
    const contentType = request.headers?.["content-type"];
    const event = { ...said, channel, contentType, payload: request.body };
    return publishAndWait(this.#cloud, event, waitS, (command) => {
      if (command === undefined) respond(emptyReply(202));
      else {
        const headers = { command: command.name, "content-type": "application/octet-stream" };
        respond({ status: 200, headers, body: command.payload });
      }
    });
  };
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
