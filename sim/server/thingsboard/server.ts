import type { PackageKind } from "#agent/pull/thingsboard.ts";
import type { Entropy } from "#hal/ports.ts";
import type { Scheduler } from "#sim/kernel/engine.ts";
import {
  type Assignment,
  type AttributePush,
  type DeviceCall,
  type DeviceProfile,
  effective,
  newServerDevice,
  type ServerDevice,
  type TelemetryValue,
} from "./device.ts";
import type { AttributeValue, OtaPackage } from "./ota-package.ts";
import type { Quirks } from "./quirks.ts";
import { type ServerDialect, THINGSBOARD } from "./server-dialect.ts";

export interface ThingsBoardOptions {
  readonly scheduler: Scheduler;
  readonly entropy: Entropy;
  /** Unix time when the world began. */
  readonly originUnixMs: number;
  /** ThingsBoard's own, if left out. */
  readonly dialect?: ServerDialect;
  readonly quirks?: Partial<Quirks>;
  /** Between two devices that are told of an assignment. */
  readonly tellingIntervalUs?: number;
  /** Hears of every value that a device sends, or that the server books for one. */
  readonly onTelemetry?: (device: ServerDevice, key: string, value: TelemetryValue) => void;
  /** Hears of every client attribute. */
  readonly onAttribute?: (device: ServerDevice, key: string, value: TelemetryValue) => void;
}

interface Telling {
  readonly device: ServerDevice;
  readonly ota: OtaPackage;
}

/** `TB_QUEUE_CORE_OTA_PACK_INTERVAL_MS` over `…_SIZE`. */
const TELLING_INTERVAL_US = 600_000;

/** The documents name no method; devices take any. */
const CALL_METHODS: Readonly<Record<PackageKind, string>> = {
  fw: "updateFirmware",
  sw: "updateSoftware",
};

/**
 * The part of a ThingsBoard that OTA packages go through, sans-IO: packages, assignments, attributes
 * and telemetry. Transports stand around it. It checks no state that a device reports, waits for
 * none, and repeats nothing.
 */
export class ThingsBoard {
  readonly options: ThingsBoardOptions;
  readonly dialect: ServerDialect;
  readonly quirks: Quirks;
  readonly #byToken = new Map<string, ServerDevice>();
  readonly #profiles = new Map<string, DeviceProfile>();
  /** Devices that are still to be told. */
  readonly #queue = new Set<Telling>();
  #nextTellingUs = 0;
  #calls = 0;

  constructor(options: ThingsBoardOptions) {
    this.options = options;
    this.dialect = options.dialect ?? THINGSBOARD;
    this.quirks = { ...this.dialect.quirks, ...options.quirks };
  }

  get nowUnixMs(): number {
    const { originUnixMs, scheduler } = this.options;
    return originUnixMs + Math.floor(scheduler.now / 1000);
  }

  profile(name: string): DeviceProfile {
    let profile = this.#profiles.get(name);
    if (profile === undefined) {
      profile = { name, assigned: { fw: undefined, sw: undefined } };
      this.#profiles.set(name, profile);
    }
    return profile;
  }

