/** `fuota/sim`: the simulated world, deterministic and without sockets. */
export type { AirDownlink, AirUplink, DownlinkRequest, GatewayUplink } from "./air/frames.ts";
export { type LossModel, lossModel } from "./air/loss.ts";
export { fskTimeOnAirUs, timeOnAirUs } from "./air/time-on-air.ts";
export { NorFlash } from "./flash/nor.ts";
export { norProfiles, profileGeometry } from "./flash/profiles.ts";
export { type FirmwarePair, makeFirmware } from "./fleet/firmware.ts";
export type { DeviceResult } from "./fleet/result.ts";
export { type RunInput, type RunResult, runScenario } from "./fleet/run.ts";
export { InProcessGateway } from "./gateway/in-process.ts";
export { type DrawKey, draw32, drawBelow, drawKey, KeyedEntropy } from "./kernel/draws.ts";
export { Engine, type Scheduled, type Scheduler, type WorldUs } from "./kernel/engine.ts";
export { EndDeviceMac, newMacNvm } from "./mac/end-device.ts";
export { Campaign } from "./server/campaign.ts";
export { NetworkServer } from "./server/network-server.ts";
