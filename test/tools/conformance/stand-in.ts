import { COUNTER_PERIOD_US } from "#hal/gateway-port.ts";
import { resolveScenario } from "#scenarios/defaults.ts";
import { campaignConfigOf } from "#sim/fleet/campaign-config.ts";
import { hexOf } from "#sim/fleet/firmware.ts";
import type { LiveFleet } from "#sim/fleet/live-fleet.ts";
import type { TapEntry } from "#sim/fleet/live-tap.ts";
import { type CampaignGroup, campaignGroups } from "#sim/fleet/roster.ts";
import type { Member } from "#sim/fleet/spawn.ts";
import type { DownlinkCommand, GatewayEvent } from "#sim/gateway/server-gateway.ts";
import { KeyedEntropy } from "#sim/kernel/draws.ts";
import { Campaign } from "#sim/server/campaign.ts";
import type { DeviceRow } from "#sim/server/device-row.ts";
import { GatewayFront } from "#sim/server/gateway-front.ts";
import { NetworkServer } from "#sim/server/network-server.ts";
import { Evidence } from "#tools/conformance/evidence.ts";
import { Copier, type Forgery, forgeFrames } from "#tools/conformance/forgeries.ts";
import type { Situation } from "#tools/conformance/requirement.ts";
import type { DeploymentRecord } from "#tools/fleet/chirpstack-campaign.ts";
import { liveResultOf, makeLiveFleet, makeLiveImages } from "#tools/fleet/live-world.ts";
import { loadScenario } from "#tools/scenario/load.ts";

const GPS_AT_START = 1_400_000_000;
const S = 1e6;
const END_US = 20_000 * S;

/** A situation played on our own server, in virtual time; its fourth group frame may come behind its fifth. */
export async function provokeStandIn(situation: Situation, overtakes = false): Promise<Evidence> {
  const world = new StandInWorld(situation, overtakes);
  return await world.play();
}

class StandInWorld {
  readonly #situation: Situation;
  readonly #overtakes: boolean;
  readonly #scenario;
  readonly #entries: TapEntry[] = [];
  readonly #copier = new Copier();
  readonly #images;
  readonly #fleet: LiveFleet;
  readonly #server: NetworkServer;
  readonly #front: GatewayFront;
  readonly #members: readonly Member[];

