import { installFactoryImage } from "#agent/boot/factory.ts";
import { type FlashLayout, geometryOf } from "#agent/boot/layout.ts";
import type { ImageIdentity } from "#agent/boot/strategy.ts";
import type { RegionLimits } from "#agent/packages/region-limits.ts";
import type { Crypto, GpsSeconds } from "#hal/ports.ts";
import type { ResolvedKind, ResolvedScenario } from "#scenarios/defaults.ts";
import type { AirUplink } from "#sim/air/frames.ts";
import { type LossModel, lossModel } from "#sim/air/loss.ts";
import { NorFlash } from "#sim/flash/nor.ts";
import { SharedContent } from "#sim/flash/shared-content.ts";
import { drawBelow, drawKey, KeyedEntropy } from "#sim/kernel/draws.ts";
import type { Scheduler } from "#sim/kernel/engine.ts";
import { EndDeviceMac, newMacNvm } from "#sim/mac/end-device.ts";
import { DeviceOracles } from "#sim/oracles/device-oracles.ts";
import type { NetworkServer } from "#sim/server/network-server.ts";
import type { ServerDevice } from "#sim/server/server-device.ts";
import { bootOf } from "./boot-of.ts";
import type { FirmwarePair } from "./firmware.ts";
import { abpSession, deviceKeys } from "./identity.ts";
import { imageCheck } from "./image-check.ts";
import type { OnApplication } from "./live-tap.ts";
import { FleetNode } from "./node.ts";
import { describeWord } from "./notes.ts";
import type { DeviceProbe } from "./probe.ts";
import { type RadioLink, radioLinks } from "./radio-link.ts";
import { currentsOf, deviceConfigOf, layoutFor, regionLimits } from "./settings.ts";

/** One device of a cell and what the cell keeps about it. */
export interface Member {
  readonly node: FleetNode;
  readonly mac: EndDeviceMac;
  readonly kind: ResolvedKind;
  readonly serverDevice: ServerDevice;
  readonly multicastLoss: LossModel;
  readonly unicastLoss: LossModel;
  /** To each gateway. Empty: hears and is heard. */
  readonly links: readonly RadioLink[];
  /** The last multicast frame that came through, whichever way. */
  heardFrame: number;
  /** Unicast frames on the air so far, both directions: the counter of their loss. */
  unicastFrames: number;
}

/** Whoever has to know a device before it joins. */
export type Registrar = Pick<NetworkServer, "provision">;

export interface SpawnContext {
  readonly scenario: ResolvedScenario;
  readonly seed: number;
  readonly firmware: FirmwarePair;
  readonly crypto: Crypto;
  readonly scheduler: Scheduler;
  readonly server: Registrar;
  readonly nbFrag: number;
  /** What both images say of themselves. */
  readonly factoryImage: ImageIdentity;
  readonly updateHash: Uint8Array;
  readonly gpsAtStart: GpsSeconds;
  readonly probe?: DeviceProbe;
  readonly onApplication?: (id: number, said: Parameters<OnApplication>[0]) => void;
  onUplink(member: Member, uplink: AirUplink): void;
}

/** Makes the devices of one cell; devices of a kind share a layout and the bytes they have in common. */
export class Spawner {
  readonly #context: SpawnContext;
  readonly #limits: RegionLimits;
  readonly #layouts = new Map<string, { layout: FlashLayout; content: SharedContent }>();

  constructor(context: SpawnContext) {
    this.#context = context;
    this.#limits = regionLimits(context.scenario.regional.region);
  }

