import { hexOf } from "#agent/pull/checksum.ts";
import {
  DROGUE_CHANNEL,
  type DrogueCommand,
  type DrogueStatus,
  drogueCommand,
  drogueStatus,
} from "#agent/pull/drogue.wire.ts";
import { decodeCbor, encodeCbor } from "#agent/wire/cbor.ts";
import type { Crypto } from "#hal/ports.ts";
import type { DrogueCloud, DrogueEvent } from "./cloud.ts";
import { DROGUE_QUIRKS, type DrogueQuirks } from "./quirks.ts";
import type { DrogueDevice } from "./registry.ts";
import { rfc3339 } from "./rfc3339.ts";

export interface Firmware {
  /** Under which registries refer to it. */
  readonly name: string;
  readonly version: string;
  readonly data: Uint8Array;
  /** As it is sent; of other length than 32 bytes where nobody took care. */
  readonly checksum: Uint8Array;
}

export interface UpdateServiceOptions {
  /** What is to be had beside what was published. */
  readonly find?: (name: string) => Firmware | undefined;
  readonly quirks?: Partial<DrogueQuirks>;
  /** What becomes of a command; undefined: it is lost. */
  readonly onCommand?: (
    device: DrogueDevice,
    command: DrogueCommand,
    status: DrogueStatus,
  ) => DrogueCommand | undefined;
}

/** Of a piece, for a device that does not say. */
const MTU_DEFAULT = 512;
const WAIT_S = 60;

/**
 * What drogue-ajour does with the events of an application, sans-IO. It keeps nothing of a device: each
 * status has one command as its answer, made from what the status says.
 */
export class UpdateService {
  readonly quirks: DrogueQuirks;
  readonly #cloud: DrogueCloud;
  readonly #options: UpdateServiceOptions;
  readonly #firmware = new Map<string, Firmware>();
  /** A restart takes it up again. */
  isDead = false;

  constructor(cloud: DrogueCloud, options: UpdateServiceOptions = {}) {
    this.#cloud = cloud;
    this.#options = options;
    this.quirks = { ...DROGUE_QUIRKS, ...options.quirks };
    cloud.onEvent((event) => this.#event(event));
  }

  publish(firmware: Firmware): void {
    this.#firmware.set(firmware.name, firmware);
  }

  #event({ device, channel, contentType, payload }: DrogueEvent): void {
    if (this.isDead || channel !== DROGUE_CHANNEL) return;
    if (contentType?.startsWith("application/json")) {
      this.isDead = this.quirks.diesOfJson;
      return;
    }
    const decoded = decodeCbor(drogueStatus, payload);
    if (!decoded.ok) return;
    const status = decoded.value;
    const command = this.answer(device, status);
    if (command === undefined) return;
    const { onCommand } = this.#options;
    const sent = onCommand === undefined ? command : onCommand(device, command, status);
    if (sent === undefined) return;
    this.#cloud.command(device, DROGUE_CHANNEL, encodeCbor(drogueCommand, sent, "packed"));
  }

  /** Undefined: none. */
  answer(device: DrogueDevice, status: DrogueStatus): DrogueCommand | undefined {
    const { correlationId } = status;
    const name = firmwareOf(device);
    const firmware = name === undefined ? undefined : this.#find(name);
    if (firmware === undefined) {
      if (name !== undefined) this.#book(device, status, undefined);
      return this.quirks.silentOnErrors ? undefined : { name: "Wait", correlationId, poll: WAIT_S };
    }
    this.#book(device, status, firmware);
    const version = new TextEncoder().encode(firmware.version);
    if (isSame(status.version, version)) {
      const poll = this.quirks.syncWithoutPoll ? undefined : WAIT_S;
      return { name: "Sync", version, correlationId, poll };
    }
    const { update } = status;
    const offset = update !== undefined && isSame(update.version, version) ? update.offset : 0;
    const { data, checksum } = firmware;
    if (offset >= data.length) return { name: "Swap", version, correlationId, checksum };
    const mtu = status.mtu === 0 && !this.quirks.takesMtu0 ? undefined : status.mtu;
    const piece = data.subarray(offset, offset + (mtu ?? MTU_DEFAULT));
    return { name: "Write", version, correlationId, offset, data: piece };
  }

  #find(name: string): Firmware | undefined {
    return this.#firmware.get(name) ?? this.#options.find?.(name);
  }

  /** What one sees of a device in the registry. */
  #book(device: DrogueDevice, status: DrogueStatus, firmware: Firmware | undefined): void {
    const current = new TextDecoder().decode(status.version);
    const target = firmware?.version ?? "Unknown";
    const at = rfc3339(this.#cloud.nowUnixMs);
    const isIn = current === target;
    const conditions: object[] = [
      { type: "InSync", status: isIn ? "True" : "False", lastTransitionTime: at },
    ];
    if (!isIn && firmware !== undefined && status.update !== undefined) {
      const percent = (100 * status.update.offset) / firmware.data.length;
      conditions.push({
        type: "UpdateProgress",
        status: "Unknown",
        message: percent.toFixed(2),
        lastTransitionTime: at,
      });
    }
    device.status = { ...device.status, firmware: { conditions, current, target } };
    device.resourceVersion += 1;
  }
}

/** With its checksum as an image index has it. */
export function makeFirmware(
  facts: Pick<Firmware, "name" | "version" | "data">,
  crypto: Crypto,
): Firmware {
  return { ...facts, checksum: crypto.hashOf("sha256", facts.data) };
}

/** A device's own goes before its application's. */
function firmwareOf({ spec, application }: DrogueDevice): string | undefined {
  const { file, container } = Object(spec["firmware"] ?? application.spec["firmware"]);
  const name = Object(file).name ?? Object(container).image;
  return typeof name === "string" ? name : undefined;
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return hexOf(a) === hexOf(b);
}
