import type { GatewayLocation } from "#hal/gateway-port.ts";
import type { ResolvedAir } from "#scenarios/air-defaults.ts";
import type { ResolvedScenario } from "#scenarios/defaults.ts";
import { drawKey } from "#sim/kernel/draws.ts";
import { cellKey } from "./per-gateway.ts";
import { placeOnDisc } from "./radio-link.ts";

/** A town with its gateways. */
const RADIUS_M = 5000;
/** From the middle of a cell to that of the next. */
const CELL_RADII = 4;
/** Of latitude, and of longitude at the equator. */
const DEGREE_M = 111_320;
/** Far more than 64 bits tell apart below a right angle. */
const COSINE_TERMS = 12;

/** Where gateway `index` of a live fleet is, if the scenario says where its middle is. */
export function gatewayLocationOf(
  { air }: Pick<ResolvedScenario, "air">,
  seed: number,
  index: number,
): GatewayLocation | undefined {
  if (air.location === undefined) return undefined;
  const { latitude, longitude, altitudeM } = air.location;
  const { x, y } = placeOf(air, seed, index);
  const east = longitude + x / (DEGREE_M * cosine(latitude));
  return {
    latitude: rounded(latitude + y / DEGREE_M),
    longitude: rounded(((((east + 180) % 360) + 360) % 360) - 180),
    altitudeM,
  };
}

/** In metres from the middle. Cells with a radio do not hear each other: they lie in a row to the east. */
function placeOf({ radio }: ResolvedAir, seed: number, index: number) {
  if (radio === undefined) {
    return placeOnDisc(RADIUS_M, drawKey(seed, cellKey(index), "location"));
  }
  const cell = Math.floor(index / radio.gateways.length);
  const { xM, yM } = radio.gateways[index % radio.gateways.length] ?? { xM: 0, yM: 0 };
  return { x: xM + cell * CELL_RADII * radio.radiusM, y: yM };
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
