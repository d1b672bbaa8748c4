import type { Crypto, Entropy, GpsSeconds } from "#hal/ports.ts";
import type { ResolvedScenario } from "#scenarios/defaults.ts";
import type { GatewayUplink } from "#sim/air/frames.ts";
import { airtimeOfUplinkUs } from "#sim/air/regional.ts";
import { campaignConfigOf } from "#sim/fleet/campaign-config.ts";
import { hexOf } from "#sim/fleet/firmware.ts";
import type { Scheduler, WorldUs } from "#sim/kernel/engine.ts";
import { Campaign } from "#sim/server/campaign.ts";
import { GatewayFront } from "#sim/server/gateway-front.ts";
import type { JoinRefusal } from "#sim/server/join-server.ts";
import { NetworkServer } from "#sim/server/network-server.ts";
import type { ProvisionedDevice, ServerDevice } from "#sim/server/server-device.ts";
import type { SeenDownlink, SeenUplink, Witness } from "#sim/server/witness.ts";
import { Examiner } from "./examiner.ts";
import { REFUSAL_WORDS } from "./join-words.ts";
import { isComplete, type LnsDevice } from "./lns-device.ts";
import { Questions } from "./questions.ts";
import { gatewaysFor } from "./reach.ts";
import { tellsTime } from "./told-time.ts";

export interface LnsInput {
  readonly scenario: Pick<ResolvedScenario, "campaign" | "regional" | "server">;
  readonly devices: readonly ProvisionedDevice[];
  /** What is sent. */
  readonly image: Uint8Array;
  /** How often the devices speak without being asked. */
  readonly uplinkIntervalS: number;
  /** When this world begins. */
  readonly gpsAtStart: GpsSeconds;
  /** Of the first FragSessionSetupReq (TS004 v2): devices refuse what they have seen. */
  readonly sessionCnt: number;
  readonly scheduler: Scheduler;
  readonly crypto: Crypto;
  readonly entropy: Entropy;
  /** Whether devices are asked what a campaign does not ask, before it. */
  readonly asksQuestions: boolean;
  /** A line for a person who watches. */
  readonly say: (text: string) => void;
}

export type LnsPhase = "waiting" | "questions" | "campaign" | "settling" | "done";

const NET_ID = 0x00_00_13;
const CHECK_US = 1_000_000;
/** A device may be busy with what it was asked before. */
const ANSWER_US = 30_000_000;
/**
 * After the last campaign, in uplink intervals and beyond: a new image that hears no server goes back
 * to the old one, so nobody leaves before the first time is over, and nobody is waited for after the
 * second.
 */
const STAY = { intervals: 1, us: 40 * 1e6 };
const GIVE_UP = { intervals: 4, us: 120 * 1e6 };
/** DevEUIs that nobody listed are named once each, and no more of them than this. */
const STRANGERS_MAX = 20;
/** JoinNonces of this run begin where no earlier one of the last 31 years came: one for each minute. */
const JOIN_NONCES = 2 ** 24;

/**
 * Our network server and its campaigns for devices that are somebody else's: waits until they have
 * joined and know the time, updates those of each package version, and waits until they are back.
 * Gateways speak to {@link front}.
 */
export class Lns implements Witness {
  readonly front: GatewayFront;
  readonly devices: readonly LnsDevice[];
  phase: LnsPhase = "waiting";
  readonly #input: LnsInput;
  readonly #server: NetworkServer;
  readonly #byServerDevice: ReadonlyMap<ServerDevice, LnsDevice>;
  readonly #reach = new Map<ServerDevice, ReadonlySet<number>>();
  readonly #strangers = new Set<string>();
  #gateways: ReadonlySet<number> = new Set();
  #campaign: Campaign | undefined;
  #stayUntilUs: WorldUs = 0;
  #giveUpUs: WorldUs = 0;

