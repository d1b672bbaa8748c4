import { ApiRefused, type ChirpStackConnection } from "#hal/net/chirpstack-connection.ts";
import {
  ChirpStackDeployments,
  type DeploymentDevice,
  type DeploymentState,
} from "#hal/net/chirpstack-deployments.ts";
import type { ResolvedScenario } from "#scenarios/defaults.ts";
import type { CampaignGroup } from "#sim/fleet/roster.ts";
import { bytesOf } from "#sim/fleet/settings.ts";
import { orRefused } from "#tools/provision/api-refusal.ts";
import type { Provisioned } from "#tools/provision/chirpstack.ts";
import { serverSession } from "./server-session.ts";

export interface CampaignInput {
  readonly scenario: ResolvedScenario;
  readonly group: CampaignGroup;
  readonly seed: number;
  readonly devEuis: readonly string[];
  readonly provisioned: Provisioned;
  readonly payload: Uint8Array;
}

/** How a deployment went by the server's own record. */
export interface DeploymentRecord {
  readonly group: string;
  readonly isComplete: boolean;
  /** Errors of its jobs, in order. */
  readonly complaints: readonly string[];
  readonly rows: readonly DeploymentDevice[];
}

export interface CampaignHooks {
  readonly wait: (ms: number) => Promise<void>;
  readonly isInterrupted: () => boolean;
  readonly onJob: (text: string) => void;
}

const POLL_MS = 2000;
/** Beyond what its own stages can take, a deployment is stuck. */
const SLACK_S = 120;

/** Starts a FUOTA deployment on a ChirpStack and follows it to its end. */
export async function runDeployment(
  api: ChirpStackConnection,
  input: CampaignInput,
  hooks: CampaignHooks,
): Promise<DeploymentRecord> {
  const deployments = new ChirpStackDeployments(api);
  const { scenario, group, devEuis, provisioned, payload } = input;
  const { campaign, regional } = scenario;
  const gateways = provisioned.gatewayIds.length;
  const session = serverSession(regional.region, { ...campaign, gateways }, payload.length);
  return await orRefused(async () => {
    const id = await deployments.start({
      applicationId: provisioned.applicationId,
      deviceProfileId: provisioned.profileIds.get(group.kinds[0]?.name ?? "") ?? "",
      name: `${scenario.name} ${group.name}`.slice(0, 100),
      devEuis,
      gatewayIds: provisioned.gatewayIds,
      dr: campaign.dr,
      frequencyHz: campaign.frequencyHz,
      timeoutExponent: session.timeoutExponent,
      pingPeriodicity: session.pingPeriodicity,
      maxRetries: campaign.maxRetries,
      fragSize: campaign.fragSize,
      redundancyPercent: campaign.redundancyPercent,
      blockAckDelay: campaign.blockAckDelay,
      descriptor: bytesOf(campaign.descriptor),
      requestStatus: campaign.requestStatus,
      payload,
    });
    const stages = 4 * (campaign.maxRetries + 2) * group.device.uplinkIntervalS;
    const giveUpS = stages + session.lengthS + SLACK_S;
    const { isComplete, jobs } = await follow(deployments, id, giveUpS, hooks);
    const complaints = jobs.flatMap(({ name, error }) =>
      error === "" ? [] : [`${name}: ${error}`],
    );
    const rows = await deployments.devices(id).catch((error: unknown) => {
      complaints.push(refusalText(error));
      return [];
    });
    // Left alone, the server would go on with it for hours, and into the next run.
    if (hooks.isInterrupted() && !isComplete) await deployments.remove(id);
    return { group: group.name, isComplete, complaints, rows };
  });
}

async function follow(
  deployments: ChirpStackDeployments,
  id: string,
  giveUpS: number,
  hooks: CampaignHooks,
): Promise<DeploymentState> {
  let shown = "";
  let state: DeploymentState = { isComplete: false, jobs: [] };
  for (let waitedMs = 0; ; waitedMs += POLL_MS) {
    let text = "";
    try {
      state = await deployments.state(id);
      const current = state.jobs.findLast(({ isDone }) => !isDone) ?? state.jobs.at(-1);
      if (current !== undefined) text = `${current.name}, attempt ${current.attempts}`;
    } catch (error) {
      // The devices go on, and so may the server.
      text = refusalText(error);
    }
    if (text !== shown) hooks.onJob(text);
    shown = text;
    const isDead = !state.isComplete && state.jobs.length > 0 && isStuck(state);
    if (state.isComplete || isDead || waitedMs > giveUpS * 1000 || hooks.isInterrupted()) {
      return state;
    }
    await hooks.wait(POLL_MS);
  }
}

/** Throws what is no refusal. */
export function refusalText(error: unknown): string {
  if (error instanceof ApiRefused) return error.message;
  throw error;
}

/** A job that failed for good leaves no other behind it. */
function isStuck({ jobs }: DeploymentState): boolean {
  return jobs.every(({ isDone }) => isDone) && jobs.some(({ error }) => error !== "");
}
