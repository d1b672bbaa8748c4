import type { Crypto } from "#hal/ports.ts";
import type { DeviceProfile, ServerDevice } from "../device.ts";
import type { OtaPackage } from "../ota-package.ts";
import type { ThingsBoard } from "../server.ts";
import { AdminRefusal } from "./answer.ts";

/** What the admin API says of everything that it makes. */
export interface Entity {
  readonly id: string;
  readonly createdTime: number;
  version: number;
  /** As the client sent it: much of it is nobody's business here. */
  sent: object;
}

/** A package, which has bytes only after an upload. */
export interface PackageRecord {
  readonly entity: Entity;
  readonly profile: DeviceProfile;
  readonly type: "FIRMWARE" | "SOFTWARE";
  readonly title: string;
  readonly version: string;
  readonly tag: string | undefined;
  /** The bytes lie there, and never here. */
  readonly url: string | undefined;
  ota: OtaPackage | undefined;
}

const ENTITY_NAMES = { device: "Device", profile: "Device profile", package: "Ota package" };

/** Ids of what a server has; things that were there without the admin API get theirs when it looks. */
export class Registry {
  readonly server: ThingsBoard;
  readonly crypto: Crypto;
  readonly #packages = new Map<string, PackageRecord>();
  readonly #entities = new Map<ServerDevice | DeviceProfile, Entity>();
  #count = 0;

  constructor(server: ThingsBoard, crypto: Crypto) {
    this.server = server;
    this.crypto = crypto;
  }

  /** Shaped like a UUID of version 4, and the same in every run. */
  newEntity(sent: object): Entity {
    this.#count += 1;
    const count = this.#count.toString(16);
    const id = `${count.padStart(8, "0")}-f0a0-4000-8000-${count.padStart(12, "0")}`;
    return { id, createdTime: this.server.nowUnixMs, version: 1, sent };
  }

  entityOf(thing: ServerDevice | DeviceProfile): Entity {
    let entity = this.#entities.get(thing);
    if (entity === undefined) {
      entity = this.newEntity({});
      this.#entities.set(thing, entity);
    }
    return entity;
  }

  forget(thing: ServerDevice | DeviceProfile): void {
    this.#entities.delete(thing);
  }

  device(id: string | undefined): ServerDevice {
    return this.#find(this.server.devices, id, "device");
  }

  profile(id: string | undefined): DeviceProfile {
    return this.#find(this.server.profiles, id, "profile");
  }

  #find<Thing extends ServerDevice | DeviceProfile>(
    all: Iterable<Thing>,
    id: string | undefined,
    what: keyof typeof ENTITY_NAMES,
  ): Thing {
    for (const thing of all) if (this.entityOf(thing).id === id) return thing;
    throw notFound(what, id);
  }

  get packages(): Iterable<PackageRecord> {
    return this.#packages.values();
  }

  package(id: string | undefined): PackageRecord {
    const found = this.#packages.get(id ?? "");
    if (found === undefined) throw notFound("package", id);
    return found;
  }

  addPackage(record: PackageRecord): void {
    this.#packages.set(record.entity.id, record);
  }

  removePackage({ entity }: PackageRecord): void {
    this.#packages.delete(entity.id);
  }

  recordOf(ota: OtaPackage | undefined): PackageRecord | undefined {
    return ota === undefined ? undefined : this.#packages.get(ota.id);
  }
}

function notFound(what: keyof typeof ENTITY_NAMES, id: string | undefined): AdminRefusal {
  const shown = (id ?? "").replace(/[^\w-]/g, "?").slice(0, 40);
  return new AdminRefusal("notFound", `${ENTITY_NAMES[what]} with id [${shown}] is not found`);
}

export function reference(entityType: string, id: string | undefined) {
  return id === undefined ? null : { entityType, id };
}
