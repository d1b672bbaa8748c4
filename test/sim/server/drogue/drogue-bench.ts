import { DrogueHttp } from "#agent/pull/drogue-http.ts";
import type { PullEffect } from "#agent/pull/events.ts";
import type { CborSpelling } from "#agent/wire/cbor.ts";
import { NodeCrypto } from "#hal/node/crypto.ts";
import { Engine } from "#sim/kernel/engine.ts";
import { DrogueCloud } from "#sim/server/drogue/cloud.ts";
import { DrogueHttpEndpoint } from "#sim/server/drogue/http-endpoint.ts";
import type { DrogueDevice } from "#sim/server/drogue/registry.ts";
import {
  type Firmware,
  makeFirmware,
  UpdateService,
  type UpdateServiceOptions,
} from "#sim/server/drogue/update-service.ts";
import type { HttpOutcome } from "#sim/server/thingsboard/http-exchange.ts";
import type { PostLater, PullServer, WorldLink } from "../../../agent/pull/pull-world.ts";

const crypto = new NodeCrypto();
export const UNIX_MS = 1_767_225_600_000;
export const noServer: PullServer = { reply: () => "everything goes by the link" };

export function firmwareOf(data: Uint8Array, change: Partial<Firmware> = {}): Firmware {
  return { ...makeFirmware({ name: "app", version: "2.0.0", data }, crypto), ...change };
}

export function basic(text: string): string {
  return `Basic ${Buffer.from(text).toString("base64")}`;
}

/** A stand-in with one device in virtual time. */
export class DrogueBench {
  readonly engine = new Engine();
  readonly cloud = new DrogueCloud({ scheduler: this.engine, originUnixMs: UNIX_MS });
  readonly http = new DrogueHttpEndpoint(this.cloud);
  readonly service: UpdateService;
  readonly device: DrogueDevice;

  constructor(options: UpdateServiceOptions = {}) {
    this.service = new UpdateService(this.cloud, options);
    this.device = this.cloud.registry.addDevice("app1", { name: "d 1", password: "p:w" });
  }

  rollOut(firmware: Firmware): void {
    this.service.publish(firmware);
    this.cloud.registry.rollOut("app1", { file: { name: firmware.name } });
  }

  catchUp(nowUs: number): void {
    this.engine.advance(Math.max(nowUs, this.engine.now));
  }
}

/** A device's HTTP exchanges with a stand-in. */
export class DrogueHttpLink implements WorldLink {
  readonly statuses: Uint8Array[] = [];
  spelling: CborSpelling = "packed";
  child: string | undefined;
  authorization = basic("d 1@app1:p:w");
  /** Makes another outcome of one. */
  twist: (outcome: HttpOutcome) => HttpOutcome = (outcome) => outcome;
  readonly #bench: DrogueBench;
  #lives = 0;

  constructor(bench: DrogueBench) {
    this.#bench = bench;
  }

  readonly newDialect = () => {
    const { spelling, child, authorization } = this;
    return new DrogueHttp({
      spelling,
      authorization,
      commandTimeoutS: 4,
      firstCorrelationId: 2 ** 32 - 3 + this.#lives++,
      ...(child === undefined ? {} : { child }),
    });
  };

  perform(effect: PullEffect, post: PostLater, nowUs: number): void {
    if (effect.type !== "httpRequest" || !(effect.body instanceof Uint8Array)) return;
    this.#bench.catchUp(nowUs);
    const { id, method, path, headers = {}, body, bodyBytesMax } = effect;
    this.statuses.push(body);
    let isAnswered = false;
    this.#bench.http.handle({ method, path, headers, body }, (answer) => {
      isAnswered = true;
      const outcome = this.twist(answer);
      if (outcome === "silence") return;
      if (outcome === "close" || outcome.body.length > bodyBytesMax) {
        const isTooLong = outcome !== "close";
        post({ type: "httpFailed", id, detail: "no whole answer", isTooLong });
      } else post({ type: "httpResponse", id, status: outcome.status, body: outcome.body });
    });
    // Its own clock runs only with requests.
    if (!isAnswered) this.#bench.catchUp(this.#bench.engine.now + 4_000_000);
  }

  halt(): void {}
}
