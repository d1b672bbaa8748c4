import type { DeviceConfig } from "#agent/config.ts";
import type { DevicePorts } from "#agent/device.ts";
import type { ResolvedDevice } from "#scenarios/defaults.ts";
import type { NorFlash } from "#sim/flash/nor.ts";
import type { Scheduler } from "#sim/kernel/engine.ts";
import type { DeviceOracles } from "#sim/oracles/device-oracles.ts";
import type { FirmwareDefect } from "./firmware.ts";
import type { OnApplication } from "./live-tap.ts";
import type { DeviceProbe } from "./probe.ts";

/** What a node is made of. */
export interface NodeParts {
  readonly scheduler: Scheduler;
  readonly flash: NorFlash;
  readonly ports: DevicePorts;
  readonly probe: DeviceProbe | undefined;
  readonly oracles: DeviceOracles;
  readonly config: DeviceConfig;
  readonly device: Pick<ResolvedDevice, "answerErrors" | "answerFaults" | "packages" | "persona">;
  readonly driftPpm: number;
  /** GPS seconds that the clock shows at the first boot; wrong by up to the scenario's bound. */
  readonly rtcGps: number;
  /** Hash of the image being sent and what is wrong with it when it runs. */
  readonly updateHash: Uint8Array;
  readonly defect: FirmwareDefect;
  readonly seed: number;
  /** Who else wants to know what the device says and hears. */
  readonly onApplication: OnApplication | undefined;
}
