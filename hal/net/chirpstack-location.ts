import common from "@chirpstack/chirpstack-api/common/common_pb.js";
import type { GatewayLocation } from "#hal/gateway-port.ts";

/** Of a gateway, in its statistics and in the API. */
export function locationOf(
  { latitude, longitude, altitudeM }: GatewayLocation,
  source: "GPS" | "CONFIG",
): common.Location {
  const location = new common.Location();
  location.setLatitude(latitude);
  location.setLongitude(longitude);
  location.setAltitude(altitudeM);
  location.setSource(common.LocationSource[source]);
  return location;
}
