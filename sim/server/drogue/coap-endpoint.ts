import { DROGUE_COAP_OPTION } from "#agent/pull/drogue.wire.ts";
import type { Entropy } from "#hal/ports.ts";
import { CoapEndpoint } from "../thingsboard/coap-endpoint.ts";
import { type CoapHandler, type CoapSaid, coapReply } from "../thingsboard/coap-exchange.ts";
import type { CoapHost } from "../thingsboard/coap-host.ts";
import type { DrogueCloud } from "./cloud.ts";
import { publishAndWait, speakersOf, waitOf } from "./command-wait.ts";

const POST = 2;
const NOTHING = () => {};

/**
 * What Drogue's CoAP endpoint does with requests, sans-IO: `POST /v1/{channel}`, with a command as the
 * response if one comes. It reads the first Uri-Query option as the whole query of a URL, and no other.
 */
export class DrogueCoapApi {
  readonly #cloud: DrogueCloud;

  constructor(cloud: DrogueCloud) {
    this.#cloud = cloud;
  }

  /** Nothing that a client sends makes it throw. */
  readonly handle: CoapHandler = ({ code, path, query, options = [], payload }, respond) => {
    const refuse = (reason: number) => {
      respond(coapReply(reason));
      return NOTHING;
    };
    if (code !== POST) return refuse(405);
    const [version, channel = ""] = path;
    const parameters = new URLSearchParams(query[0] ?? "");
    const waitS = waitOf(parameters);
    const authorization = options.find(({ number }) => number === DROGUE_COAP_OPTION.authorization);
    const isRequest = version === "v1" && channel !== "" && authorization !== undefined;
    if (!isRequest || waitS === undefined) return refuse(400);
    const text = new TextDecoder().decode(authorization.value);
    const speakers = speakersOf(this.#cloud.registry, text, parameters);
    if (speakers === undefined) return refuse(403);
    const event = { ...speakers, channel, contentType: undefined, payload };
    return publishAndWait(this.#cloud, event, waitS, (command) => {
      if (command === undefined) {
        respond(coapReply(204));
        return;
      }
      const value = new TextEncoder().encode(command.name);
      const named = [{ number: DROGUE_COAP_OPTION.command, value }];
      respond({ code: 205, payload: command.payload, options: named });
    });
  };
}

/** Its messages: as RFC 7252 has them, with none of another server's surprises. */
export function drogueCoapHost(cloud: DrogueCloud, entropy: Entropy): CoapHost {
  const quirks = {
    answersApart: false,
    forgetsBlocks: false,
    shortBlocksGoOn: false,
    saysSize2: false,
  };
  return { options: { scheduler: cloud.options.scheduler, entropy }, quirks };
}

export function drogueCoapEndpoint(
  cloud: DrogueCloud,
  entropy: Entropy,
  send: (to: string, message: CoapSaid) => void,
  handler: CoapHandler = new DrogueCoapApi(cloud).handle,
): CoapEndpoint {
  return new CoapEndpoint(drogueCoapHost(cloud, entropy), handler, send);
}
