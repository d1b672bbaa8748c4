import type { Crypto, GpsSeconds } from "#hal/ports.ts";
import type { ModemTroubles } from "#scenarios/modem-schema.ts";
import type { RegionalSetting } from "#scenarios/regions/region.ts";
import type { AirDownlink, AirUplink } from "#sim/air/frames.ts";
import { addressOf } from "#sim/fleet/frame-heads.ts";
import { gatewayAir } from "#sim/fleet/gateway-air.ts";
import { InProcessGateway } from "#sim/gateway/in-process.ts";
import { KeyedEntropy } from "#sim/kernel/draws.ts";
import { Engine } from "#sim/kernel/engine.ts";
import { NetworkServer } from "#sim/server/network-server.ts";
import type { ServerDevice } from "#sim/server/server-device.ts";
import { isInBand } from "./band.ts";
import { MacRadio } from "./mac-radio.ts";
import { newModemNvm } from "./modem-nvm.ts";
import type { RadioIdentity } from "./modem-radio.ts";
import type { ModemProfile } from "./profiles.ts";
import { VirtualModem } from "./virtual-modem.ts";

export interface ModemLabInput {
  readonly profile: ModemProfile;
  readonly regional: RegionalSetting;
  /** What the server knows, and what the modem is given. */
  readonly identity: RadioIdentity;
  readonly crypto: Crypto;
  readonly seed: number;
  readonly gpsAtStart: GpsSeconds;
  /** Which class C downlinks it does not hear; the first is 0. */
  readonly loses?: (frame: number) => boolean;
  /** What is wrong with the modem. Default: nothing. */
  readonly troubles?: ModemTroubles;
  /** What the modem is given, where it is not what the server knows. */
  readonly modemIdentity?: RadioIdentity;
  /** From the modem's UART. */
  readonly emit: (bytes: Uint8Array) => void;
  /** Application uplinks, as the server has decrypted them. */
  readonly onUplink?: (fPort: number, payload: Uint8Array) => void;
}

const NET_ID = 0x00_00_13;
const MODEM = 1;
const SERVER = 2;
const TROUBLES = 3;
const MTYPE_JOIN_ACCEPT = 1;

/** A virtual modem in a network of its own: one gateway that hears it well, and the stand-in server. */
export class ModemLab {
  readonly engine = new Engine();
  readonly modem: VirtualModem;
  readonly server: NetworkServer;
  /** The modem, as the server knows it. */
  readonly device: ServerDevice;
  readonly #radio: MacRadio;
  readonly #gateway: InProcessGateway;
  readonly #loses: (frame: number) => boolean;
  readonly #isInBand: () => boolean;
  #frames = 0;

  constructor(input: ModemLabInput) {
    const { profile, regional, identity, crypto, seed, gpsAtStart, emit, onUplink } = input;
    const { engine } = this;
    this.#loses = input.loses ?? (() => false);
    const { region } = regional;
    const { gatewayDutyCyclePercent: dutyCyclePercent } = region.usual;
    const campaign = { frequencyHz: region.rx2.frequencyHz, dutyCyclePercent };
    const air = gatewayAir({ campaign, air: { classADutyCycle: true }, regional });
    this.#gateway = new InProcessGateway(engine, air, (downlink) => this.#onAir(downlink));
    this.server = new NetworkServer(
      { netId: NET_ID, gpsAtStart, regional },
      {
        scheduler: engine,
        crypto,
        entropy: new KeyedEntropy(seed, SERVER),
        transmit: (request, ack) => this.#gateway.transmit(request, (said) => ack(said === "ok")),
      },
    );
    this.device = this.server.provision({
      devEui: identity.devEui,
      joinEui: identity.joinEui,
      lorawan: "1.0",
      appKey: identity.appKey,
      nwkKey: identity.appKey,
      rootSecret: identity.appKey,
      packages: 1,
    });
    if (onUplink !== undefined) {
      this.server.listen((_, fPort, payload) => onUplink(fPort, payload));
    }
    this.#radio = new MacRadio({
      scheduler: engine,
      crypto,
      entropy: new KeyedEntropy(seed, MODEM),
      regional,
      emit: (event) => this.modem.onRadio(event),
      transmit: (uplink) => this.#onUplink(uplink),
    });
    const { troubles = {}, modemIdentity = identity } = input;
    const nvm = newModemNvm(modemIdentity, profile, region.name, troubles);
    this.#isInBand = () => isInBand(profile.family, region.name, nvm);
    this.modem = new VirtualModem({
      profile,
      scheduler: engine,
      radio: this.#radio,
      nvm,
      troubles,
      entropy: new KeyedEntropy(seed, TROUBLES),
      emit,
    });
  }

  /** Hands the gateway a class C downlink. */
  broadcast(phyPayload: Uint8Array, frequencyHz: number, dr: number): void {
    const timing = { type: "immediately" } as const;
    this.#gateway.transmit({ phyPayload, frequencyHz, dr, timing }, () => {});
  }

  #onAir(downlink: AirDownlink): void {
    const isToDevice = this.server.deviceAt(addressOf(downlink.phyPayload)) !== undefined;
    const isJoin = (downlink.phyPayload[0] ?? 0) >> 5 === MTYPE_JOIN_ACCEPT;
    if (!isToDevice && !isJoin && this.#loses(this.#frames++)) return;
    if (this.#isInBand()) this.#radio.onAir(downlink);
  }

  #onUplink(uplink: AirUplink): void {
    this.engine.schedule(uplink.endUs, () => {
      if (this.#isInBand() && this.#gateway.hears(uplink)) this.server.receive(uplink);
    });
  }
}
