import type { GpsSeconds } from "#hal/ports.ts";
import type { ResolvedAir } from "#scenarios/air-defaults.ts";
import type { ResolvedScenario } from "#scenarios/defaults.ts";
import type { AirDownlink } from "#sim/air/frames.ts";
import { lossModel } from "#sim/air/loss.ts";
import { addressOf, fCntOf } from "#sim/fleet/frame-heads.ts";
import { gatewayAir } from "#sim/fleet/gateway-air.ts";
import {
  type DownlinkCommand,
  type GatewayEvent,
  ServerGateway,
  type ServerGatewayConfig,
} from "#sim/gateway/server-gateway.ts";
import { drawKey } from "#sim/kernel/draws.ts";
import { Engine } from "#sim/kernel/engine.ts";
import { AirModem, type AirModemSpec } from "./air-modem.ts";
import type { VirtualModem } from "./virtual-modem.ts";

export interface ServedModemInput extends AirModemSpec {
  readonly gpsAtStart: GpsSeconds;
  readonly statsIntervalS: number;
  readonly acknowledges: ServerGatewayConfig["acknowledges"];
  /** Its gateway's duty cycle and its losses; undefined: the region's, and none. */
  readonly scenario: Pick<ResolvedScenario, "campaign" | "air"> | undefined;
  /** To the server. */
  readonly toServer: (event: GatewayEvent) => void;
}

const GOOD_SIGNAL = { rssiDbm: -60, snrDb: 8 };
const MTYPE_JOIN_ACCEPT = 1;
/** As the first device of a fleet: the same frames are lost. */
const FIRST = 0;

/**
 * A virtual modem behind a simulated gateway of somebody else's server. It loses what the first device
 * of a fleet with this scenario and seed would lose.
 */
export class ServedModem {
  readonly engine = new Engine();
  readonly modem: VirtualModem;
  readonly #air: AirModem;
  readonly #gateway: ServerGateway;
  readonly #losesGroup: (fCnt: number) => boolean;
  readonly #losesOwn: () => boolean;

  constructor(input: ServedModemInput) {
    const { regional, seed, scenario, gpsAtStart, statsIntervalS, acknowledges } = input;
    const { engine } = this;
    const { region } = regional;
    const {
      campaign = {
        frequencyHz: region.rx2.frequencyHz,
        dutyCyclePercent: region.usual.gatewayDutyCyclePercent,
      },
      air = { classADutyCycle: true },
    } = scenario ?? {};
    this.#gateway = new ServerGateway(
      { region, gpsAtStart, statsIntervalS, acknowledges, isLenient: false },
      gatewayAir({ campaign, air, regional }),
      {
        scheduler: engine,
        emit: input.toServer,
        onAir: (downlink) => this.#onAir(downlink),
      },
    );
    this.#air = new AirModem({
      ...input,
      scheduler: engine,
      onUplink: (uplink) => {
        if (!this.#losesOwn()) this.#gateway.receive(uplink, GOOD_SIGNAL);
      },
    });
    this.modem = this.#air.modem;
    const group = scenario && modelOf(scenario.air.multicastLoss, seed, "multicastLoss");
    const own = scenario && modelOf(scenario.air.unicastLoss, seed, "unicastLoss");
    let ownFrames = 0;
    this.#losesGroup = (fCnt) => group?.lost(fCnt) === true;
    this.#losesOwn = () => own?.lost(ownFrames++) === true;
  }

  /** The gateway first, so that the server knows it when the modem joins. */
  start(): void {
    this.#gateway.start();
    this.modem.powerOn();
  }

  /** From the server, to be called at the world's present. */
  command(command: DownlinkCommand): void {
    this.#gateway.command(command);
  }

  #onAir(downlink: AirDownlink): void {
    const { phyPayload } = downlink;
    const isJoin = (phyPayload[0] ?? 0) >> 5 === MTYPE_JOIN_ACCEPT;
    const isOwn = isJoin || this.#air.devAddr === addressOf(phyPayload);
    if (isOwn ? this.#losesOwn() : this.#losesGroup(fCntOf(phyPayload))) return;
    this.#air.onAir(downlink);
  }
}

function modelOf(spec: ResolvedAir["multicastLoss"], seed: number, purpose: string) {
  return lossModel(spec, drawKey(seed, FIRST, purpose), FIRST);
}
