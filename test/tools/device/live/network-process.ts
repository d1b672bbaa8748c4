import { readFileSync } from "node:fs";
import { NodeCrypto } from "#hal/node/crypto.ts";
import { PseudoTerminal } from "#hal/serial/pseudo-terminal.ts";
import { draw32, drawKey } from "#sim/kernel/draws.ts";
import { ModemLab } from "#sim/modem/modem-lab.ts";
import { PROFILES, type ProfileName } from "#sim/modem/profiles.ts";
import { Campaign } from "#sim/server/campaign.ts";
import { gpsNow, WallClock } from "#tools/fleet/wall-clock.ts";
import { Uart } from "#tools/modem/uart.ts";
import { IDENTITY } from "../../../contract/radio/frames.ts";
import { IN_EU868 } from "../../../sim/eu868.ts";
import { CONFIG } from "../../../sim/server/campaign-bench.ts";

/** What the process is told by its one argument, as JSON. */
export interface NetworkOrder {
  readonly profile: ProfileName;
  /** The image to send. */
  readonly image: string;
  readonly fragSize: number;
  readonly redundancyPercent: number;
  readonly spacingS: number;
  /** 2 to this power: seconds that the session is open. */
  readonly timeoutExponent: number;
  readonly lossPercent: number;
  readonly seed: number;
}

export type NetworkNews =
  | { readonly type: "path"; readonly path: string }
  | { readonly type: "sent"; readonly multicasts: number; readonly lost: number };

/**
 * A virtual modem on a pseudo-terminal, its network and a campaign, in real time and in a process of
 * its own. The campaign begins when the device has set its clock.
 */
const order: NetworkOrder = JSON.parse(process.argv[2] ?? "");
const tell = (news: NetworkNews) => process.send?.(news);
const profile = PROFILES[order.profile];
const loss = drawKey(order.seed, 0, "loss");
const CLOCK_SYNC_PORT = 202;
const PASS_MS = 2;
let multicasts = 0;
let lost = 0;

const terminal = await PseudoTerminal.open({
  onData: (chunk) => {
    clock.sync();
    lab.modem.receive(chunk);
  },
});
const uart = new Uart(
  profile.baudRate,
  () => performance.now(),
  (chunk) => terminal.write(chunk),
);
const { seconds, ms } = gpsNow();
const lab = new ModemLab({
  profile,
  regional: IN_EU868,
  identity: IDENTITY,
  crypto: new NodeCrypto(),
  seed: order.seed,
  gpsAtStart: seconds,
  loses: (frame) => {
    const isLost = draw32(loss, frame) % 100 < order.lossPercent;
    multicasts += 1;
    if (isLost) lost += 1;
    tell({ type: "sent", multicasts, lost });
    return isLost;
  },
  emit: (chunk) => uart.write(chunk),
  onUplink: (fPort) => fPort === CLOCK_SYNC_PORT && deploy(),
});
const clock = new WallClock(lab.engine, ms);
let isDeployed = false;

function deploy(): void {
  if (isDeployed) return;
  isDeployed = true;
  const campaign = new Campaign(
    {
      ...CONFIG,
      image: readFileSync(order.image),
      fragSize: order.fragSize,
      redundancyPercent: order.redundancyPercent,
      dr: 5,
      spacingUs: order.spacingS * 1_000_000,
      maxRetries: 3,
      timeoutExponent: order.timeoutExponent,
      uplinkIntervalS: 40,
    },
    [lab.device],
    lab.server,
  );
  campaign.start();
}

process.on("disconnect", () => process.exit());
lab.modem.powerOn();
tell({ type: "path", path: terminal.path });
// Often, whatever is due: the clock may be one that runs faster than the timers do.
setInterval(() => clock.sync(), PASS_MS);
