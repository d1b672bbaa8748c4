import type { Dialect } from "#agent/pull/dialect.ts";
import { DROGUE_CHANNEL, drogueCommand } from "#agent/pull/drogue.wire.ts";
import { encodeCbor } from "#agent/wire/cbor.ts";
import type { Entropy } from "#hal/ports.ts";
import type { ResolvedPull } from "#scenarios/pull-defaults.ts";
import { KeyedEntropy } from "#sim/kernel/draws.ts";
import { DrogueCloud } from "#sim/server/drogue/cloud.ts";
import { DrogueCoapApi, drogueCoapHost } from "#sim/server/drogue/coap-endpoint.ts";
import { DrogueHttpEndpoint } from "#sim/server/drogue/http-endpoint.ts";
import { DrogueMqttEndpoint } from "#sim/server/drogue/mqtt-endpoint.ts";
import { type DrogueDevice, rollOutTo } from "#sim/server/drogue/registry.ts";
import { makeFirmware, UpdateService } from "#sim/server/drogue/update-service.ts";
import type { HttpHandler } from "#sim/server/thingsboard/http-exchange.ts";
import { SimulatedCoap } from "./coap-link.ts";
import { CoapPort } from "./coap-port.ts";
import { DrogueFaults } from "./drogue-faults.ts";
import { drogueDialectOf, drogueEntropyOf, isKnownToRun } from "./drogue-words.ts";
import { SimulatedHttp } from "./http-link.ts";
import { serverDrawIdOf, tokenOf } from "./identity.ts";
import type { LinkWorld, PullLink } from "./link.ts";
import { type MqttListener, SimulatedMqtt } from "./mqtt-link.ts";
import { type PullServer, type PullServerParts, packageVersionOf, type Served } from "./server.ts";
import { ServerPlan } from "./server-plan.ts";

const APPLICATION = "app";
/** Has the number of nobody's status: without one, it would be the answer to any. */
const CALL = encodeCbor(
  drogueCommand,
  { name: "Wait", correlationId: 0, poll: undefined },
  "packed",
);

interface Ways {
  readonly http: HttpHandler;
  readonly coap: CoapPort;
  readonly mqtt: MqttListener;
}

/** The stand-in of Drogue, and of drogue-ajour behind it, as the server of a cell. */
export class DrogueServer implements PullServer {
  readonly version: string;
  readonly #parts: PullServerParts;
  readonly #cloud: DrogueCloud;
  readonly #service: UpdateService;
  readonly #ways: Ways;
  readonly #plan: ServerPlan;
  readonly #devices = new Map<DrogueDevice, ServedByDrogue>();

  constructor(parts: PullServerParts) {
    const { pull, group, cell, seed, scheduler, originUnixMs } = parts;
    this.#parts = parts;
    this.version = packageVersionOf(parts);
    const cloud = new DrogueCloud({ scheduler, originUnixMs });
    const faults = new DrogueFaults(pull, (device, chunk) => {
      const served = this.#devices.get(device);
      if (served !== undefined) parts.onChunk(served, chunk);
    });
    this.#cloud = cloud;
    this.#service = new UpdateService(cloud, {
      quirks: Object.fromEntries(pull.server.without.map((name) => [name, false])),
      onCommand: (device, command, status) => faults.spoil(device, command, status),
    });
    const host = drogueCoapHost(cloud, new KeyedEntropy(seed, serverDrawIdOf(group, cell)));
    this.#ways = {
      http: faults.http(new DrogueHttpEndpoint(cloud).handle),
      coap: new CoapPort(host, faults.coap(new DrogueCoapApi(cloud).handle)),
      mqtt: faults.mqtt((connection) => new DrogueMqttEndpoint(cloud, connection)),
    };
    this.#publish();
    this.#plan = new ServerPlan(pull.server, scheduler, {
      assign: (which) => this.#rollOut(which),
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
    const { pull, group, seed } = this.#parts;
    const password = tokenOf(index);
    const name = `device-${index}`;
    const device = this.#cloud.registry.addDevice(APPLICATION, { name, password });
    const given = pull.token === "right" ? password : `not-${password}`;
    const entropy = drogueEntropyOf(seed, group, index);
    const served = new ServedByDrogue(device, this.version, pull, given, this.#ways, entropy);
    this.#devices.set(device, served);
    return served;
  }

  firstGiven(device: Served, chunk: number): void {
    if (!(device instanceof ServedByDrogue) || !this.#plan.replacesAt(chunk)) return;
    rollOutTo(device.known, { file: { name: "firmware" } });
    this.#call(device.known);
  }

  #publish(): void {
    const { firmware, earlier, pull } = this.#parts;
    this.#publishAs("firmware", this.version, firmware.bytes);
    const { version } = pull.server.earlier ?? {};
    if (version !== undefined && earlier !== undefined) {
      this.#publishAs("earlier", version, earlier);
    }
  }

  #publishAs(name: "earlier" | "firmware", version: string, data: Uint8Array): void {
    const { pull, crypto } = this.#parts;
    const made = makeFirmware({ name, version, data }, crypto);
    const isUnsaid = pull.package.checksum === "none";
    this.#service.publish(isUnsaid ? { ...made, checksum: new Uint8Array(0) } : made);
  }

  #rollOut(name: "earlier" | "firmware"): void {
    this.#cloud.registry.rollOut(APPLICATION, { file: { name } });
    for (const device of this.#devices.keys()) this.#call(device);
  }

  #call(device: DrogueDevice): void {
    if (this.#parts.pull.server.calls) this.#cloud.command(device, DROGUE_CHANNEL, CALL);
  }

  #restart(): void {
    this.#service.isDead = false;
    this.#ways.coap.restart();
    this.#parts.onDown();
  }
}

class ServedByDrogue implements Served {
  readonly known: DrogueDevice;
  readonly #version: string;
  readonly #pull: ResolvedPull;
  /** That the device gives. */
  readonly #password: string;
  readonly #ways: Ways;
  readonly #entropy: Entropy;

  constructor(
    known: DrogueDevice,
    version: string,
    pull: ResolvedPull,
    password: string,
    ways: Ways,
    entropy: Entropy,
  ) {
    this.known = known;
    this.#version = version;
    this.#pull = pull;
    this.#password = password;
    this.#ways = ways;
    this.#entropy = entropy;
  }

  isKnownUpdated(): boolean {
    return isKnownToRun(this.known.status, this.#version);
  }

  error(): string {
    return "";
  }

  newDialect(): Dialect {
    const who = { username: this.#username, password: this.#password };
    return drogueDialectOf(this.#pull, who, this.#entropy);
  }

  newLink(world: LinkWorld): PullLink {
    const { http, coap, mqtt } = this.#ways;
    const { transport } = this.#pull;
    if (transport === "http") return new SimulatedHttp(world, http);
    if (transport === "coap") return new SimulatedCoap(world, coap);
    return new SimulatedMqtt(world, mqtt, this.#username, this.#password);
  }

  get #username(): string {
    return `${this.known.name}@${APPLICATION}`;
  }
}