  constructor(input: LnsInput) {
    this.#input = input;
    const { scenario, scheduler, crypto, entropy, gpsAtStart, sessionCnt } = input;
    const { regional } = scenario;
    this.#server = new NetworkServer(
      { netId: NET_ID, gpsAtStart, regional },
      {
        scheduler,
        crypto,
        entropy,
        transmit: (request, ack) => this.front.transmit(request, ack),
      },
    );
    this.#server.witness = this;
    this.front = new GatewayFront(regional.region, scheduler, gpsAtStart, (uplink) =>
      this.#server.receive(uplink),
    );
    this.front.onReach = (_, gateways) => {
      this.#gateways = gateways;
    };
    this.devices = input.devices.map((provisioned) => {
      const onServer = this.#server.provision(provisioned);
      onServer.joinNonce = Math.floor(gpsAtStart / 60) % JOIN_NONCES;
      onServer.sessionCnt = sessionCnt;
      const devEui = hexOf(provisioned.devEui);
      const device: LnsDevice = {
        onServer,
        devEui,
        joinedUs: undefined,
        timeToldUs: undefined,
        heardUs: undefined,
        row: undefined,
        questions: undefined,
        framesSent: () => 0,
        examiner: this.#examinerOf(onServer, () => device.framesSent()),
      };
      return device;
    });
    this.#byServerDevice = new Map(this.devices.map((device) => [device.onServer, device]));
    this.#check();
  }

  /** At once, with those that have joined. */
  start(): void {
    if (this.phase !== "waiting") return;
    const joined = this.#joined;
    if (joined.length === 0) {
      this.#input.say("no device has joined yet: the campaign waits for one");
      return;
    }
    if (this.#input.asksQuestions) this.#ask(joined);
    else this.#startCampaigns();
  }

  get #joined(): readonly LnsDevice[] {
    return this.devices.filter(({ joinedUs }) => joinedUs !== undefined);
  }

  #ask(joined: readonly LnsDevice[]): void {
    const { scenario, uplinkIntervalS, say, scheduler, entropy } = this.#input;
    this.phase = "questions";
    const { dr, frequencyHz } = scenario.campaign;
    for (const device of joined) {
      const facts = {
        now: this.#server.gpsAt(scheduler.now),
        mcAddr: this.#server.newMcAddr(),
        mcKeyEncrypted: Uint8Array.from({ length: 16 }, () => entropy.below("mcKey", 256)),
        dr,
        frequencyHz,
      };
      device.questions = new Questions(facts, {
        patienceUs: 2 * uplinkIntervalS * 1e6 + ANSWER_US,
        enqueue: (fPort, payload) => this.#server.enqueue(device.onServer, fPort, payload),
        drop: (payload) => this.#server.withdraw(device.onServer, payload),
      });
    }
    say(`asking ${joined.length} devices what a campaign does not ask`);
  }

  #startCampaigns(): void {
    this.phase = "campaign";
    const ofVersion = (packages: 1 | 2) =>
      this.#joined.filter(({ onServer }) => onServer.provisioned.packages === packages);
    this.#deploy([ofVersion(1), ofVersion(2)].filter((own) => own.length > 0));
  }

  /** Campaigns one after the other: two at a time would not share the gateway. */
  #deploy([own, ...others]: readonly (readonly LnsDevice[])[]): void {
    const { scenario, image, uplinkIntervalS, say, scheduler } = this.#input;
    if (own === undefined) {
      this.phase = "settling";
      const after = ({ intervals, us }: typeof STAY) =>
        scheduler.now + intervals * uplinkIntervalS * 1e6 + us;
      this.#stayUntilUs = after(STAY);
      this.#giveUpUs = after(GIVE_UP);
      return;
    }
    const onServer = own.map((device) => device.onServer);
    const packages = onServer[0]?.provisioned.packages === 2 ? "v2" : "v1";
    const gateways = gatewaysFor(onServer, this.#reach);
    this.front.multicastGateways = gateways;
    const paced = { ...scenario.campaign, gateways: gateways.length };
    const config = campaignConfigOf({ ...scenario, campaign: paced }, image, {
      packages,
      uplinkIntervalS,
    });
    const campaign = new Campaign(config, onServer, this.#server);
    this.#campaign = campaign;
    for (const row of campaign.rows) {
      const device = this.#deviceOf(row.device);
      device.row = row;
      // Each fragment goes out by each gateway.
      device.framesSent = () => campaign.queue.sent * gateways.length;
    }
    const { fragments } = campaign.queue;
    const by = gateways.length === 1 ? "one gateway" : `${gateways.length} gateways`;
    say(`${own.length} devices of ${packages}: ${fragments} fragments by ${by}`);
    campaign.onJob = (job) => say(job);
    campaign.onDone = () => this.#deploy(others);
    campaign.start();
  }

  #check(): void {
    const { scheduler } = this.#input;
    if (this.phase === "waiting" && this.#isEverybodyReady) this.start();
    if (this.phase === "questions") {
      for (const { questions } of this.devices) questions?.tick(scheduler.now);
      if (this.devices.every(({ questions }) => questions?.isDone !== false))
        this.#startCampaigns();
    }
    if (this.phase === "settling") {
      const { now } = scheduler;
      const areBack = this.devices.every((device) => this.#isBack(device));
      if ((areBack && now >= this.#stayUntilUs) || now >= this.#giveUpUs) this.phase = "done";
    }
    scheduler.schedule(scheduler.now + CHECK_US, () => this.#check());
  }

  get #isEverybodyReady(): boolean {
    return this.devices.every(({ joinedUs, timeToldUs }) => joinedUs !== undefined && timeToldUs);
  }

  /** Heard again after it has said that it is complete; who had no session is not waited for. */
  #isBack({ row, heardUs = 0 }: LnsDevice): boolean {
    if (row?.doneAt.has("mcSession") !== true) return true;
    const answered = row.doneAt.get("fragStatus");
    return answered !== undefined && this.#server.gpsAt(heardUs) > answered;
  }

  get progress() {
    const count = (is: (device: LnsDevice) => unknown) => this.devices.filter(is).length;
    return {
      devices: this.devices.length,
      joined: this.#joined.length,
      timeTold: count(({ timeToldUs }) => timeToldUs !== undefined),
      complete: count(isComplete),
      sent: this.#campaign?.queue.sent ?? 0,
      fragments: this.#campaign?.queue.fragments ?? 0,
    };
  }

  gpsAt(us: WorldUs): GpsSeconds {
    return this.#server.gpsAt(us);
  }

  onJoin(onServer: ServerDevice, uplink: GatewayUplink, refusal: JoinRefusal | undefined): void {
    const { devEui, examiner } = this.#deviceOf(onServer);
    examiner.onJoin(uplink, refusal);
    if (refusal !== undefined) this.#input.say(`${devEui} cannot join: ${REFUSAL_WORDS[refusal]}`);
  }

  onUplink(onServer: ServerDevice, uplink: GatewayUplink, seen: SeenUplink): void {
    const { endUs } = uplink;
    const { verdict, fPort, payload } = seen;
    const device = this.#deviceOf(onServer);
    device.examiner.onUplink(uplink, seen);
    if (verdict.type === "forged") return;
    if (verdict.type === "new" && fPort !== undefined && payload !== undefined) {
      device.questions?.onUplink(fPort, payload, endUs);
    }
    if (device.joinedUs === undefined) this.#input.say(`${device.devEui} has joined`);
    device.joinedUs ??= endUs;
    device.heardUs = endUs;
    this.#reach.set(onServer, this.#gateways);
  }

  onDownlink(onServer: ServerDevice, seen: SeenDownlink): (isSent: boolean) => void {
    const device = this.#deviceOf(onServer);
    const onEnd = device.examiner.onDownlink(seen, this.#input.scheduler.now);
    return (isSent) => {
      onEnd(isSent);
      if (!isSent || !tellsTime(seen)) return;
      if (device.timeToldUs === undefined) this.#input.say(`${device.devEui} was told the time`);
      device.timeToldUs = this.#input.scheduler.now;
    };
  }

  onStranger(devEuiBytes: Uint8Array): void {
    const devEui = hexOf(devEuiBytes);
    if (this.#strangers.has(devEui) || this.#strangers.size >= STRANGERS_MAX) return;
    this.#strangers.add(devEui);
    this.#input.say(`${devEui} asks to join, and is not in the list`);
  }

  #examinerOf(onServer: ServerDevice, framesSent: () => number): Examiner {
    const { region } = this.#input.scenario.regional;
    return new Examiner({
      region,
      packages: onServer.provisioned.packages,
      gpsAt: (us) => this.#server.gpsAt(us),
      airtimeS: ({ dr, phyPayload }) => airtimeOfUplinkUs(region, dr, phyPayload.length) / 1e6,
      framesSent,
    });
  }

  #deviceOf(onServer: ServerDevice): LnsDevice {
    const device = this.#byServerDevice.get(onServer);
    if (device === undefined) throw new RangeError("a device of another server");
    return device;
  }
}
