import { FIRMWARE_MANAGEMENT_PORT, fwDownlink } from "#agent/packages/firmware-management.wire.ts";
import type { ResolvedKind } from "#scenarios/defaults.ts";
import { planSession } from "#scenarios/session.ts";
import { Campaign } from "#sim/server/campaign.ts";
import type { DeviceRow } from "#sim/server/device-row.ts";
import type { NetworkServer } from "#sim/server/network-server.ts";
import type { ServerDevice } from "#sim/server/server-device.ts";
import type { CellInput } from "./cell.ts";
import { dutySpacingUs, fragmentSpacingUs } from "./gateway-air.ts";
import type { ServerView } from "./result.ts";
import { parityVariantOf } from "./settings.ts";
import type { Member } from "./spawn.ts";

/** Each campaign starts when its devices have joined, or after this many uplink intervals. */
const JOIN_INTERVALS_MAX = 30;
const JOIN_CHECK_US = 5_000_000;
/** Activation time-out and three trials, with room to spare. */
const SETTLE_MAX_US = 12_000 * 1e6;
const SETTLE_CHECK_US = 10_000_000;

interface Deployment {
  readonly kind: ResolvedKind;
  readonly campaign: Campaign;
  readonly members: readonly Member[];
}

/**
 * The campaigns of a cell, one per kind of device and one after the other: two at a time would not
 * share the gateway's duty cycle.
 */
export class Deployments {
  readonly #server: NetworkServer;
  readonly #deployments: readonly Deployment[];
  readonly #byMcAddr: ReadonlyMap<number, Deployment>;
  readonly #rows: ReadonlyMap<ServerDevice, DeviceRow>;
  #index = 0;
  settled = false;

  constructor(input: CellInput, members: readonly Member[], server: NetworkServer) {
    this.#server = server;
    const kinds = input.scenario.devices.kinds;
    this.#deployments = kinds
      .map((kind) => ({ kind, members: members.filter((member) => member.kind === kind) }))
      .filter((deployment) => deployment.members.length > 0)
      .map(({ kind, members: own }) => ({
        kind,
        members: own,
        campaign: campaignOf(input, kind, own, server),
      }));
    this.#byMcAddr = new Map(this.#deployments.map((one) => [one.campaign.mcAddr, one]));
    const rows = this.#deployments.flatMap(({ campaign }) => campaign.rows);
    this.#rows = new Map(rows.map((row) => [row.device, row]));
  }

  /** The devices that a multicast address is for. */
  groupOf(mcAddr: number): readonly Member[] | undefined {
    return this.#byMcAddr.get(mcAddr)?.members;
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
    const deployment = this.#deployments[this.#index];
    const { scheduler } = this.#server.io;
    if (deployment === undefined) {
      this.#settle(scheduler.now + SETTLE_MAX_US);
      return;
    }
    const { campaign, members, kind } = deployment;
    campaign.onDone = () => {
      if (kind.device.activation === "onCommand") this.#commandReboot(members);
      this.#index += 1;
      this.start();
    };
    const giveUpUs = scheduler.now + JOIN_INTERVALS_MAX * kind.device.uplinkIntervalS * 1e6;
    this.#startWhenJoined(deployment, giveUpUs);
  }

  #startWhenJoined(deployment: Deployment, giveUpUs: number): void {
    const { scheduler } = this.#server.io;
    const isJoined = deployment.members.every((member) => member.node.isClockSynced);
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
  input: CellInput,
  kind: ResolvedKind,
  members: readonly Member[],
  server: NetworkServer,
): Campaign {
  const { campaign, regional } = input.scenario;
  const image = input.firmware.sent;
  const { region } = regional;
  const isClassB = campaign.sessionClass === "B";
  const averageUs = fragmentSpacingUs(region, campaign);
  const plan = planSession({ ...campaign, marginS: averageUs / 1e6 }, image.length);
  return new Campaign(
    {
      ...campaign,
      packages: kind.device.packages === "v1" ? 1 : 2,
      parityVariant: parityVariantOf({ ...kind.device, parity: "auto" }),
      image,
      spacingUs: isClassB ? dutySpacingUs(region, campaign) : averageUs,
      pingPeriodicity: isClassB ? campaign.pingPeriodicity : undefined,
      gapsUs: campaign.gapsS?.map((gap) => Math.round(gap * 1e6)),
      timeoutExponent: plan.timeoutExponent,
      descriptor: bytesOf(campaign.descriptor),
      uplinkIntervalS: kind.device.uplinkIntervalS,
      misbehaviour: input.scenario.server,
    },
    members.map(({ serverDevice }) => serverDevice),
    server,
  );
}

function bytesOf(hex: string): Uint8Array {
  const pairs = hex.match(/../g) ?? [];
  return Uint8Array.from(pairs, (pair) => Number.parseInt(pair, 16));
}