  addDevice(name: string, token: string, profile = "default"): ServerDevice {
    if (this.#byToken.has(token)) throw new RangeError(`token ${token} is given twice`);
    const device = newServerDevice(name, token, this.profile(profile));
    this.#byToken.set(token, device);
    for (const kind of ["fw", "sw"] as const) {
      const assigned = effective(device, kind);
      if (assigned !== undefined) this.#announce(device, assigned);
    }
    return device;
  }

  deviceOf(token: string): ServerDevice | undefined {
    return this.#byToken.get(token);
  }

  get devices(): Iterable<ServerDevice> {
    return this.#byToken.values();
  }

  get profiles(): Iterable<DeviceProfile> {
    return this.#profiles.values();
  }

  /** Its session ends, and its token is unknown from now on. */
  removeDevice(device: ServerDevice): void {
    device.kick?.();
    device.listeners.clear();
    device.callees.clear();
    this.#byToken.delete(device.token);
  }

  /** Returns whether there was no device in it. */
  removeProfile(profile: DeviceProfile): boolean {
    for (const device of this.devices) if (device.profile === profile) return false;
    return this.#profiles.delete(profile.name);
  }

  changeToken(device: ServerDevice, token: string): void {
    if (token === device.token) return;
    if (this.#byToken.has(token)) throw new RangeError("a token is given twice");
    this.removeDevice(device);
    device.token = token;
    this.#byToken.set(token, device);
  }

  /** Calls off what is assigned to one device; ThingsBoard has no such thing. */
  cancel(device: ServerDevice, kind: PackageKind): boolean {
    const assigned = effective(device, kind);
    if (assigned === undefined) return false;
    device.cancelled.add(assigned);
    this.#withdraw(device, kind);
    return true;
  }

  /** Tells one device anew of what is assigned to it; ThingsBoard has no such thing. */
  retry(device: ServerDevice, kind: PackageKind): boolean {
    device.cancelled.clear();
    const assigned = effective(device, kind);
    if (assigned !== undefined) this.#announce(device, assigned);
    return assigned !== undefined;
  }

  assignToDevice(device: ServerDevice, kind: PackageKind, ota: OtaPackage | undefined): void {
    this.#assign(device.assigned, kind, ota, [device]);
  }

  /** Reaches the devices that have no package of their own. */
  assignToProfile(name: string, kind: PackageKind, ota: OtaPackage | undefined): void {
    const profile = this.profile(name);
    const devices = [...this.#byToken.values()].filter((device) => device.profile === profile);
    this.#assign(profile.assigned, kind, ota, devices);
  }

  saveTelemetry(device: ServerDevice, ts: number, key: string, value: TelemetryValue): void {
    const stored = this.quirks.castsNumbers ? cast(value) : value;
    const known = device.telemetry.get(key);
    // Of two values of one millisecond, the later one overwrites.
    if (known === undefined || known.ts <= ts) device.telemetry.set(key, { ts, value: stored });
    this.options.onTelemetry?.(device, key, stored);
  }

  saveAttribute(device: ServerDevice, key: string, value: TelemetryValue): void {
    device.client.set(key, value);
    this.options.onAttribute?.(device, key, value);
  }

  /** The process is gone and comes back at once; what is in the database stays. */
  restart(): void {
    for (const { listeners, callees } of this.#byToken.values()) {
      listeners.clear();
      callees.clear();
    }
    if (this.quirks.forgetsQueue) this.#queue.clear();
  }

  #assign(
    to: Assignment,
    kind: PackageKind,
    ota: OtaPackage | undefined,
    devices: readonly ServerDevice[],
  ): void {
    const before = devices.map((device) => effective(device, kind));
    to[kind] = ota;
    devices.forEach((device, index) => {
      const now = effective(device, kind);
      if (now?.id === before[index]?.id && this.quirks.ignoresSameId) return;
      if (now === undefined) this.#withdraw(device, kind);
      else this.#announce(device, now);
    });
  }

  /** Books it at once; the device is told when its turn comes. */
  #announce(device: ServerDevice, ota: OtaPackage): void {
    if (this.dialect.booksTarget) this.#book(device, ota);
    const telling = { device, ota };
    this.#queue.add(telling);
    const { scheduler, tellingIntervalUs: intervalUs = TELLING_INTERVAL_US } = this.options;
    const at = Math.max(scheduler.now, this.#nextTellingUs);
    this.#nextTellingUs = this.quirks.throttles ? at + intervalUs : at;
    scheduler.schedule(at, () => this.#tell(telling));
  }

  #book(device: ServerDevice, { kind, title, version, tag }: OtaPackage): void {
    const ts = this.nowUnixMs;
    this.saveTelemetry(device, ts, `target_${kind}_title`, title);
    this.saveTelemetry(device, ts, `target_${kind}_version`, version);
    if (tag !== undefined) this.saveTelemetry(device, ts, `target_${kind}_tag`, tag);
    this.saveTelemetry(device, ts, `target_${kind}_ts`, ts);
    this.saveTelemetry(device, ts, `${kind}_state`, "QUEUED");
  }

  #tell(telling: Telling): void {
    if (!this.#queue.delete(telling)) return;
    const { device, ota } = telling;
    if (effective(device, ota.kind)?.id !== ota.id) return;
    const { booksTarget, calls } = this.dialect;
    if (booksTarget) this.saveTelemetry(device, this.nowUnixMs, `${ota.kind}_state`, "INITIATED");
    const { set, deleted } = this.dialect.attributesOf(ota);
    for (const [key, value] of set) device.shared.set(key, value);
    for (const key of deleted) device.shared.delete(key);
    const values = Object.fromEntries<AttributeValue>(set);
    if (calls) this.#call(device, CALL_METHODS[ota.kind], values);
    if (!this.quirks.tellsTwice) {
      this.#push(device, values);
      return;
    }
    const isInOrder = this.options.entropy.below("thingsboard/push order", 2) === 0;
    const pushes = [values, { deleted: [...deleted] }];
    for (const push of isInOrder ? pushes : pushes.reverse()) this.#push(device, push);
  }

  /** Whoever does not listen misses it. */
  #call(device: ServerDevice, method: string, params: DeviceCall["params"]): void {
    this.#calls += 1;
    const id = this.#calls;
    if (device.callees.size > 0) device.openCalls.add(id);
    for (const callee of [...device.callees]) callee({ id, method, params });
  }

  #withdraw(device: ServerDevice, kind: PackageKind): void {
    const keys = this.dialect.allKeys(kind);
    for (const key of keys) device.shared.delete(key);
    this.#push(device, { deleted: keys });
  }

  #push(device: ServerDevice, push: AttributePush): void {
    for (const listener of [...device.listeners]) listener(push);
  }
}

/** As Apache's NumberUtils has it: digits, one point within them, a sign in front. */
function cast(value: TelemetryValue): TelemetryValue {
  return typeof value === "string" && /^-?\d+(\.\d+)?$/.test(value) ? Number(value) : value;
}
