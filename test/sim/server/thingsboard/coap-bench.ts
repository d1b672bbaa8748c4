import {
  CoapDeviceApi,
  type CoapDeviceApiOptions,
} from "#sim/server/thingsboard/coap-device-api.ts";
import { CoapEndpoint } from "#sim/server/thingsboard/coap-endpoint.ts";
import type { CoapBlock, CoapHeard, CoapSaid } from "#sim/server/thingsboard/coap-exchange.ts";
import type { StandIn } from "./stand-in.ts";

const GET = 1;
const POST = 2;
const ME = "client 1";

/** One client of a stand-in by CoAP, and all that is said to it in short words. */
export class CoapBench {
  readonly said: string[] = [];
  readonly messages: CoapSaid[] = [];
  readonly endpoint: CoapEndpoint;
  #messageId = 100;

  constructor({ server }: StandIn, options: CoapDeviceApiOptions = {}) {
    const api = new CoapDeviceApi(server, options);
    this.endpoint = new CoapEndpoint(server, api.handle, (to, message) => {
      this.messages.push(message);
      this.said.push(`${to === ME ? "" : `to ${to}: `}${textOf(message)}`);
    });
  }

  /** Bodies of what came, as text. */
  get payloads(): readonly string[] {
    const all = this.messages.map(({ payload }) => new TextDecoder().decode(payload));
    return all.filter((text) => text !== "");
  }

  get formats(): readonly (number | undefined)[] {
    return this.messages.filter(({ code }) => code > 0).map(({ contentFormat }) => contentFormat);
  }

  hear(heard: Partial<CoapHeard>, from = ME): this {
    this.#messageId += 1;
    this.endpoint.receive(from, {
      type: "con",
      code: GET,
      messageId: this.#messageId,
      token: "aa",
      path: [],
      query: [],
      observe: undefined,
      block2: undefined,
      block1: undefined,
      isUnderstood: true,
      payload: new Uint8Array(0),
      ...heard,
    });
    return this;
  }

  chunk(size: number, chunk: number, block2?: CoapBlock): this {
    const query = ["title=fw", "version=2.0.0", `size=${size}`, `chunk=${chunk}`];
    return this.hear({ path: ["fw", "T"], query, block2 });
  }

  attributes(observe?: number, token = "aa"): this {
    return this.hear({ path: ["api", "v1", "T", "attributes"], observe, token });
  }

  post(feature: string, body: string, change: Partial<CoapHeard> = {}): this {
    const payload = new TextEncoder().encode(body);
    return this.hear({ code: POST, path: ["api", "v1", "T", feature], payload, ...change });
  }

  /** Acknowledges, or rejects, the last message that wants it. */
  settle(type: "ack" | "rst" = "ack"): this {
    const { messageId = 0 } = this.messages.findLast((message) => message.type === "con") ?? {};
    return this.hear({ type, code: 0, messageId, token: "" });
  }
}

function textOf({ type, code, payload, block2, observe, size2 }: CoapSaid): string {
  const words: string[] = [type];
  if (code > 0) words.push(`${Math.floor(code / 100)}.${String(code % 100).padStart(2, "0")}`);
  if (payload.length > 0) words.push(`${payload.length} bytes`);
  if (block2 !== undefined) {
    words.push(`block ${block2.num} of ${block2.sizeBytes}${block2.more ? ", more" : ""}`);
  }
  if (size2 !== undefined) words.push(`size ${size2}`);
  if (observe !== undefined) words.push("observed");
  return words.join(" ");
}
