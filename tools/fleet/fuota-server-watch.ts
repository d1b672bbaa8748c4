import type {
  FuotaServer,
  FuotaServerDevice,
  FuotaServerFacts,
  FuotaServerState,
} from "#hal/net/fuota-server.ts";
import { type CampaignHooks, refusalText } from "./chirpstack-campaign.ts";

const POLL_MS = 2000;
/** Beyond what a stage can take, its deployment is stuck. */
const SLACK_S = 120;
/** A server that can ask has asked its first device by then. */
const FIRST_ASKED_S = 30;
/** Before it asks the first, all enter the multicast group one by one. */
const ADDED_PER_S = 10;
const UNHEARD =
  "the FUOTA Server has heard no answer at all: does ChirpStack reach --fuota-events, in its --fuota-marshaler?";

export interface Followed {
  readonly isOver: boolean;
  /** What the server keeps to its own log. */
  readonly complaint: string | undefined;
}

interface Stage {
  readonly maxS: number;
  readonly stuck: string;
  /** What there is to say when it is over; undefined before. */
  readonly look: () => Promise<Ended | undefined>;
}

interface Ended {
  readonly text: string;
  /** Why nothing can come of the stages that follow. */
  readonly hopeless?: string;
}

/** Follows a deployment to its end, or until a stage takes longer than it can. */
export async function follow(
  server: FuotaServer,
  id: string,
  facts: FuotaServerFacts,
  hooks: CampaignHooks,
): Promise<Followed> {
  for (const stage of stagesOf(server, id, facts)) {
    const ended = await lookUntilOver(stage, hooks);
    if (ended === undefined) {
      return { isOver: false, complaint: hooks.isInterrupted() ? undefined : stage.stuck };
    }
    hooks.onJob(ended.text);
    if (ended.hopeless !== undefined) return { isOver: false, complaint: ended.hopeless };
  }
  return { isOver: true, complaint: undefined };
}

/** Undefined when it is not over in time, or nobody waits any more. */
async function lookUntilOver(
  { maxS, look }: Stage,
  hooks: CampaignHooks,
): Promise<Ended | undefined> {
  let shown = "";
  for (let waitedMs = 0; waitedMs <= maxS * 1000; waitedMs += POLL_MS) {
    let refusal = "";
    try {
      const ended = await look();
      if (ended !== undefined) return ended;
    } catch (error) {
      // The devices go on, and so may the server.
      refusal = refusalText(error);
    }
    if (refusal !== shown && refusal !== "") hooks.onJob(refusal);
    shown = refusal;
    if (hooks.isInterrupted()) return undefined;
    await hooks.wait(POLL_MS);
  }
  return undefined;
}

function stagesOf(server: FuotaServer, id: string, facts: FuotaServerFacts): readonly Stage[] {
  const { devices, unicastTimeoutS, attempts, timeoutExponent, requestStatus } = facts;
  const asksForS = unicastTimeoutS * attempts + SLACK_S;
  const stage = (
    name: string,
    maxS: number,
    over: Exclude<keyof FuotaServerState, "devices">,
    passed: Exclude<keyof FuotaServerDevice, "devEui">,
  ): Stage => ({
    maxS,
    stuck: `${name} is not over after ${maxS} s: was the server restarted?`,
    look: async () => {
      const state = await server.state(id);
      if (!state[over]) return undefined;
      const count = state.devices.filter((device) => device[passed]).length;
      const text = `${name} over, ${count} of ${devices.length}`;
      return passed === "isGroupSetUp" && count === 0 ? { text, hopeless: UNHEARD } : { text };
    },
  });
  const all = [
    firstRequest(server, id, devices),
    stage("McGroupSetup", asksForS, "isGroupDone", "isGroupSetUp"),
    stage("FragSessionSetup", asksForS, "isBlockDone", "isBlockSetUp"),
    stage("McClassCSession", asksForS, "isSessionDone", "isSessionSetUp"),
    stage("DataFragment", unicastTimeoutS + SLACK_S, "isEnqueued", "isSessionSetUp"),
    stage("FragSessionStatus", 2 ** timeoutExponent + asksForS, "isStatusDone", "isStatusGood"),
  ];
  return requestStatus === "never" ? all.slice(0, -1) : all;
}

function firstRequest(
  server: FuotaServer,
  id: string,
  devices: FuotaServerFacts["devices"],
): Stage {
  const maxS = FIRST_ASKED_S + Math.ceil(devices.length / ADDED_PER_S);
  return {
    maxS,
    stuck: `nothing asked of the first device in ${maxS} s; the server's log says why: perhaps its API key`,
    look: async () => {
      const log = await server.log(id, devices[0]?.devEui ?? "");
      return log.length > 0 ? { text: "the devices are being asked" } : undefined;
    },
  };
}
