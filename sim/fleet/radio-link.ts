import type { ResolvedRadio } from "#scenarios/defaults.ts";
import type { Region } from "#scenarios/regions/region.ts";
import type { AirDownlink, AirUplink } from "#sim/air/frames.ts";
import { PATH_LOSS, pathLossDb } from "#sim/air/path-loss.ts";
import { deviceSensitivityDbm } from "#sim/air/sensitivity.ts";
import type { UplinkSignal } from "#sim/air/uplink-reception.ts";
import { type DrawKey, draw32, drawBelow, drawKey } from "#sim/kernel/draws.ts";
import { normalOf } from "#sim/kernel/normal.ts";

/** Between a device, anywhere on a disc, and the gateway in its middle. */
export class RadioLink {
  readonly meanLossDb: number;
  readonly #radio: ResolvedRadio;
  readonly #region: Region;
  readonly #sigmaDb: number;
  /** Of the device for good; undefined: each frame has its own. */
  readonly #shadowDb: number | undefined;
  readonly #fading: Readonly<Record<"up" | "multicast" | "unicast", DrawKey>>;

  constructor(radio: ResolvedRadio, region: Region, seed: number, id: number) {
    this.#region = region;
    const model = PATH_LOSS[radio.pathLoss];
    this.#radio = radio;
    this.#sigmaDb = radio.sigmaDb ?? model.sigmaDb;
    this.meanLossDb = pathLossDb(model, placeOnDisc(radio.radiusM, drawKey(seed, id, "place")));
    const shadow = this.#sigmaDb * normalOf(draw32(drawKey(seed, id, "shadow"), 0));
    this.#shadowDb = radio.shadowing === "device" ? shadow : undefined;
    this.#fading = {
      up: drawKey(seed, id, "fadingUp"),
      multicast: drawKey(seed, id, "fadingMulticast"),
      unicast: drawKey(seed, id, "fadingUnicast"),
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

/** Uniform on the disc; its squared distance from the middle, in whole metres each way. */
function placeOnDisc(radiusM: number, key: DrawKey): number {
  for (let attempt = 0; ; attempt++) {
    const x = drawBelow(key, 2 * attempt, 2 * radiusM + 1) - radiusM;
    const y = drawBelow(key, 2 * attempt + 1, 2 * radiusM + 1) - radiusM;
    const squared = x * x + y * y;
    if (squared <= radiusM * radiusM) return squared;
  }
}
