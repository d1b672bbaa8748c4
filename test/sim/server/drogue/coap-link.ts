import { DrogueCoap } from "#agent/pull/drogue-coap.ts";
import type { PullEffect } from "#agent/pull/events.ts";
import { DrogueCoapApi } from "#sim/server/drogue/coap-endpoint.ts";
import type { CoapOutcome, CoapReply } from "#sim/server/thingsboard/coap-exchange.ts";
import type { PostLater, WorldLink } from "../../../agent/pull/pull-world.ts";
import { basic, type DrogueBench } from "./drogue-bench.ts";

type CoapRequest = PullEffect & { readonly type: "coapRequest" };

/** A device's CoAP exchanges with a stand-in; what lies between messages and exchanges is left out. */
export class DrogueCoapLink implements WorldLink {
  readonly requests: CoapRequest[] = [];
  readonly cancelled: number[] = [];
  child: string | undefined;
  authorization = basic("d 1@app1:p:w");
  /** Makes another reply of one, or loses it, or breaks the exchange. */
  twist: (reply: CoapReply) => CoapReply | "lost" | "breaks" = (reply) => reply;
  readonly #bench: DrogueBench;
  readonly #api: DrogueCoapApi;
  #lives = 0;

  constructor(bench: DrogueBench) {
    this.#bench = bench;
    this.#api = new DrogueCoapApi(bench.cloud);
  }

  readonly newDialect = () => {
    const { child, authorization } = this;
    return new DrogueCoap({
      spelling: "packed",
      authorization,
      commandTimeoutS: 4,
      firstCorrelationId: 2 ** 32 - 3 + this.#lives++,
      ...(child === undefined ? {} : { child }),
    });
  };

  perform(effect: PullEffect, post: PostLater, nowUs: number): void {
    if (effect.type === "coapCancel") this.cancelled.push(effect.id);
    if (effect.type !== "coapRequest") return;
    this.#bench.catchUp(nowUs);
    this.requests.push(effect);
    const { path, query, options, payload = new Uint8Array(0) } = effect;
    let isAnswered = false;
    const heard = { code: 2, path, query, options, observe: undefined, payload };
    this.#api.handle(heard, (outcome) => {
      isAnswered = true;
      this.#give(effect, outcome, post);
    });
    // Its own clock runs only with requests.
    if (!isAnswered) this.#bench.catchUp(this.#bench.engine.now + 4_000_000);
  }

  halt(): void {}

  #give({ id, payloadBytesMax }: CoapRequest, outcome: CoapOutcome, post: PostLater): void {
    const reply = typeof outcome === "string" ? "lost" : this.twist(outcome);
    if (reply === "lost") return;
    if (reply === "breaks" || reply.payload.length > payloadBytesMax) {
      post({ type: "coapFailed", id, detail: "no whole answer", isTooLong: reply !== "breaks" });
      return;
    }
    const { code, options = [], payload } = reply;
    post({ type: "coapResponse", id, code, options, payload, isObserved: false });
  }
}
