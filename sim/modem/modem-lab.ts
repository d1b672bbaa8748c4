import type { GpsSeconds } from "#hal/ports.ts";
import type { AirDownlink } from "#sim/air/frames.ts";
import { addressOf } from "#sim/fleet/frame-heads.ts";
import { gatewayAir } from "#sim/fleet/gateway-air.ts";
import { InProcessGateway } from "#sim/gateway/in-process.ts";
import { KeyedEntropy } from "#sim/kernel/draws.ts";
import { Engine } from "#sim/kernel/engine.ts";
import { NetworkServer } from "#sim/server/network-server.ts";
import type { ServerDevice } from "#sim/server/server-device.ts";
import { AirModem, type AirModemSpec } from "./air-modem.ts";
import type { RadioIdentity } from "./modem-radio.ts";
import type { VirtualModem } from "./virtual-modem.ts";

export interface ModemLabInput extends AirModemSpec {
  readonly gpsAtStart: GpsSeconds;
  /** What the modem is given, where it is not what the server knows. */
  readonly modemIdentity?: RadioIdentity;
  /** As the server takes the modem for: in class C it does not wait for an uplink. */
  readonly unicastClass?: "A" | "C";
  /** Which class C downlinks it does not hear; the first is 0. */
  readonly loses?: (frame: number) => boolean;
  /** Application uplinks, as the server has decrypted them. */
  readonly onUplink?: (fPort: number, payload: Uint8Array) => void;
}

const NET_ID = 0x00_00_13;
const SERVER = 2;
const MTYPE_JOIN_ACCEPT = 1;

/** A virtual modem in a network of its own: one gateway that hears it well, and the stand-in server. */
export class ModemLab {
  readonly engine = new Engine();
  readonly modem: VirtualModem;
  readonly server: NetworkServer;
  /** The modem, as the server knows it. */
  readonly device: ServerDevice;
  readonly #air: AirModem;
  readonly #gateway: InProcessGateway;
  readonly #loses: (frame: number) => boolean;
  #frames = 0;

  constructor(input: ModemLabInput) {
    const { regional, identity, modemIdentity = identity, crypto, seed, gpsAtStart } = input;
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
      unicastClass: input.unicastClass ?? "A",
    });
    const { onUplink } = input;
    if (onUplink !== undefined) {
      this.server.listen((_, fPort, payload) => onUplink(fPort, payload));
    }
    this.#air = new AirModem({
      ...input,
      identity: modemIdentity,
      scheduler: engine,
      onUplink: (uplink) => {
        if (this.#gateway.hears(uplink)) this.server.receive(uplink);
      },
    });
    this.modem = this.#air.modem;
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
    this.#air.onAir(downlink);
  }
}
