import { NodeCrypto } from "#hal/node/crypto.ts";
import { KeyedEntropy } from "#sim/kernel/draws.ts";
import { Engine } from "#sim/kernel/engine.ts";
import type { ServerDevice } from "#sim/server/thingsboard/device.ts";
import { DOCUMENTED } from "#sim/server/thingsboard/documented.ts";
import type { ChunkFault } from "#sim/server/thingsboard/faults.ts";
import {
  HttpDeviceApi,
  type HttpDeviceApiOptions,
} from "#sim/server/thingsboard/http-device-api.ts";
import type { HttpOutcome } from "#sim/server/thingsboard/http-exchange.ts";
import { makePackage, type OtaPackage } from "#sim/server/thingsboard/ota-package.ts";
import type { Quirks } from "#sim/server/thingsboard/quirks.ts";
import { ThingsBoard } from "#sim/server/thingsboard/server.ts";
import { THINGSBOARD } from "#sim/server/thingsboard/server-dialect.ts";

const crypto = new NodeCrypto();

/** What speaks, and what is wrong with it. */
export interface RigOptions {
  readonly isDocumented?: boolean;
  readonly faults?: readonly ChunkFault[];
  /** What the new image is like when it runs. */
  readonly defect?: "crashes";
}

export function standInFor({ isDocumented, faults = [] }: RigOptions): StandIn {
  return new StandIn({}, { faults }, 1, isDocumented === true ? DOCUMENTED : THINGSBOARD);
}

/** What the world of a device has to know of them. */
export function worldOptionsOf({ defect }: RigOptions) {
  return defect === undefined ? {} : { defect };
}

export const UNIX_MS = 1_767_225_600_000;
export const DATA = Uint8Array.from({ length: 1000 }, (_, at) => at);

export function packageOf(change: Partial<OtaPackage> = {}): OtaPackage {
  const { id = "1", kind = "fw", title = "fw", version = "2.0.0" } = change;
  const { algorithm = "SHA256", data = DATA, tag } = change;
  return makePackage({ id, kind, title, version, algorithm, data, tag }, crypto);
}

/** A stand-in with one device, in virtual time. */
export class StandIn {
  readonly engine = new Engine();
  readonly server: ThingsBoard;
  readonly api: HttpDeviceApi;
  readonly device: ServerDevice;

  constructor(
    quirks: Partial<Quirks> = {},
    options: HttpDeviceApiOptions = {},
    seed = 1,
    dialect = THINGSBOARD,
  ) {
    this.server = new ThingsBoard({
      scheduler: this.engine,
      entropy: new KeyedEntropy(seed, 0),
      originUnixMs: UNIX_MS,
      dialect,
      quirks,
    });
    this.api = new HttpDeviceApi(this.server, options);
    this.device = this.server.addDevice("d1", "T");
  }

  wait(seconds: number): void {
    this.engine.advance(this.engine.now + seconds * 1_000_000);
  }

  /** What it answers at once; undefined: nothing yet. */
  ask(method: string, path: string, body = ""): HttpOutcome | undefined {
    const answers: HttpOutcome[] = [];
    this.start(method, path, (outcome) => answers.push(outcome), body);
    return answers[0];
  }

  start(method: string, path: string, respond: (outcome: HttpOutcome) => void, body = "") {
    return this.api.handle({ method, path, body: new TextEncoder().encode(body) }, respond);
  }

  telemetry(key: string): unknown {
    return this.device.telemetry.get(key)?.value;
  }

  /** Telemetry of ThingsBoard's devices, a client attribute of others. */
  get reportedVersion(): unknown {
    return this.telemetry("current_fw_version") ?? this.device.client.get("fw_version");
  }
}

export function statusOf(outcome: HttpOutcome | undefined): number | string {
  if (outcome === undefined || typeof outcome === "string") return outcome ?? "nothing yet";
  return outcome.status;
}

export function bodyOf(outcome: HttpOutcome | undefined): Uint8Array {
  if (outcome === undefined || typeof outcome === "string") throw new Error(`${outcome}`);
  return outcome.body;
}

export function jsonOf(outcome: HttpOutcome | undefined): unknown {
  return JSON.parse(new TextDecoder().decode(bodyOf(outcome)));
}
