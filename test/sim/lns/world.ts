import { NodeCrypto } from "#hal/node/crypto.ts";
import { resolveScenario } from "#scenarios/defaults.ts";
import type { LorawanScenario, Scenario } from "#scenarios/schema.ts";
import { makeFirmware } from "#sim/fleet/firmware.ts";
import { LiveFleet } from "#sim/fleet/live-fleet.ts";
import { fleetImages, kindOf } from "#sim/fleet/roster.ts";
import { KeyedEntropy } from "#sim/kernel/draws.ts";
import type { CheckId } from "#sim/lns/checks.ts";
import { Lns, type LnsInput } from "#sim/lns/lns.ts";
import { signerOf } from "#tools/run/images.ts";
import { WIRES, type Wire, type WireKind } from "../fleet/wires.ts";

/** Unless a scenario says another. */
const SEED = 3;
const GPS_AT_START = 1_400_000_000;
const crypto = new NodeCrypto();

export type DeviceDefaults = NonNullable<LorawanScenario["devices"]["defaults"]>;

/** Our server and simulated devices in virtual time, with the bytes of a gateway protocol between. */
export class LnsBench {
  readonly fleet: LiveFleet;
  readonly lns: Lns;
  readonly said: string[] = [];

  constructor(
    defaults: DeviceDefaults = {},
    parts: Partial<Scenario> = {},
    change: Partial<LnsInput> = {},
    kind: WireKind | undefined = WIRES[0],
  ) {
    if (kind === undefined) throw new Error("no wire");
    const { seed = SEED } = parts;
    const scenario = resolveScenario({
      name: "bench",
      devices: { count: 2, defaults: { uplinkIntervalS: 60, ...defaults } },
      firmware: { sizeBytes: 1500 },
      campaign: { redundancyPercent: 100 },
      expect: {},
      ...parts,
      air: { classADutyCycle: false, ...parts.air },
    });
    const { devices } = scenario;
    const firmware = makeFirmware(
      scenario.firmware,
      seed,
      signerOf(seed, "ed25519"),
      crypto,
      undefined,
    );
    const images = fleetImages(firmware, crypto);
    const wires: Wire[] = [];
    this.fleet = new LiveFleet({
      scenario,
      seed,
      members: Array.from({ length: devices.count }, (_, id) => ({
        id,
        kind: kindOf(devices, seed, id),
      })),
      firmware,
      factoryImage: images.factory,
      updateHash: images.updateHash,
      crypto,
      gpsAtStart: GPS_AT_START,
      gateways: 1,
      statsIntervalS: 30,
      isLenient: false,
      acknowledges: kind.acknowledges,
      joinSpreadS: 10,
      emit: (_, event) => wires[0]?.event(event),
    });
    this.lns = new Lns({
      scenario,
      devices: this.fleet.members.map(({ serverDevice: { provisioned } }) => ({
        ...provisioned,
        nwkKey: provisioned.nwkKey.slice(),
      })),
      image: firmware.sent,
      uplinkIntervalS: Math.max(...devices.kinds.map(({ device }) => device.uplinkIntervalS)),
      gpsAtStart: GPS_AT_START,
      sessionCnt: 0,
      scheduler: this.fleet.engine,
      crypto,
      entropy: new KeyedEntropy(seed, -1),
      asksQuestions: true,
      say: (text) => this.said.push(text),
      ...change,
    });
    const { front } = this.lns;
    const wire = kind.lay({
      regional: scenario.regional,
      onUplink: (uplink) => front.receive(0, uplink),
      onAck: (downlinkId, isSent) => front.acknowledge(0, downlinkId, isSent),
      onCommand: (command) => this.fleet.command(0, command),
    });
    wires.push(wire);
    front.add({
      acknowledges: kind.acknowledges,
      send: (downlink) => {
        wire.send(downlink);
        return true;
      },
    });
  }

  run(untilS = 20_000): this {
    this.fleet.start();
    return this.on(untilS);
  }

  on(untilS: number): this {
    const { engine } = this.fleet;
    while (this.lns.phase !== "done" && engine.now < untilS * 1e6) engine.advance(engine.now + 1e6);
    return this;
  }

  /** The server has another key for it than the device. */
  forgetKeyOf(index: number): void {
    this.lns.devices[index]?.onServer.provisioned.nwkKey.fill(0);
  }

  /** Of the first device: what failed, and why. */
  get failures(): Readonly<Partial<Record<CheckId, string>>> {
    const grades = this.lns.devices[0]?.examiner.grades() ?? [];
    return Object.fromEntries(
      grades.flatMap(({ id, mark }) => (mark?.result === "fail" ? [[id, mark.why]] : [])),
    );
  }

  get notTried(): readonly CheckId[] {
    const grades = this.lns.devices[0]?.examiner.grades() ?? [];
    return grades.flatMap(({ id, mark }) => (mark === undefined ? [id] : []));
  }
}
