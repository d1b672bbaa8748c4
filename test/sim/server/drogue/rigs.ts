import { drogueStatus } from "#agent/pull/drogue.wire.ts";
import { decodeCbor } from "#agent/wire/cbor.ts";
import type { OtaPackage } from "#sim/server/thingsboard/ota-package.ts";
import { PullWorld, type WorldLink } from "../../../agent/pull/pull-world.ts";
import { factoryImage } from "../../../agent/test-device.ts";
import type { Fate, Given, PullRig, RigServer } from "../../../contract/pull.contract.ts";
import { DrogueCoapLink } from "./coap-link.ts";
import { DrogueBench, DrogueHttpLink, firmwareOf, noServer } from "./drogue-bench.ts";
import { DrogueMqttLink } from "./mqtt-link.ts";

const CHUNK_BYTES = 256;
/** Drogue has no way to assign nothing that a device would hear of: what runs is what it is to run. */
const AS_IT_IS = firmwareOf(factoryImage, { version: "1.0.0" });

/** A Drogue in ThingsBoard's words: all that it knows of a device is which version it runs. */
class DrogueRigServer implements RigServer {
  readonly server: RigServer["server"];
  readonly #bench: DrogueBench;

  constructor(bench: DrogueBench, onRestart: () => void) {
    this.#bench = bench;
    this.server = {
      assignToProfile: (_profile, _kind, ota) => bench.rollOut(firmwareFor(ota)),
      restart: onRestart,
    };
    bench.rollOut(AS_IT_IS);
  }

  wait(seconds: number): void {
    const { engine } = this.#bench;
    this.#bench.catchUp(engine.now + seconds * 1_000_000);
  }

  get reportedVersion(): unknown {
    return Object(this.#bench.device.status["firmware"]).current;
  }

  telemetry(key: string): unknown {
    const { current, target } = Object(this.#bench.device.status["firmware"]);
    return key === "fw_state" && current === target ? "UPDATED" : undefined;
  }
}

function firmwareFor(ota: OtaPackage | undefined) {
  if (ota === undefined) return AS_IT_IS;
  const checksum = Buffer.from(ota.checksum ?? "", "hex");
  return firmwareOf(ota.data, { version: ota.version, checksum });
}

/** A device and a Drogue, over one of its three links. */
class DrogueRig implements PullRig {
  readonly standIn: RigServer;
  readonly world: PullWorld;
  fateOf: (given: Given) => Fate = () => "arrives";
  readonly #bench: DrogueBench;
  readonly #statuses: () => readonly Uint8Array[];
  #isGone = false;

  /** `statuses`: all that the device has sent over it. */
  constructor(bench: DrogueBench, link: WorldLink, statuses: () => readonly Uint8Array[]) {
    this.#bench = bench;
    this.#statuses = statuses;
    this.standIn = new DrogueRigServer(bench, () => {
      this.#isGone = true;
    });
    this.world = new PullWorld(noServer, { link });
  }

  get asked(): number {
    return this.#statuses().length;
  }

  /** A chunk is asked for with its first byte; what is left of it, with another. */
  get chunks(): readonly number[] {
    return this.#statuses()
      .map(offsetOf)
      .flatMap((offset) => {
        return offset === undefined || offset % CHUNK_BYTES !== 0 ? [] : [offset / CHUNK_BYTES];
      });
  }

  set isKnown(isKnown: boolean) {
    const { device } = this.#bench;
    const { devices } = device.application;
    if (isKnown) devices.set(device.name, device);
    else devices.delete(device.name);
  }

  /** Of the answer to the last status. */
  nextFate(): Fate {
    if (this.#isGone) {
      this.#isGone = false;
      return "breaks";
    }
    const last = this.#statuses().at(-1);
    const offset = last && offsetOf(last);
    if (offset === undefined) return this.fateOf("attributes");
    // Every other one of two that belong together would be the same one for ever.
    return offset % CHUNK_BYTES === 0 ? this.fateOf("chunk") : "arrives";
  }
}

function offsetOf(status: Uint8Array): number | undefined {
  const decoded = decodeCbor(drogueStatus, status);
  if (!decoded.ok) throw new Error(decoded.problem);
  return decoded.value.update?.offset;
}

export function drogueHttpRig(): PullRig {
  const bench = new DrogueBench();
  const link = new DrogueHttpLink(bench);
  const rig = new DrogueRig(bench, link, () => link.statuses);
  const outcomes = { lost: "silence", breaks: "close" } as const;
  link.twist = (outcome) => {
    const fate = rig.nextFate();
    return fate === "arrives" ? outcome : outcomes[fate];
  };
  return rig;
}

export function drogueMqttRig(): PullRig {
  const bench = new DrogueBench();
  const link = new DrogueMqttLink(bench);
  const rig = new DrogueRig(bench, link, () => link.published.map(({ payload }) => payload));
  link.fateOf = () => {
    const fate = rig.nextFate();
    return fate === "breaks" ? "close" : fate;
  };
  return rig;
}

export function drogueCoapRig(): PullRig {
  const bench = new DrogueBench();
  const link = new DrogueCoapLink(bench);
  const none = new Uint8Array(0);
  const rig = new DrogueRig(bench, link, () => link.requests.map(({ payload = none }) => payload));
  link.twist = (reply) => {
    const fate = rig.nextFate();
    return fate === "arrives" ? reply : fate;
  };
  return rig;
}
