import type { ResolvedRadio } from "#scenarios/air-defaults.ts";
import type { ResolvedScenario } from "#scenarios/defaults.ts";
import type { Region } from "#scenarios/regions/region.ts";
import type { AirDownlink, AirUplink } from "#sim/air/frames.ts";
import { PATH_LOSS, pathLossDb } from "#sim/air/path-loss.ts";
import { deviceSensitivityDbm } from "#sim/air/sensitivity.ts";
import type { UplinkSignal } from "#sim/air/uplink-reception.ts";
import { type DrawKey, draw32, drawBelow, drawKey } from "#sim/kernel/draws.ts";
import { normalOf } from "#sim/kernel/normal.ts";
import { purposeAt } from "./per-gateway.ts";

/** Between a device, anywhere on a disc, and one of its gateways. */
export class RadioLink {
  readonly meanLossDb: number;
  readonly #radio: ResolvedRadio;
  readonly #region: Region;
  readonly #sigmaDb: number;
  /** Of the device for good; undefined: each frame has its own. */
  readonly #shadowDb: number | undefined;
  readonly #fading: Readonly<Record<"up" | "multicast" | "unicast", DrawKey>>;

  /** To the gateway of that number. */
  constructor(radio: ResolvedRadio, region: Region, seed: number, id: number, gateway = 0) {
    this.#region = region;
    const model = PATH_LOSS[radio.pathLoss];
    this.#radio = radio;
    this.#sigmaDb = radio.sigmaDb ?? model.sigmaDb;
    const { xM, yM } = radio.gateways[gateway] ?? { xM: 0, yM: 0 };
    const place = placeOnDisc(radio.radiusM, drawKey(seed, id, "place"));
    this.meanLossDb = pathLossDb(model, (place.x - xM) ** 2 + (place.y - yM) ** 2);
    const keyOf = (purpose: string) => drawKey(seed, id, purposeAt(purpose, gateway));
    const shadow = this.#sigmaDb * normalOf(draw32(keyOf("shadow"), 0));
    this.#shadowDb = radio.shadowing === "device" ? shadow : undefined;
    this.#fading = {
      up: keyOf("fadingUp"),
      multicast: keyOf("fadingMulticast"),
      unicast: keyOf("fadingUnicast"),
    };
  }

  /** `frame` counts the frames of its kind. */
  hears({ dr }: AirDownlink, kind: "multicast" | "unicast", frame: number): boolean {
    const rate = this.#region.downlinkRates[dr];
    if (rate?.modulation !== "lora") return true;
    const dbm = this.#radio.gatewayDbm - this.#lossDb(this.#fading[kind], frame);
    return dbm >= deviceSensitivityDbm(rate.sf, rate.bandwidthHz);
  }

  /** As the gateway sees it; undefined for what is no LoRa. */
  signalOf(
    { dr, frequencyHz, startUs, endUs }: AirUplink,
    frame: number,
  ): UplinkSignal | undefined {
    const rate = this.#region.uplinkRates[dr];
    if (rate?.modulation !== "lora") return undefined;
    const { sf, bandwidthHz } = rate;
    const dbm = this.#radio.deviceDbm - this.#lossDb(this.#fading.up, frame);
    return { frequencyHz, sf, bandwidthHz, dbm, startUs, endUs };
  }

  #lossDb(key: DrawKey, frame: number): number {
    const shadow = this.#shadowDb ?? this.#sigmaDb * normalOf(draw32(key, frame));
    return this.meanLossDb + shadow;
  }
}

/** Of a device, to each gateway of its cell; none: nothing is said about the radio. */
export function radioLinks(
  { air: { radio }, regional }: Pick<ResolvedScenario, "air" | "regional">,
  seed: number,
  id: number,
): readonly RadioLink[] {
  if (radio === undefined) return [];
  return radio.gateways.map(
    (_, gateway) => new RadioLink(radio, regional.region, seed, id, gateway),
  );
}

/** Uniform on the disc, in whole metres each way from its middle. */
export function placeOnDisc(
  radiusM: number,
  key: DrawKey,
): { readonly x: number; readonly y: number } {
  for (let attempt = 0; ; attempt++) {
    const x = drawBelow(key, 2 * attempt, 2 * radiusM + 1) - radiusM;
    const y = drawBelow(key, 2 * attempt + 1, 2 * radiusM + 1) - radiusM;
    if (x * x + y * y <= radiusM * radiusM) return { x, y };
  }
}
