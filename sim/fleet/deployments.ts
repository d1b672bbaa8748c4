import { FIRMWARE_MANAGEMENT_PORT, fwDownlink } from "#agent/packages/firmware-management.wire.ts";
import { Campaign } from "#sim/server/campaign.ts";
import type { DeviceRow } from "#sim/server/device-row.ts";
import type { NetworkServer } from "#sim/server/network-server.ts";
import type { ServerDevice } from "#sim/server/server-device.ts";
import { campaignConfigOf } from "./campaign-config.ts";
import type { CellInput } from "./cell.ts";
import type { ServerView } from "./result.ts";
import { type CampaignGroup, campaignGroups } from "./roster.ts";
import type { Member } from "./spawn.ts";

/** Each campaign starts when its devices have joined, or after this many uplink intervals. */
const JOIN_INTERVALS_MAX = 30;
const JOIN_CHECK_US = 5_000_000;
/** Activation time-out and three trials, with room to spare. */
const SETTLE_MAX_US = 12_000 * 1e6;
const SETTLE_CHECK_US = 10_000_000;

interface Deployment {
  readonly group: CampaignGroup;
  readonly campaign: Campaign;
  readonly members: readonly Member[];
  /** From 0. */
  readonly round: number;
}

/**
 * The campaigns of a cell, by default one per kind of device, and one after the other: two at a time would not
 * share the gateway's duty cycle.
 */
export class Deployments {
  readonly #server: NetworkServer;
  readonly #input: CellInput;
  readonly #members: readonly Member[];
  readonly #deployments: Deployment[] = [];
  readonly #byMcAddr = new Map<number, Deployment>();
  /** Of the newest campaign of each device. */
  readonly #rows = new Map<ServerDevice, DeviceRow>();
  #index = 0;
  #round = 1;
  settled = false;

  constructor(input: CellInput, members: readonly Member[], server: NetworkServer) {
    this.#input = input;
    this.#members = members;
    this.#server = server;
    this.#plan(members);
  }

  /** A campaign for each group of kinds among them. */
  #plan(members: readonly Member[]): void {
    for (const group of campaignGroups(this.#input.scenario)) {
      const own = members.filter((member) => group.kinds.includes(member.kind));
      if (own.length === 0) continue;
      const campaign = campaignOf(this.#input, group, own, this.#server);
      const deployment = { group, members: own, campaign, round: this.#round - 1 };
      this.#deployments.push(deployment);
      this.#byMcAddr.set(campaign.mcAddr, deployment);
      for (const row of campaign.rows) this.#rows.set(row.device, row);
    }
  }

  /** Another round for those that it can help. */
  #planRound(): void {
    if (this.#round >= this.#input.scenario.campaign.rounds) return;
    this.#round += 1;
    this.#plan(this.#members.filter(({ node }) => !node.updated && !node.isUndecided));
  }

  /** The devices that a multicast address is for, and in which round. */
  groupOf(mcAddr: number): Pick<Deployment, "members" | "round"> | undefined {
    return this.#byMcAddr.get(mcAddr);
  }

  /** The server is restarting. */
  isServerDownAt(now: number): boolean {
    return this.#deployments[this.#index]?.campaign.queue.isDownAt(now) ?? false;
  }

  viewOf(member: Member): ServerView {
    const row = this.#rows.get(member.serverDevice);
    if (row === undefined) return { complete: false, error: "" };
    const complete = row.completedAt !== undefined && row.errorMsg === "";
    return { complete, error: row.errorMsg };
  }

  start(): void {
    if (this.#index >= this.#deployments.length) this.#planRound();
    const deployment = this.#deployments[this.#index];
    const { scheduler } = this.#server.io;
    if (deployment === undefined) {
      this.#settle(scheduler.now + SETTLE_MAX_US);
      return;
    }
    const { campaign, members, group } = deployment;
    campaign.onDone = () => {
      this.#commandReboot(members.filter(({ kind }) => kind.device.activation === "onCommand"));
      this.#index += 1;
      this.start();
    };
    const giveUpUs = scheduler.now + JOIN_INTERVALS_MAX * group.device.uplinkIntervalS * 1e6;
    this.#startWhenJoined(deployment, giveUpUs);
  }

  #startWhenJoined(deployment: Deployment, giveUpUs: number): void {
    const { scheduler } = this.#server.io;
    const isJoined = deployment.members.every((member) => member.node.observed.isClockSynced);
    if (isJoined || scheduler.now >= giveUpUs) {
      deployment.campaign.start();
      return;
    }
    const later = scheduler.now + JOIN_CHECK_US;
    scheduler.schedule(later, () => this.#startWhenJoined(deployment, giveUpUs));
  }

  /** TS006 DevRebootTime 0: as soon as possible. */
  #commandReboot(members: readonly Member[]): void {
    const payload = fwDownlink.encode({ name: "DevRebootTimeReq", rebootTime: 0 });
    for (const { serverDevice } of members) {
      this.#server.enqueue(serverDevice, FIRMWARE_MANAGEMENT_PORT, payload);
    }
  }

  #settle(giveUpUs: number): void {
    const { scheduler } = this.#server.io;
    const isPending = this.#deployments.some(({ members }) =>
      members.some(({ node }) => node.isUndecided),
    );
    if (!isPending || scheduler.now >= giveUpUs) {
      this.settled = true;
      return;
    }
    scheduler.schedule(scheduler.now + SETTLE_CHECK_US, () => this.#settle(giveUpUs));
  }
}

function campaignOf(
  { scenario, firmware }: CellInput,
  { device }: CampaignGroup,
  members: readonly Member[],
  server: NetworkServer,
): Campaign {
  const devices = members.map(({ serverDevice }) => serverDevice);
  return new Campaign(campaignConfigOf(scenario, firmware.sent, device), devices, server);
}
