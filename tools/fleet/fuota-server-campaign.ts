import type { ChirpStackConnection } from "#hal/net/chirpstack-connection.ts";
import type { DeploymentDevice } from "#hal/net/chirpstack-deployments.ts";
import { removeMulticastGroup } from "#hal/net/chirpstack-multicast.ts";
import type {
  FuotaServer,
  FuotaServerDevice,
  FuotaServerFacts,
  FuotaServerLogEntry,
} from "#hal/net/fuota-server.ts";
import { NodeCrypto } from "#hal/node/crypto.ts";
import { TIMEOUT_EXPONENT_MAX } from "#scenarios/session.ts";
import { pacedSession } from "#sim/fleet/gateway-air.ts";
import { bytesOf } from "#sim/fleet/settings.ts";
import { orRefused } from "#tools/provision/api-refusal.ts";
import { deviceListOf, mcRootKeyOf } from "#tools/provision/device-list.ts";
import {
  type CampaignHooks,
  type CampaignInput,
  type DeploymentRecord,
  refusalText,
} from "./chirpstack-campaign.ts";
import { follow } from "./fuota-server-watch.ts";

export interface FuotaServerApis {
  readonly server: FuotaServer;
  readonly chirpStack: ChirpStackConnection;
}

/** A request is fetched within an uplink interval; its answer may take some seconds more. */
const ANSWER_S = 5;

/** Starts a deployment on a FUOTA Server and follows it to its end. */
export async function runOnFuotaServer(
  { server, chirpStack }: FuotaServerApis,
  input: CampaignInput,
  hooks: CampaignHooks,
): Promise<DeploymentRecord> {
  const facts = factsOf(input);
  const { applicationId, requestStatus, timeoutExponent } = facts;
  return await orRefused(async () => {
    const id = await server.start(facts);
    const { isOver, complaint } = await follow(server, id, facts, hooks);
    // Without a status to ask for, its last deed is to wait for the end of the session.
    if (isOver && requestStatus === "never") await hooks.wait(2 ** timeoutExponent * 1000);
    const complaints = complaint === undefined ? [] : [complaint];
    const complain = (error: unknown) => {
      complaints.push(refusalText(error));
      return [];
    };
    if (hooks.isInterrupted()) {
      // It cannot be told to stop. Without its group no more fragments go on the air.
      await removeMulticastGroup(chirpStack, applicationId, `fuota-${id}`).catch(complain);
    }
    const rows = await rowsOf(server, id, requestStatus).catch(complain);
    return { group: input.group.name, isComplete: isOver, complaints, rows };
  });
}

async function rowsOf(
  server: FuotaServer,
  id: string,
  requestStatus: FuotaServerFacts["requestStatus"],
): Promise<readonly DeploymentDevice[]> {
  const { devices } = await server.state(id);
  const rows: DeploymentDevice[] = [];
  for (const device of devices) {
    const isComplete = hasAll(device, requestStatus);
    const error = isComplete ? "" : lastWord(await server.log(id, device.devEui));
    rows.push({ ...device, isComplete, error });
  }
  return rows;
}

function hasAll(device: FuotaServerDevice, requestStatus: FuotaServerFacts["requestStatus"]) {
  const { isGroupSetUp, isBlockSetUp, isSessionSetUp, isStatusGood } = device;
  const isStatusFine = requestStatus === "never" || isStatusGood;
  return isGroupSetUp && isBlockSetUp && isSessionSetUp && isStatusFine;
}

/** How the exchange with a device that did not complete broke off. */
export function lastWord(log: readonly FuotaServerLogEntry[]): string {
  const last = log.at(-1);
  if (last === undefined) return "nothing was asked of it";
  const { command, fields } = last;
  if (command.endsWith("Req")) {
    const times = log.filter((entry) => entry.command === command).length;
    return `no answer to ${times} ${command}`;
  }
  const isOdd = ([name, value]: [string, string]) =>
    value === "true" || (name === "missing_frag" && value !== "0");
  const odd = [...fields].filter(isOdd).map(([name, value]) => `${name} ${value}`);
  return [command, ...odd.sort()].join(", ");
}

function factsOf({
  scenario,
  group,
  seed,
  devEuis,
  provisioned,
  payload,
}: CampaignInput): FuotaServerFacts {
  const { campaign, regional } = scenario;
  const { region } = regional;
  const crypto = new NodeCrypto();
  const own = new Set(devEuis);
  const listed = deviceListOf(scenario, seed).filter(({ devEui }) => own.has(devEui));
  // Each fragment goes out by every gateway, a margin apart.
  const gateways = Math.max(1, provisioned.gatewayIds.length);
  const paced = { ...campaign, gateways };
  const { session, spacingUs } = pacedSession(region, paced, payload.length);
  const unicastTimeoutS = group.device.uplinkIntervalS + ANSWER_S;
  const attempts = campaign.maxRetries + 1;
  const neededS =
    (spacingUs / 1e6) * (session.totalFragments + 1) + (attempts - 1) * unicastTimeoutS;
  return {
    applicationId: provisioned.applicationId,
    devices: listed.map((device) => ({
      devEui: device.devEui,
      mcRootKey: mcRootKeyOf(device, crypto),
    })),
    region: region.name,
    dr: campaign.dr,
    frequencyHz: campaign.frequencyHz,
    timeoutExponent: campaign.timeoutExponent ?? exponentOf(neededS),
    unicastTimeoutS,
    attempts,
    fragSize: campaign.fragSize,
    codedFragments: session.codedFragments,
    blockAckDelay: campaign.blockAckDelay,
    descriptor: bytesOf(campaign.descriptor),
    requestStatus: campaign.requestStatus,
    payload,
  };
}

/**
 * Each attempt of its session stage moves the start of the session, and only those who have not answered are
 * told: whoever accepted the first time has to listen for all the attempts longer.
 */
function exponentOf(neededS: number): number {
  const exponent = Math.ceil(Math.log2(neededS));
  return Math.min(TIMEOUT_EXPONENT_MAX, Math.max(0, exponent));
}
