import type { Crypto } from "#hal/ports.ts";
import type { ResolvedPull } from "#scenarios/pull-defaults.ts";
import { KeyedEntropy } from "#sim/kernel/draws.ts";
import type { Scheduler } from "#sim/kernel/engine.ts";
import { CoapDeviceApi } from "#sim/server/thingsboard/coap-device-api.ts";
import type { ServerDevice } from "#sim/server/thingsboard/device.ts";
import { ChunkFaults } from "#sim/server/thingsboard/faults.ts";
import { HttpDeviceApi } from "#sim/server/thingsboard/http-device-api.ts";
import type { HttpHandler } from "#sim/server/thingsboard/http-exchange.ts";
import { type MqttConnection, MqttSession } from "#sim/server/thingsboard/mqtt-session.ts";
import { makePackage, type OtaPackage } from "#sim/server/thingsboard/ota-package.ts";
import { RateLimits } from "#sim/server/thingsboard/rate-limit.ts";
import { ThingsBoard } from "#sim/server/thingsboard/server.ts";
import { CoapPort } from "./coap-port.ts";
import { packageKindOf, serverDrawIdOf } from "./identity.ts";

const S_US = 1_000_000;
const PROFILE = "default";

export interface PullServerParts {
  readonly pull: ResolvedPull;
  readonly group: number;
  readonly cell: number;
  readonly seed: number;
  readonly scheduler: Scheduler;
  readonly originUnixMs: number;
  readonly crypto: Crypto;
  /** What is assigned in the end, and what its image calls itself. */
  readonly firmware: { readonly bytes: Uint8Array; readonly version: string };
  /** What is assigned before it. */
  readonly earlier: Uint8Array | undefined;
  readonly onChunk: (device: ServerDevice, chunk: number) => void;
  /** The process ends: connections with it. */
  readonly onDown: () => void;
}

/** The server of a cell, with what its scenario has it do. */
export class PullServer {
  readonly core: ThingsBoard;
  readonly http: HttpHandler;
  readonly coap: CoapPort;
  readonly mqtt: (connection: MqttConnection) => MqttSession;
  /** As the server calls it. */
  readonly version: string;
  /** After that, nothing changes by itself. */
  readonly quietUs: number;
  readonly #parts: PullServerParts;
  readonly #final: OtaPackage;
  #downUntilUs = 0;

  constructor(parts: PullServerParts) {
    const { pull, group, cell, seed, scheduler, originUnixMs, onChunk } = parts;
    const { server } = pull;
    this.#parts = parts;
    this.core = new ThingsBoard({
      scheduler,
      entropy: new KeyedEntropy(seed, serverDrawIdOf(group, cell)),
      originUnixMs,
      quirks: Object.fromEntries(server.without.map((name) => [name, false])),
      tellingIntervalUs: server.tellEveryMs * 1000,
    });
    const faults = server.chunkFaults;
    const { rateLimit } = server;
    const limit = rateLimit && { requests: rateLimit.requests, seconds: rateLimit.perS };
    const disturbances = { faults, onChunk, ...(limit === undefined ? {} : { rateLimit: limit }) };
    this.http = new HttpDeviceApi(this.core, disturbances).handle;
    this.coap = new CoapPort(this.core, new CoapDeviceApi(this.core, disturbances).handle);
    const shared = {
      faults: new ChunkFaults(faults),
      rateLimits: new RateLimits<ServerDevice>(limit),
      onChunk,
    };
    this.mqtt = (connection) => new MqttSession(this.core, connection, shared);
    this.version = pull.package.version ?? parts.firmware.version.replace(/\+0$/, "");
    this.#final = this.#package("firmware", this.version, parts.firmware.bytes);
    this.quietUs = this.#plan();
  }

  get isDown(): boolean {
    return this.#parts.scheduler.now < this.#downUntilUs;
  }

  /** Chunk `chunk` is given to a device for the first time. */
  firstGiven(device: ServerDevice, chunk: number): void {
    const { earlier } = this.#parts.pull.server;
    if (earlier === undefined || !("atChunk" in earlier.until)) return;
    if (chunk !== earlier.until.atChunk) return;
    this.core.assignToDevice(device, this.#final.kind, this.#final);
  }

  #plan(): number {
    const { pull, scheduler, earlier: earlierBytes } = this.#parts;
    const { assignAtS, earlier, restarts } = pull.server;
    const { kind } = this.#final;
    const at = (seconds: number, run: () => void) =>
      scheduler.schedule(Math.round(seconds * S_US), run);
    const assign = (ota: OtaPackage) => this.core.assignToProfile(PROFILE, kind, ota);
    if (earlier === undefined || earlierBytes === undefined) {
      at(assignAtS, () => assign(this.#final));
    } else {
      const before = this.#package("earlier", earlier.version, earlierBytes);
      at(assignAtS, () => assign(before));
      if ("atS" in earlier.until) at(earlier.until.atS, () => assign(this.#final));
    }
    for (const { atS, forS } of restarts) at(atS, () => this.#restart(forS));
    const lastS = Math.max(
      assignAtS,
      earlier !== undefined && "atS" in earlier.until ? earlier.until.atS : 0,
      ...restarts.map(({ atS, forS }) => atS + forS),
    );
    return Math.round(lastS * S_US);
  }

  #restart(forS: number): void {
    this.#downUntilUs = this.#parts.scheduler.now + Math.round(forS * S_US);
    this.core.restart();
    this.coap.restart();
    this.#parts.onDown();
  }

  #package(id: string, version: string, data: Uint8Array): OtaPackage {
    const { pull, crypto } = this.#parts;
    const { title, tag, checksum: algorithm } = pull.package;
    const facts = { id, kind: packageKindOf(pull), title, version, algorithm, data };
    return makePackage(tag === undefined ? facts : { ...facts, tag }, crypto);
  }
}