  constructor(situation: Situation, overtakes: boolean) {
    this.#situation = situation;
    this.#overtakes = overtakes;
    const resolved = resolveScenario(loadScenario(situation).scenario);
    const gateways = resolved.air.gateways.length;
    // The server sends each fragment by all of them; a device is in the reach of one.
    this.#scenario = { ...resolved, campaign: { ...resolved.campaign, gateways } };
    const { seed, regional } = this.#scenario;
    const spec = { scenario: resolved, seed, firmware: undefined };
    this.#images = makeLiveImages(spec);
    const joinSpreadS = situation === "conformance-storm" ? 2 : resolved.devices.count;
    this.#fleet = makeLiveFleet(
      spec,
      this.#images,
      {
        gpsAtStart: GPS_AT_START,
        gateways,
        statsIntervalS: 30,
        isLenient: false,
        acknowledges: "booked",
        joinSpreadS,
      },
      (gateway, event) => this.#toServer(gateway, event),
      {
        tap: (entry) => {
          this.#entries.push(entry);
          this.#copier.see(entry, this.#fleet, gateways);
        },
      },
    );
    const { engine } = this.#fleet;
    this.#server = new NetworkServer(
      { netId: 1, gpsAtStart: GPS_AT_START, regional },
      {
        scheduler: engine,
        crypto: this.#images.crypto,
        entropy: new KeyedEntropy(seed, -1),
        transmit: (request, ack) => this.#front.transmit(request, ack),
      },
    );
    this.#front = this.#connect(gateways);
    this.#members = this.#fleet.members.map((member) => ({
      ...member,
      serverDevice: this.#server.provision(member.serverDevice.provisioned),
    }));
  }

  async play(): Promise<Evidence> {
    const { engine } = this.#fleet;
    this.#fleet.start();
    this.#until(() => this.#members.every(({ node }) => node.observed.isClockSynced), 600 * S);
    const forgeries: Forgery[] = [];
    if (this.#situation.startsWith("conformance-answers")) {
      const wait = async (ms: number) => engine.advance(engine.now + ms * 1000);
      forgeries.push(...(await forgeFrames(this.#fleet, () => {}, this.#entries, wait)));
    }
    const records: DeploymentRecord[] = [];
    const rounds = { "conformance-storm": 0, "conformance-again": 2 } as Record<string, number>;
    for (let round = 0; round < (rounds[this.#situation] ?? 1); round++) {
      for (const group of campaignGroups(this.#scenario)) records.push(this.#deploy(group));
      this.#until(() => this.#members.every(({ node }) => !node.isUndecided), 60 * S);
    }
    return new Evidence({
      scenario: this.#scenario,
      gpsAtStart: GPS_AT_START,
      entries: this.#entries,
      devices: this.#members.map((member, id) => this.#resultOf(member, id, records)),
      records,
      forgeries: [...forgeries, ...this.#copier.made],
      sent: this.#images.firmware.sent,
    });
  }

  #connect(gateways: number): GatewayFront {
    const { region } = this.#scenario.regional;
    const front = new GatewayFront(
      region,
      this.#fleet.engine,
      this.#server.config.gpsAtStart,
      (uplink) => this.#server.receive(uplink),
    );
    front.multicastGateways = Array.from({ length: gateways }, (_, gateway) => gateway);
    for (let gateway = 0; gateway < gateways; gateway++) {
      let toGroups = 0;
      const behind: DownlinkCommand[] = [];
      front.add({
        acknowledges: "booked",
        send: ({ downlinkId, phyPayload, context, ways }) => {
          const items = ways.map(({ frequencyHz, rate, delayUs }) => ({
            phyPayload,
            frequencyHz,
            rate,
            timing:
              context === undefined
                ? ({ type: "immediately" } as const)
                : ({ type: "delay", counter: Number(context.counter), delayUs } as const),
          }));
          const command = { downlinkId, items };
          if (context === undefined) toGroups += 1;
          if (this.#overtakes && context === undefined && toGroups === 4) {
            behind.push(command);
            return true;
          }
          for (const one of [command, ...behind.splice(0)]) this.#fleet.command(gateway, one);
          return true;
        },
      });
    }
    return front;
  }

  #toServer(gateway: number, event: GatewayEvent): void {
    if (event.type === "ack") {
      this.#front.acknowledge(gateway, event.downlinkId, event.statuses.includes("ok"));
    }
    if (event.type !== "uplink") return;
    const { counterUs } = event;
    const counter = BigInt(counterUs % COUNTER_PERIOD_US);
    this.#front.receive(gateway, { ...event, context: { counter, antenna: 0 } });
  }

  #deploy(group: CampaignGroup): DeploymentRecord {
    const own = this.#members.filter(({ kind }) => group.kinds.includes(kind));
    const config = campaignConfigOf(this.#scenario, this.#images.firmware.sent, group.device);
    const devices = own.map(({ serverDevice }) => serverDevice);
    const campaign = new Campaign(config, devices, this.#server);
    campaign.start();
    this.#until(() => campaign.done, END_US);
    const rows = campaign.rows.map(deploymentRow);
    const complaints = campaign.jobError === "" ? [] : [campaign.jobError];
    return { group: group.name, isComplete: campaign.done, complaints, rows };
  }

  #resultOf(member: Member, id: number, records: readonly DeploymentRecord[]) {
    const live = this.#fleet.members[id];
    if (live === undefined) throw new RangeError(`device ${id}`);
    const devEui = hexOf(member.serverDevice.provisioned.devEui);
    const row = records.flatMap(({ rows }) => rows).findLast((one) => one.devEui === devEui);
    const { isComplete = false, error = "" } = row ?? {};
    return liveResultOf(this.#fleet, live, { complete: isComplete && error === "", error });
  }

  #until(isDone: () => boolean, forUs: number): void {
    const { engine } = this.#fleet;
    const endUs = engine.now + forUs;
    while (!isDone() && engine.now < endUs) engine.advance(engine.now + S);
  }
}

function deploymentRow({ device, doneAt, completedAt, errorMsg }: DeviceRow) {
  return {
    devEui: hexOf(device.provisioned.devEui),
    isGroupSetUp: doneAt.has("mcGroupSetup"),
    isBlockSetUp: doneAt.has("fragSessionSetup"),
    isSessionSetUp: doneAt.has("mcSession"),
    isStatusGood: doneAt.has("fragStatus"),
    isComplete: completedAt !== undefined,
    error: errorMsg,
  };
}
