import { REGIONS } from "#scenarios/regions/regions.ts";
import { bytesFrom } from "#sim/modem/hex-text.ts";
import { portRig } from "../contract/radio/port-rig.ts";
import { contractInForeignNetwork } from "../contract/radio.contract.ts";

/**
 * The contract on the modem at FUOTA_TEST_PORT, in the network that knows it: docs/modems.md. Without
 * that variable this file takes no part in the soak: `vitest.soak.config.ts`.
 */

const {
  FUOTA_TEST_PORT: port = "",
  FUOTA_TEST_REGION: region = "EU868",
  FUOTA_TEST_DR: dr = "5",
} = process.env;

function bytesOf(variable: string, count: number): Uint8Array {
  const bytes = bytesFrom(process.env[variable] ?? "", count);
  if (bytes !== undefined) return bytes;
  throw new RangeError(`${variable} has to be ${2 * count} hex digits`);
}

function regionName() {
  const known = REGIONS.find(({ name }) => name === region);
  if (known !== undefined) return known.name;
  throw new RangeError(`FUOTA_TEST_REGION is none of ${REGIONS.map(({ name }) => name).join()}`);
}

contractInForeignNetwork(port, () =>
  portRig(port, regionName(), {
    devEui: bytesOf("FUOTA_TEST_DEV_EUI", 8),
    joinEui: bytesOf("FUOTA_TEST_JOIN_EUI", 8),
    appKey: bytesOf("FUOTA_TEST_APP_KEY", 16),
    dr: Number(dr),
  }),
);
