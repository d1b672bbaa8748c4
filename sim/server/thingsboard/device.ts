import type { PackageKind } from "#agent/pull/thingsboard.ts";
import type { AttributeValue, OtaPackage } from "./ota-package.ts";

/** Assigned to a device or to a profile; a device's own goes before its profile's. */
export interface Assignment {
  fw: OtaPackage | undefined;
  sw: OtaPackage | undefined;
}

export interface DeviceProfile {
  readonly name: string;
  readonly assigned: Assignment;
}

export type TelemetryValue = string | number | boolean;

/** A call of a device (RPC). */
export interface DeviceCall {
  readonly id: number;
  readonly method: string;
  readonly params: Readonly<Record<string, AttributeValue>>;
}

/** Changes of shared attributes as they are told: flat values, or `{"deleted":[…]}`. */
export type AttributePush = Readonly<Record<string, AttributeValue | readonly string[]>>;

export interface ServerDevice {
  readonly name: string;
  token: string;
  profile: DeviceProfile;
  readonly assigned: Assignment;
  readonly shared: Map<string, AttributeValue>;
  readonly client: Map<string, TelemetryValue>;
  /** Latest value of each key, with its time in ms of Unix time. */
  readonly telemetry: Map<string, { readonly ts: number; readonly value: TelemetryValue }>;
  /** Packages that somebody has called off for this device. */
  readonly cancelled: Set<OtaPackage>;
  /** Who waits to be told of a change. */
  readonly listeners: Set<(push: AttributePush) => void>;
  /** Who waits to be called. */
  readonly callees: Set<(call: DeviceCall) => void>;
  /** Calls that came to somebody and have no answer. */
  readonly openCalls: Set<number>;
  /** Ends its MQTT session. */
  kick: (() => void) | undefined;
}

export function newServerDevice(name: string, token: string, profile: DeviceProfile): ServerDevice {
  return {
    name,
    token,
    profile,
    assigned: { fw: undefined, sw: undefined },
    shared: new Map(),
    client: new Map(),
    telemetry: new Map(),
    cancelled: new Set(),
    listeners: new Set(),
    callees: new Set(),
    openCalls: new Set(),
    kick: undefined,
  };
}

export function effective(device: ServerDevice, kind: PackageKind): OtaPackage | undefined {
  const assigned = device.assigned[kind] ?? device.profile.assigned[kind];
  return assigned !== undefined && device.cancelled.has(assigned) ? undefined : assigned;
}
