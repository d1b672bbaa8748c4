import type { Dialect } from "#agent/pull/dialect.ts";
import { UrlPackages } from "#agent/pull/url-packages.ts";
import type { ResolvedPull } from "#scenarios/pull-defaults.ts";
import { KeyedEntropy } from "#sim/kernel/draws.ts";
import { CoapDeviceApi } from "#sim/server/thingsboard/coap-device-api.ts";
import type { ServerDevice } from "#sim/server/thingsboard/device.ts";
import { DOCUMENTED } from "#sim/server/thingsboard/documented.ts";
import { ChunkFaults } from "#sim/server/thingsboard/faults.ts";
import { HttpDeviceApi } from "#sim/server/thingsboard/http-device-api.ts";
import type { HttpHandler } from "#sim/server/thingsboard/http-exchange.ts";
import { MqttSession } from "#sim/server/thingsboard/mqtt-session.ts";
import {
  makePackage,
  makeUrlPackage,
  type OtaPackage,
} from "#sim/server/thingsboard/ota-package.ts";
import { RateLimits } from "#sim/server/thingsboard/rate-limit.ts";
import { ThingsBoard } from "#sim/server/thingsboard/server.ts";
import { THINGSBOARD } from "#sim/server/thingsboard/server-dialect.ts";
import { SimulatedCoap } from "./coap-link.ts";
import { CoapPort } from "./coap-port.ts";
import { LinkWithFiles } from "./file-link.ts";
import { SimulatedHttp } from "./http-link.ts";
import { packageKindOf, serverDrawIdOf, tokenOf } from "./identity.ts";
import type { LinkWorld, PullLink } from "./link.ts";
import { type MqttListener, SimulatedMqtt } from "./mqtt-link.ts";
import { PackageFiles } from "./package-files.ts";
import { type PullServer, type PullServerParts, packageVersionOf, type Served } from "./server.ts";
import { ServerPlan } from "./server-plan.ts";
import { isToldUpdated, thingsBoardDialectOf, toldErrorOf } from "./thingsboard-words.ts";

const PROFILE = "default";

interface Ways {
  readonly http: HttpHandler;
  readonly coap: CoapPort;
  readonly mqtt: MqttListener;
  /** To packages that do not lie on the server. */
  readonly files: ((served: ServedByThingsBoard) => HttpHandler) | undefined;
}

/** The stand-in of ThingsBoard as the server of a cell. */
export class ThingsBoardServer implements PullServer {
  readonly version: string;
  readonly #parts: PullServerParts;
  readonly #core: ThingsBoard;
  readonly #files: PackageFiles | undefined;
  readonly #ways: Ways;
  readonly #packages: Readonly<Record<"earlier" | "firmware", OtaPackage>>;
  readonly #plan: ServerPlan;
  readonly #devices = new Map<ServerDevice, ServedByThingsBoard>();

