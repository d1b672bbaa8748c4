import { FleetCrypto } from "#hal/node/fleet-crypto.ts";
import { resolveScenario } from "#scenarios/defaults.ts";
import { runScenario } from "#sim/fleet/run.ts";
import { signerOf } from "./images.ts";
import type { SimulationInput, SimulationListener } from "./simulation.ts";

/** Runs a fleet on this thread, to its end: the one place that joins the simulated world to Node. */
export function simulateHere(input: SimulationInput, listener: SimulationListener): void {
  const { scenario, seed, firmware, shard, eventsMax, isSurveyed } = input;
  const signer = signerOf(seed, resolveScenario(scenario).firmware.signature);
  const result = runScenario(
    {
      scenario,
      seed,
      ...(firmware === undefined ? {} : { firmware }),
      ...(shard === undefined ? {} : { shard }),
      ...(eventsMax === undefined ? {} : { eventsMax }),
      isSurveyed: isSurveyed ?? false,
      onProgress: listener.onProgress,
      onDevice: listener.onDevice,
      onCell: listener.onCell,
    },
    new FleetCrypto(),
    signer,
  );
  listener.onFirmware(result.firmware);
}
