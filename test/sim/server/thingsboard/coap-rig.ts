import { DocumentedCoap } from "#agent/pull/documented-coap.ts";
import type { PullEffect } from "#agent/pull/events.ts";
import { ThingsBoardCoap } from "#agent/pull/thingsboard-coap.ts";
import { CoapDeviceApi } from "#sim/server/thingsboard/coap-device-api.ts";
import type { CoapOutcome } from "#sim/server/thingsboard/coap-exchange.ts";
import { type PostLater, PullWorld, type WorldLink } from "../../../agent/pull/pull-world.ts";
import type { Fate, Given, PullRig } from "../../../contract/pull.contract.ts";
import { noServer } from "./mqtt-world.ts";
import { type RigOptions, type StandIn, standInFor, worldOptionsOf } from "./stand-in.ts";

type CoapRequest = PullEffect & { readonly type: "coapRequest" };

/** A device's CoAP exchanges with a stand-in; what lies between messages and exchanges is left out. */
export class CoapRig implements PullRig, WorldLink {
  readonly standIn: StandIn;
  readonly world: PullWorld;
  readonly requests: CoapRequest[] = [];
  fateOf: (given: Given) => Fate = () => "arrives";
  isKnown = true;
  readonly #api: CoapDeviceApi;
  readonly #observes: boolean;
  readonly #isDocumented: boolean;
  /** How to leave each exchange. */
  readonly #open = new Map<number, () => void>();

  constructor(observes: boolean, options: RigOptions = {}) {
    this.#observes = observes;
    const { isDocumented = false, faults = [] } = options;
    this.#isDocumented = isDocumented;
    this.standIn = standInFor(options);
    this.#api = new CoapDeviceApi(this.standIn.server, { faults });
    this.world = new PullWorld(noServer, { ...worldOptionsOf(options), link: this });
  }

  get chunks(): readonly number[] {
    return this.requests.flatMap(({ query }) => {
      const chunk = query.find((parameter) => parameter.startsWith("chunk="));
      return chunk === undefined ? [] : [Number(chunk.slice(6))];
    });
  }

  get asked(): number {
    return this.requests.length;
  }

  newDialect() {
    const observes = this.#observes;
    const options = { token: "T", kind: "fw", observes, blockBytes: undefined } as const;
    return this.#isDocumented ? new DocumentedCoap(options) : new ThingsBoardCoap(options);
  }

  perform(effect: PullEffect, post: PostLater, nowUs: number): void {
    const { engine } = this.standIn;
    engine.advance(Math.max(nowUs, engine.now));
    if (effect.type === "coapCancel") this.#leave(effect.id);
    if (effect.type === "coapRequest") this.#request(effect, post);
  }

  halt(): void {
    for (const id of [...this.#open.keys()]) this.#leave(id);
  }

  #request(request: CoapRequest, post: PostLater): void {
    this.requests.push(request);
    const { id, method, path, query, observes, payload = new Uint8Array(0) } = request;
    const heard = {
      code: method === "GET" ? 1 : 2,
      path: path.map((segment) => (segment === "T" && !this.isKnown ? "X" : segment)),
      query,
      observe: observes ? 0 : undefined,
      payload,
    };
    this.#open.set(id, () => {});
    const isChunk = query.some((parameter) => parameter.startsWith("chunk="));
    const given = isChunk ? "chunk" : method === "GET" && "attributes";
    const leave = this.#api.handle(heard, (outcome) => {
      const fate = given === false ? "arrives" : this.fateOf(given);
      if (fate === "breaks") post({ type: "coapFailed", id, detail: "broken", isTooLong: false });
      if (fate === "arrives" && this.#open.has(id)) this.#give(request, outcome, post);
    });
    this.#open.set(id, leave);
  }

  #give({ id, payloadBytesMax }: CoapRequest, outcome: CoapOutcome, post: PostLater): void {
    if (outcome === "silence") return;
    if (outcome === "reset" || outcome.payload.length > payloadBytesMax) {
      post({ type: "coapFailed", id, detail: "unusable", isTooLong: outcome !== "reset" });
      return;
    }
    const { code, payload, isObserved = false } = outcome;
    post({ type: "coapResponse", id, code, options: [], payload, isObserved });
  }

  #leave(id: number): void {
    const leave = this.#open.get(id);
    this.#open.delete(id);
    leave?.();
  }
}
