import { describe, expect, test } from "vitest";
import { parsedMessage } from "#hal/net/basics-station.ts";
import { decodeFromStationServer } from "#hal/net/basics-station-server.ts";
import { encodeRouterConfig } from "#hal/net/station-plan.ts";
import type { Region } from "#scenarios/regions/region.ts";
import { REGIONS, regionOf } from "#scenarios/regions/regions.ts";
import { stationPlanOf } from "#tools/serve/lns/regional-plan.ts";

const NO_DWELL = { uplink: false, downlink: false };
const configOf = (region: Region, subBand?: number) =>
  encodeRouterConfig(stationPlanOf({ region, subBand, dwell: NO_DWELL }), 1.8e9);
const fieldsOf = (name: Region["name"], subBand?: number) =>
  parsedMessage(configOf(regionOf(name), subBand)) ?? {};

describe.each(REGIONS)("a station in $name", (region) => {
  const message = decodeFromStationServer(configOf(region), []);
  const rates = message?.type === "routerConfig" ? message.rates : [];

  test("is told the data rates of the region by their numbers", () => {
    for (let dr = 0; dr < 16; dr++) {
      const rate = region.uplinkRates[dr] ?? region.downlinkRates[dr];
      const isDownlinkOnly = region.uplinkRates[dr] === undefined;
      const { sf, bandwidthHz } = rate?.modulation === "lora" ? rate : {};
      expect(rates[dr]).toEqual(sf === undefined ? undefined : { sf, bandwidthHz, isDownlinkOnly });
    }
  });

  test("has its channels in the reach of one of two radios", () => {
    const conf = (
      fieldsOf(region.name)["sx1301_conf"] as Record<string, Record<string, number>>[]
    )[0];
    const channels = Object.entries(conf ?? {}).filter(([name]) => /^chan_(multi|Lora)/.test(name));
    const used = channels.filter(([, { enable }]) => Boolean(enable));
    expect(used.length).toBeGreaterThan(0);
    for (const [name, channel] of used) {
      const radio = conf?.[`radio_${channel["radio"]}`];
      expect(radio?.["enable"], name).toBe(true);
      if (name.startsWith("chan_multi")) expect(Math.abs(channel["if"] ?? 1e9)).toBeLessThan(463e3);
    }
  });
});

/* LoRa Basics Station, `bcning`; where the time is, by the specification's beacons (TS001, class B). */
test.each([
  ["EU868", { DR: 3, layout: [2, 8, 17], freqs: [869_525_000] }],
  ["US915", { DR: 8, layout: [5, 11, 23] }],
] as const)("a station in %s is told what its beacons are, if there are any", (name, bcning) => {
  const plan = stationPlanOf({ region: regionOf(name), subBand: 1, dwell: NO_DWELL }, true);
  expect(parsedMessage(encodeRouterConfig(plan, 1.8e9))).toMatchObject({ bcning });
  expect(fieldsOf(name)).toMatchObject({ bcning: null });
});

test("EU868 is EU863 to a station, with its three default channels on one radio", () => {
  expect(fieldsOf("EU868")).toMatchObject({
    msgtype: "router_config",
    region: "EU863",
    freq_range: [863_000_000, 870_000_000],
    max_eirp: 16,
    sx1301_conf: [
      {
        radio_0: { enable: true, freq: 868_300_000 },
        radio_1: { enable: false },
        chan_multiSF_0: { enable: true, radio: 0, if: -200_000 },
        chan_multiSF_2: { enable: true, radio: 0, if: 200_000 },
        chan_multiSF_3: { enable: false },
        chan_Lora_std: { enable: false },
      },
    ],
  });
});

test("US915 listens to the eight channels of a sub-band, and to its wide one", () => {
  expect(fieldsOf("US915", 2)).toMatchObject({
    region: "US902",
    sx1301_conf: [
      {
        radio_0: { freq: 904_200_000 },
        radio_1: { freq: 905_000_000 },
        chan_multiSF_0: { radio: 0, if: -300_000 },
        chan_multiSF_7: { radio: 1, if: 300_000 },
        chan_Lora_std: { enable: true, bandwidth: 500_000, spread_factor: 8 },
      },
    ],
  });
});
