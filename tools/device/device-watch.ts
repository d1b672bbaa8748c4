import { HEARTBEAT_PORT } from "#agent/heartbeat.wire.ts";
import type { DeviceStatus } from "#agent/status.ts";
import type { RadioEvent, RadioRequest } from "#hal/radio-port.ts";
import type { LinkSignal } from "#hal/serial/radio-watch.ts";
import { briefly } from "#tools/decode/brief.ts";
import type { PackageVersion } from "#tools/decode/packages.ts";
import type { DeviceView, Signal } from "./device-view.ts";
import { FragmentCount } from "./fragment-count.ts";

/** A frame of the device, as a log has it. */
export interface WatchedFrame {
  readonly type: "downlink" | "uplink";
  readonly fPort: number;
  readonly sizeBytes: number;
  /** Of a downlink: undefined for the device's own. */
  readonly groupId?: number;
  readonly signal?: Signal;
  /** What it says. Never a key. */
  readonly text: string;
  /** Fragments and heartbeats are many, and all alike. */
  readonly kind: "command" | "fragment" | "heartbeat";
}

interface WatchedShell {
  status(): DeviceStatus | undefined;
  readonly isTrial: boolean;
}

const SIGNALS_MAX = 20;

/** Looks on while a device works, and knows at any moment what an operator wants to see. */
export class DeviceWatch {
  readonly #packages: 1 | 2;
  readonly #now: () => number;
  readonly #onFrame: (frame: WatchedFrame) => void;
  readonly #fragments: FragmentCount;
  #shell: WatchedShell | undefined;
  #modem: string | undefined;
  #window: DeviceView["window"];
  #signals: readonly Signal[] = [];
  #newSignal: Signal | undefined;
  #linkCheck: DeviceView["linkCheck"];
  #down: DeviceView["down"];
  #up: DeviceView["up"];

  /** `packages`: versions of TS003 to TS005 that the device speaks. */
  constructor(packages: 1 | 2, now: () => number, onFrame: (frame: WatchedFrame) => void) {
    this.#packages = packages;
    this.#now = now;
    this.#onFrame = onFrame;
    this.#fragments = new FragmentCount(packages);
  }

  begin(shell: WatchedShell): void {
    this.#shell = shell;
  }

  onModem(title: string | undefined): void {
    this.#modem = title;
  }

  onSignal(signal: LinkSignal): void {
    if (signal.type === "linkCheck") {
      this.#linkCheck = { marginDb: signal.marginDb, gateways: signal.gateways };
      return;
    }
    const { rssiDbm, snrDb } = signal;
    this.#newSignal = { rssiDbm, snrDb };
    this.#signals = [...this.#signals.slice(1 - SIGNALS_MAX), this.#newSignal];
  }

  heard(event: RadioEvent): void {
    const signal = this.#newSignal;
    this.#newSignal = undefined;
    if (event.type !== "downlink") return;
    const { fPort, payload, source } = event;
    const version: PackageVersion = this.#packages === 1 ? "v1" : "v2";
    const text = briefly(fPort, payload, "down", version);
    const isFragment = this.#fragments.take(fPort, payload);
    this.#down = { atMs: this.#now(), text };
    this.#onFrame({
      type: "downlink",
      fPort,
      sizeBytes: payload.length,
      ...(source.type === "multicast" && { groupId: source.groupId }),
      ...(signal !== undefined && { signal }),
      text,
      kind: isFragment ? "fragment" : "command",
    });
  }

  asked(request: RadioRequest): void {
    switch (request.type) {
      case "uplink": {
        const { fPort, payload } = request;
        const version: PackageVersion = this.#packages === 1 ? "v1" : "chirpstack";
        const text = briefly(fPort, payload, "up", version);
        this.#up = { atMs: this.#now(), text };
        const sizeBytes = payload.length;
        const kind = fPort === HEARTBEAT_PORT ? "heartbeat" : "command";
        this.#onFrame({ type: "uplink", fPort, sizeBytes, text, kind });
        return;
      }
      case "startClassC": {
        const { groupId, frequencyHz, dr } = request;
        this.#window = { groupId, frequencyHz, dr };
        return;
      }
      case "stopClassC":
        if (this.#window?.groupId === request.groupId) this.#window = undefined;
        return;
      default:
    }
  }

  view(): DeviceView {
    return {
      nowMs: this.#now(),
      modem: this.#modem,
      status: this.#shell?.status(),
      isTrial: this.#shell?.isTrial ?? false,
      window: this.#window,
      air: this.#fragments.air,
      signals: this.#signals,
      linkCheck: this.#linkCheck,
      down: this.#down,
      up: this.#up,
    };
  }
}
