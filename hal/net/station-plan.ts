/** `router_config` of the LNS protocol of LoRa Basics Station; see `basics-station-lns.ts`. */
import { type StationRates, stationText } from "./basics-station.ts";

const RATES = 16;

/** What a station is to listen to. */
export interface StationPlan {
  /** As stations call it: "EU863", "US902", … */
  readonly region: string;
  readonly rates: StationRates;
  readonly frequencyRangeHz: readonly [from: number, to: number];
  /** At 125 kHz; at most eight. */
  readonly channelsHz: readonly number[];
  /** A wide channel beside them. */
  readonly wide: { readonly frequencyHz: number; readonly sf: number } | undefined;
  readonly maxEirpDbm: number;
  /** What a station with GPS sends every 128 s. Undefined: none. */
  readonly beacon: StationBeacon | undefined;
}

export interface StationBeacon {
  readonly dr: number;
  readonly frequenciesHz: readonly number[];
  /** Where the time and what the gateway says of itself begin, and the length; in bytes. */
  readonly layout: readonly [timeAt: number, gatewayAt: number, sizeBytes: number];
}

/** `nowS`: seconds of UTC since 1970, with a fraction. */
export function encodeRouterConfig(plan: StationPlan, nowS: number): string {
  const { region, rates, frequencyRangeHz, maxEirpDbm, beacon } = plan;
  const all = Array.from({ length: RATES }, (_, dr) => rates[dr]);
  return stationText({
    msgtype: "router_config",
    NetID: null,
    JoinEui: null,
    region,
    hwspec: "sx1301/1",
    freq_range: frequencyRangeHz,
    DRs: all.map((at) =>
      at === undefined ? [-1, 0, 0] : [at.sf, at.bandwidthHz / 1000, at.isDownlinkOnly ? 1 : 0],
    ),
    sx1301_conf: [concentratorOf(plan)],
    max_eirp: maxEirpDbm,
    nocca: false,
    nodc: false,
    nodwell: false,
    bcning:
      beacon === undefined
        ? null
        : { DR: beacon.dr, layout: beacon.layout, freqs: beacon.frequenciesHz },
    MuxTime: nowS,
  });
}

const CHANNELS_OF_A_RADIO = 4;

/** Two radios, each in the middle of its channels. */
function concentratorOf({ channelsHz, wide }: StationPlan): object {
  const centerOf = (own: readonly number[]) =>
    Math.round((Math.min(...own) + Math.max(...own)) / 2);
  const halves = [
    channelsHz.slice(0, CHANNELS_OF_A_RADIO),
    channelsHz.slice(CHANNELS_OF_A_RADIO, 2 * CHANNELS_OF_A_RADIO),
  ];
  const centers = halves.map((own) => (own.length === 0 ? undefined : centerOf(own)));
  const onRadio = (frequencyHz: number) => {
    const distances = centers.map((hz) => Math.abs((hz ?? Infinity) - frequencyHz));
    const radio = (distances[1] ?? Infinity) < (distances[0] ?? Infinity) ? 1 : 0;
    return { enable: true, radio, if: frequencyHz - (centers[radio] ?? 0) };
  };
  const config: Record<string, object> = {};
  for (const radio of [0, 1]) {
    const hz = centers[radio];
    config[`radio_${radio}`] = hz === undefined ? { enable: false } : { enable: true, freq: hz };
  }
  for (let index = 0; index < 2 * CHANNELS_OF_A_RADIO; index++) {
    const hz = channelsHz[index];
    config[`chan_multiSF_${index}`] = hz === undefined ? { enable: false } : onRadio(hz);
  }
  const isWide = wide !== undefined;
  config["chan_Lora_std"] = isWide
    ? { ...onRadio(wide.frequencyHz), bandwidth: 500_000, spread_factor: wide.sf }
    : { enable: false };
  config["chan_FSK"] = { enable: false };
  return config;
}
