import type { StationRate } from "#hal/net/basics-station.ts";
import type { StationPlan } from "#hal/net/station-plan.ts";
import type { DataRate, Region, RegionalSetting, RegionName } from "#scenarios/regions/region.ts";
import { isInSubBand, plannedChannels } from "#sim/air/channels.ts";
import { beaconLayout } from "#sim/mac/beacon-frame.ts";

/** As stations call them, where that is not our name. */
const STATION_NAMES: Partial<Record<RegionName, string>> = { EU868: "EU863", US915: "US902" };
/** What a concentrator has beside its wide channel. */
const CHANNELS_MAX = 8;
const RATES = 16;

/**
 * What a Basics Station of a region is to listen to: the channels that every device knows, of a fixed
 * plan those of the chosen sub-band, or else of the first.
 */
export function stationPlanOf(
  { region, subBand = 1 }: RegionalSetting,
  hasBeacons = false,
): StationPlan {
  const { uplinkRates, downlinkRates, downlinkHz, maxEirpDbm, name } = region;
  const own = plannedChannels(region).filter((_, index) => isInSubBand(region, index, subBand));
  const isWide = ({ drMin }: { readonly drMin: number }) =>
    bandwidthOf(uplinkRates[drMin]) > 125_000;
  const channels = own.filter((channel) => !isWide(channel)).slice(0, CHANNELS_MAX);
  const wide = own.find(isWide);
  const wideRate = wide && uplinkRates[wide.drMin];
  const uplinksHz = own.map(({ frequencyHz }) => frequencyHz);
  return {
    region: STATION_NAMES[name] ?? name,
    rates: Array.from({ length: RATES }, (_, dr) =>
      stationRate(uplinkRates[dr], downlinkRates[dr]),
    ),
    frequencyRangeHz: [
      Math.min(downlinkHz.fromHz, ...uplinksHz),
      Math.max(downlinkHz.toHz, ...uplinksHz),
    ],
    channelsHz: channels.map(({ frequencyHz }) => frequencyHz),
    wide:
      wide !== undefined && wideRate?.modulation === "lora"
        ? { frequencyHz: wide.frequencyHz, sf: wideRate.sf }
        : undefined,
    maxEirpDbm,
    beacon: hasBeacons ? beaconOf(region) : undefined,
  };
}

function beaconOf({ classB: { beacon } }: Region): StationPlan["beacon"] {
  const { dr, frequenciesHz, sizeBytes } = beacon;
  const { timeAt, gatewayAt } = beaconLayout(sizeBytes);
  return { dr, frequenciesHz, layout: [timeAt, gatewayAt, sizeBytes] };
}

function bandwidthOf(rate: DataRate | undefined): number {
  return rate?.modulation === "lora" ? rate.bandwidthHz : 0;
}

function stationRate(
  up: DataRate | undefined,
  down: DataRate | undefined,
): StationRate | undefined {
  const rate = up ?? down;
  if (rate?.modulation !== "lora") return undefined;
  const { sf, bandwidthHz } = rate;
  return { sf, bandwidthHz, isDownlinkOnly: up === undefined };
}