  constructor(parts: PullServerParts) {
    const { pull, group, cell, seed, scheduler, originUnixMs, firmware, earlier } = parts;
    const { server } = pull;
    this.#parts = parts;
    this.version = packageVersionOf(parts);
    this.#core = new ThingsBoard({
      scheduler,
      entropy: new KeyedEntropy(seed, serverDrawIdOf(group, cell)),
      originUnixMs,
      dialect: pull.dialect === "documented" ? DOCUMENTED : THINGSBOARD,
      quirks: Object.fromEntries(server.without.map((name) => [name, false])),
      tellingIntervalUs: server.tellEveryMs * 1000,
    });
    const { atUrl } = pull.package;
    this.#files = atUrl && new PackageFiles(atUrl, pull);
    this.#ways = this.#waysTo(this.#core, this.#files);
    const last = this.#package("firmware", this.version, firmware.bytes);
    const { version = this.version } = server.earlier ?? {};
    const first = earlier === undefined ? last : this.#package("earlier", version, earlier);
    this.#packages = { earlier: first, firmware: last };
    this.#plan = new ServerPlan(server, scheduler, {
      assign: (which) => {
        this.#core.assignToProfile(PROFILE, last.kind, this.#packages[which]);
      },
      restart: () => this.#restart(),
    });
  }

  get quietUs(): number {
    return this.#plan.quietUs;
  }

  get isDown(): boolean {
    return this.#plan.isDown;
  }

  addDevice(index: number): Served {
    const { pull } = this.#parts;
    const token = tokenOf(index);
    const device = this.#core.addDevice(`device-${index}`, token);
    const given = pull.token === "right" ? token : `not-${token}`;
    const served = new ServedByThingsBoard(device, this.version, pull, given, this.#ways);
    this.#devices.set(device, served);
    return served;
  }

  firstGiven(device: Served, chunk: number): void {
    if (!(device instanceof ServedByThingsBoard) || !this.#plan.replacesAt(chunk)) return;
    const { firmware } = this.#packages;
    this.#core.assignToDevice(device.known, firmware.kind, firmware);
  }

  #waysTo(core: ThingsBoard, files: PackageFiles | undefined): Ways {
    const { onChunk: given, pull } = this.#parts;
    const { chunkFaults: faults, rateLimit } = pull.server;
    const limit = rateLimit && { requests: rateLimit.requests, seconds: rateLimit.perS };
    const onChunk = (device: ServerDevice, chunk: number) => {
      const served = this.#devices.get(device);
      if (served !== undefined) given(served, chunk);
    };
    const disturbances = { faults, onChunk, ...(limit === undefined ? {} : { rateLimit: limit }) };
    const shared = {
      faults: new ChunkFaults(faults),
      rateLimits: new RateLimits<ServerDevice>(limit),
      onChunk,
    };
    return {
      http: new HttpDeviceApi(core, disturbances).handle,
      coap: new CoapPort(core, new CoapDeviceApi(core, disturbances).handle),
      mqtt: (connection) => new MqttSession(core, connection, shared),
      files:
        files && ((served) => files.handlerFor(served.known.name, (chunk) => given(served, chunk))),
    };
  }

  #restart(): void {
    this.#core.restart();
    this.#ways.coap.restart();
    this.#parts.onDown();
  }

  #package(id: string, version: string, data: Uint8Array): OtaPackage {
    const { pull, crypto } = this.#parts;
    const { title, tag, checksum: algorithm } = pull.package;
    if (algorithm === "none") throw new RangeError("ThingsBoard has a checksum of every package");
    const facts = { id, kind: packageKindOf(pull), title, version, algorithm, data };
    const made = makePackage(tag === undefined ? facts : { ...facts, tag }, crypto);
    const { atUrl } = pull.package;
    if (atUrl === undefined || this.#files === undefined) return made;
    const url = this.#files.add(id, data);
    const unsaid = { sizeBytes: undefined, algorithm: undefined, checksum: undefined };
    return makeUrlPackage({ ...made, ...(atUrl.says === "nothing" ? unsaid : {}), url });
  }
}

class ServedByThingsBoard implements Served {
  readonly known: ServerDevice;
  readonly #version: string;
  readonly #pull: ResolvedPull;
  /** That the device gives. */
  readonly #token: string;
  readonly #ways: Ways;

  constructor(known: ServerDevice, version: string, pull: ResolvedPull, token: string, ways: Ways) {
    this.known = known;
    this.#version = version;
    this.#pull = pull;
    this.#token = token;
    this.#ways = ways;
  }

  /** A ThingsBoard books a new package as QUEUED. The document's server does not: UPDATED may be of an earlier one. */
  isKnownUpdated(): boolean {
    const { telemetry, client } = this.known;
    const runs = client.get(`${packageKindOf(this.#pull)}_version`) ?? this.#version;
    return isToldUpdated(telemetry, this.#pull) && runs === this.#version;
  }

  error(): string {
    return toldErrorOf(this.known.telemetry, this.#pull);
  }

  newDialect(): Dialect {
    const dialect = thingsBoardDialectOf(this.#pull, this.#token);
    return this.#ways.files === undefined ? dialect : new UrlPackages(dialect);
  }

  newLink(world: LinkWorld): PullLink {
    const link = this.#link(world);
    const files = this.#ways.files?.(this);
    return files === undefined ? link : new LinkWithFiles(world, link, files);
  }

  #link(world: LinkWorld): PullLink {
    const { http, coap, mqtt } = this.#ways;
    const { transport } = this.#pull;
    if (transport === "http") return new SimulatedHttp(world, http);
    if (transport === "coap") return new SimulatedCoap(world, coap);
    return new SimulatedMqtt(world, mqtt, this.#token);
  }
}
