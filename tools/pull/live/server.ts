import { ThingsBoardApi, ThingsBoardRefused } from "#hal/net/thingsboard-api.ts";
import type { ResolvedScenario } from "#scenarios/defaults.ts";
import { packageKindOf } from "#sim/pull/identity.ts";
import { forEach } from "#tools/provision/at-once.ts";
import {
  type ProvisionedDevice,
  ThingsBoardFleet,
  type WantedPackage,
} from "#tools/provision/thingsboard.ts";
import { fleetDevices, profileNameOf } from "#tools/provision/thingsboard-names.ts";
import type { ListedDevice } from "../device-list.ts";
import type { GroupPackages } from "./packages.ts";
import type { LivePullMember } from "./world.ts";

export interface ServerLogin {
  /** Of the REST API. */
  readonly url: string;
  readonly user: string;
  readonly password: string;
}

interface Group {
  readonly devices: readonly ProvisionedDevice[];
  /** Ids on the server. */
  readonly earlier: string | undefined;
  readonly final: string;
}

const AT_ONCE = 8;
const nobody = () => {};

/** A ThingsBoard with what the pulling devices of a scenario need on it, in a profile of their own. */
export class LivePullServer {
  readonly #login: ServerLogin;
  readonly #api: ThingsBoardApi;
  readonly #fleet: ThingsBoardFleet;
  readonly #scenario: ResolvedScenario;
  #groups: readonly Group[] = [];
  #profileId = "";

  constructor(login: ServerLogin, scenario: ResolvedScenario) {
    this.#login = login;
    this.#scenario = scenario;
    this.#api = new ThingsBoardApi(login.url);
    this.#fleet = new ThingsBoardFleet(this.#api, profileNameOf(fleetNameOf(scenario)));
  }

  /** Names and tokens of the devices of each group. */
  static listed(scenario: ResolvedScenario, seed: number): readonly (readonly ListedDevice[])[] {
    return scenario.pull.map(({ name, count }) =>
      fleetDevices(`${fleetNameOf(scenario)} ${name}`, seed, count),
    );
  }

  /** Before anything else. Throws `ThingsBoardRefused`, as everything here does. */
  async logIn(): Promise<void> {
    await this.#api.logIn(this.#login.user, this.#login.password);
  }

  /** What an earlier run left is taken away. */
  async prepare(
    listed: readonly (readonly ListedDevice[])[],
    packages: readonly GroupPackages[],
  ): Promise<void> {
    await this.#fleet.remove(nobody);
    const profileId = await this.#fleet.profile();
    this.#profileId = profileId;
    const made = await this.#fleet.devices(profileId, listed.flat(), nobody);
    const groups: Group[] = [];
    let first = 0;
    for (const [index, { earlier, final }] of packages.entries()) {
      const next = first + (listed[index]?.length ?? 0);
      groups.push({
        devices: made.slice(first, next),
        earlier: earlier && (await this.#fleet.package(profileId, earlier)),
        final: await this.#fleet.package(profileId, final),
      });
      first = next;
    }
    this.#groups = groups;
  }

  /** To the devices of a group: to their profile if they are all who have it. */
  async assign(index: number, which: "earlier" | "final"): Promise<void> {
    const { devices, ...packages } = this.#groupAt(index);
    const type = this.#typeOf(index);
    if (this.#groups.length === 1) {
      await this.#fleet.assignToProfile(this.#profileId, type, packages[which]);
      return;
    }
    const ids = devices.map(({ id }) => id);
    await this.#fleet.assignToDevices(ids, type, packages[which], nobody);
  }

  /** The last package, to one device. */
  async assignTo({ group, index }: LivePullMember): Promise<void> {
    const { devices, final } = this.#groupAt(group);
    const { id = "" } = devices[index] ?? {};
    await this.#fleet.assignToDevices([id], this.#typeOf(group), final, nobody);
  }

  /** Takes note of what the server was told by them. */
  async hear(members: readonly LivePullMember[]): Promise<void> {
    try {
      await this.#hear(members);
    } catch (error) {
      // A session of the API ends by itself after hours.
      if (!(error instanceof ThingsBoardRefused) || error.status !== 401) throw error;
      await this.logIn();
      await this.#hear(members);
    }
  }

  async remove(): Promise<void> {
    await this.logIn();
    await this.#fleet.remove(nobody);
  }

  async #hear(members: readonly LivePullMember[]): Promise<void> {
    await forEach(members, AT_ONCE, nobody, async ({ group, index, pull, served }) => {
      const { id = "" } = this.#groupAt(group).devices[index] ?? {};
      const kind = packageKindOf(pull);
      const told = await this.#fleet.telemetry(id, [`${kind}_state`, `${kind}_error`]);
      for (const [key, value] of told) served.telemetry.set(key, { value });
    });
  }

  #groupAt(index: number): Group {
    const group = this.#groups[index];
    if (group === undefined) throw new RangeError(`no group ${index}`);
    return group;
  }

  #typeOf(index: number): WantedPackage["type"] {
    return this.#scenario.pull[index]?.software === true ? "SOFTWARE" : "FIRMWARE";
  }
}

function fleetNameOf({ name }: Pick<ResolvedScenario, "name">): string {
  return `live ${name}`;
}