  spawn(id: number, kind: ResolvedKind): Member {
    const { scenario, seed, crypto, scheduler, server, gpsAtStart } = this.#context;
    const keys = deviceKeys(seed, id, kind.device.lorawan);
    const { unicastClass, pingPeriodicity } = kind.device;
    const abp = abpSession(seed, id, kind.device);
    const packages = kind.device.packages === "v1" ? 1 : 2;
    const { rootSecret } = kind.device.keys === "wrong" ? deviceKeys(seed + 1, id, "1.0") : keys;
    const serverDevice = server.provision({
      ...keys,
      abp,
      unicastClass,
      rootSecret,
      lorawan: kind.device.lorawan,
      packages,
    });
    const entropy = new KeyedEntropy(seed, id);
    const node = this.#node(id, kind, keys.rootSecret, entropy);
    const mac = new EndDeviceMac(
      {
        ...keys,
        abp,
        unicastClass,
        pingPeriodicity,
        lorawan: kind.device.lorawan,
        uplinkDr: kind.device.uplinkDr,
        adr: kind.device.adr,
        asksEvery: kind.device.asksEvery,
        regional: scenario.regional,
        currents: currentsOf(kind.device),
        gpsAtStart,
        driftPpm: driftPpmOf(seed, id, kind),
      },
      {
        scheduler,
        crypto,
        entropy,
        emit: (event) => {
          if (event.type !== "linkCheck" && event.type !== "deviceTime") node.onMac(event);
          else node.log(describeWord(event, gpsAtStart));
        },
        transmit: (uplink) => this.#context.onUplink(member, uplink),
      },
      newMacNvm(),
    );
    node.attach(mac);
    const { air } = scenario;
    const member: Member = {
      node,
      mac,
      kind,
      serverDevice,
      multicastLoss: lossModel(air.multicastLoss, drawKey(seed, id, "multicastLoss"), id),
      unicastLoss: lossModel(air.unicastLoss, drawKey(seed, id, "unicastLoss"), id),
      links: radioLinks(scenario, seed, id),
      heardFrame: -1,
      unicastFrames: 0,
    };
    return member;
  }

  #node(
    id: number,
    { device, name }: ResolvedKind,
    rootSecret: Uint8Array,
    entropy: KeyedEntropy,
  ): FleetNode {
    const { seed, firmware, scheduler, updateHash, gpsAtStart, probe, onApplication } =
      this.#context;
    const { layout, content } = this.#layoutOf(name, device);
    const key = drawKey(seed, id, "flash");
    const nor = new NorFlash(geometryOf(layout, device.granuleBytes), { content, key });
    const { factoryImage } = this.#context;
    installFactoryImage(nor, layout, firmware.factory, factoryImage);
    probe?.attach(nor);
    const flash = probe?.flash(nor) ?? nor;
    const crypto = probe?.crypto(this.#context.crypto) ?? this.#context.crypto;
    const check = imageCheck(flash, firmware.keys, crypto);
    const attemptsMax = device.attempts;
    const images = [
      { hash: factoryImage.hash, bytes: firmware.factory },
      { hash: updateHash, bytes: firmware.update },
    ];
    const watched = { flash: nor, layout, attemptsMax, factory: factoryImage, images };
    const oracles = new DeviceOracles(watched);
    const own = oracles.watch(bootOf(device, flash, layout, check));
    const boot = probe?.boot(own) ?? own;
    const ports = { flash, layout, crypto, entropy: probe?.entropy(entropy) ?? entropy, boot };
    return new FleetNode(id, {
      scheduler,
      flash: nor,
      ports,
      probe,
      oracles,
      device,
      config: deviceConfigOf(device, rootSecret, firmware, this.#limits),
      driftPpm: driftPpmOf(seed, id, { device }),
      rtcGps: Math.floor(gpsAtStart + signed(seed, id, "clock", device.clockOffsetMaxS)),
      updateHash,
      defect: firmware.defect,
      seed,
      onApplication: onApplication && ((said) => onApplication(id, said)),
    });
  }

  #layoutOf(name: string, device: ResolvedKind["device"]) {
    const known = this.#layouts.get(name);
    if (known !== undefined) return known;
    const { nbFrag, scenario, firmware } = this.#context;
    const layout = layoutFor(device, nbFrag, scenario.campaign.fragSize);
    const content = SharedContent.forLayout(layout, firmware.factory, firmware.update);
    const made = { layout, content };
    this.#layouts.set(name, made);
    return made;
  }
}

function driftPpmOf(seed: number, id: number, { device }: Pick<ResolvedKind, "device">): number {
  return signed(seed, id, "drift", device.clockDriftMaxPpm);
}

/** Uniform in [-bound, bound], in thousandths. */
function signed(seed: number, id: number, purpose: string, bound: number): number {
  const steps = Math.round(bound * 1000);
  return (drawBelow(drawKey(seed, id, purpose), 0, 2 * steps + 1) - steps) / 1000;
}
