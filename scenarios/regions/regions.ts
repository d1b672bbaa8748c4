import { AS923 } from "./as923.ts";
import { AU915 } from "./au915.ts";
import { CN470 } from "./cn470.ts";
import { EU868 } from "./eu868.ts";
import { IN865 } from "./in865.ts";
import { KR920 } from "./kr920.ts";
import type { Region, RegionName } from "./region.ts";
import { RU864 } from "./ru864.ts";
import { US915 } from "./us915.ts";

export const REGIONS: readonly Region[] = [
  EU868,
  US915,
  AU915,
  ...AS923,
  IN865,
  KR920,
  CN470,
  RU864,
];

export function regionOf(name: RegionName): Region {
  const region = REGIONS.find((one) => one.name === name);
  if (region === undefined) throw new RangeError(`region ${name}`);
  return region;
}
