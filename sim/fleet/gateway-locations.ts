import type { GatewayLocation } from "#hal/gateway-port.ts";
import type { ResolvedScenario } from "#scenarios/defaults.ts";
import { drawKey } from "#sim/kernel/draws.ts";
import { cellKey } from "./per-gateway.ts";
import { placeOnDisc } from "./radio-link.ts";

/** A town with its gateways. */
const RADIUS_M = 5000;
/** Of latitude, and of longitude at the equator. */
const DEGREE_M = 111_320;
/** Far more than 64 bits tell apart below a right angle. */
const COSINE_TERMS = 12;

/** Where gateway `index` of a live fleet is: by the seed, around the scenario's location, if it has one. */
export function gatewayLocationOf(
  { air: { location } }: Pick<ResolvedScenario, "air">,
  seed: number,
  index: number,
): GatewayLocation | undefined {
  if (location === undefined) return undefined;
  const { latitude, longitude, altitudeM } = location;
  const { x, y } = placeOnDisc(RADIUS_M, drawKey(seed, cellKey(index), "location"));
  const east = longitude + x / (DEGREE_M * cosine(latitude));
  return {
    latitude: rounded(latitude + y / DEGREE_M),
    longitude: rounded(((east + 540) % 360) - 180),
    altitudeM,
  };
}

/** Of degrees: only operations that every engine rounds alike. */
function cosine(degrees: number): number {
  const angle = (degrees * Math.PI) / 180;
  let term = 1;
  let sum = 1;
  for (let n = 1; n <= COSINE_TERMS; n++) {
    term *= (-angle * angle) / (2 * n * (2 * n - 1));
    sum += term;
  }
  return sum;
}

/** To 11 cm. */
function rounded(degrees: number): number {
  return Math.round(degrees * 1e6) / 1e6;
}
