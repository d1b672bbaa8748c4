import type { Dialect } from "#agent/pull/dialect.ts";
import { ThingsBoardApi, ThingsBoardRefused } from "#hal/net/thingsboard-api.ts";
import type { ResolvedPull } from "#scenarios/pull-defaults.ts";
import { packageKindOf } from "#sim/pull/identity.ts";
import type { LinkWorld, PullLink } from "#sim/pull/link.ts";
import { isToldUpdated, thingsBoardDialectOf, toldErrorOf } from "#sim/pull/thingsboard-words.ts";
import { ThingsBoardFleet, type WantedPackage } from "#tools/provision/thingsboard.ts";
import { profileNameOf } from "#tools/provision/thingsboard-names.ts";
import type { DeviceUrls } from "./links.ts";
import type { Join, LiveGroup, LiveServed, LiveServer } from "./live-server.ts";
import { type GroupPackages, packagesOf } from "./packages.ts";
import { thingsBoardPieces } from "./thingsboard-pieces.ts";

export interface ServerLogin {
  /** Of the REST API. */
  readonly url: string;
  readonly user: string;
  readonly password: string;
}

/** What a group has become on the server: ids. */
interface OnServer {
  readonly devices: readonly string[];
  readonly earlier: string | undefined;
  readonly final: string;
}

type Told = Awaited<ReturnType<ThingsBoardFleet["telemetry"]>>;

const nobody = () => {};

/** A ThingsBoard with what the pulling devices of a scenario need on it, in a profile of their own. */
export class LiveThingsBoard implements LiveServer {
  readonly name: string;
  readonly #login: ServerLogin;
  readonly #urls: DeviceUrls;
  readonly #api: ThingsBoardApi;
  readonly #fleet: ThingsBoardFleet;
  readonly #groups: readonly LiveGroup[];
  readonly #packages: readonly GroupPackages[];
  readonly #there = new Map<LiveGroup, OnServer>();
  #profileId = "";
  #loggingIn: Promise<void> | undefined;

  /** Throws `InputError` when the groups cannot be on one server. */
  constructor(login: ServerLogin, urls: DeviceUrls, fleet: string, groups: readonly LiveGroup[]) {
    this.name = login.url;
    this.#login = login;
    this.#urls = urls;
    this.#api = new ThingsBoardApi(login.url);
    this.#fleet = new ThingsBoardFleet(this.#api, profileNameOf(fleet));
    this.#groups = groups;
    this.#packages = packagesOf(groups);
  }

  async check(): Promise<void> {
    await this.#logIn();
  }

  async prepare(): Promise<void> {
    await this.#fleet.remove(nobody);
    const profileId = await this.#fleet.profile();
    this.#profileId = profileId;
    const listed = this.#groups.flatMap((group) => group.listed);
    const made = await this.#fleet.devices(profileId, listed, nobody);
    let first = 0;
    for (const [at, group] of this.#groups.entries()) {
      const next = first + group.listed.length;
      const { earlier, final } = this.#packagesAt(at);
      this.#there.set(group, {
        devices: made.slice(first, next).map(({ id }) => id),
        earlier: earlier && (await this.#fleet.package(profileId, earlier)),
        final: await this.#fleet.package(profileId, final),
      });
      first = next;
    }
  }

  /** To the profile of its devices if they are all who have it. */
  async assign(group: LiveGroup, which: "earlier" | "final"): Promise<void> {
    const { devices, ...packages } = this.#thereOf(group);
    const type = typeOf(group.pull);
    if (this.#groups.length === 1) {
      await this.#fleet.assignToProfile(this.#profileId, type, packages[which]);
      return;
    }
    await this.#fleet.assignToDevices(devices, type, packages[which], nobody);
  }

  serve(group: LiveGroup, index: number, join: Join): LiveServed {
    const { pull, listed } = group;
    const { token = "" } = listed[index] ?? {};
    const given = pull.token === "right" ? token : `not-${token}`;
    const { devices, final } = this.#thereOf(group);
    const { [index]: id = "" } = devices;
    return new ServedByThingsBoard(pull, given, {
      join,
      urls: this.#urls,
      telemetry: () => this.#telemetry(id, pull),
      assign: () => this.#fleet.assignToDevices([id], typeOf(pull), final, nobody),
    });
  }

  async remove(): Promise<void> {
    await this.#logIn();
    await this.#fleet.remove(nobody);
  }

  async #telemetry(id: string, pull: ResolvedPull): Promise<Told> {
    const kind = packageKindOf(pull);
    const keys = [`${kind}_state`, `${kind}_error`];
    try {
      return await this.#fleet.telemetry(id, keys);
    } catch (error) {
      // A session of the API ends by itself after hours.
      if (!(error instanceof ThingsBoardRefused) || error.status !== 401) throw error;
      await this.#logIn();
      return await this.#fleet.telemetry(id, keys);
    }
  }

  /** Once for all who want it at the same time. */
  async #logIn(): Promise<void> {
    const { user, password } = this.#login;
    this.#loggingIn ??= this.#api.logIn(user, password);
    try {
      await this.#loggingIn;
    } finally {
      this.#loggingIn = undefined;
    }
  }

  #packagesAt(at: number): GroupPackages {
    const packages = this.#packages[at];
    if (packages === undefined) throw new RangeError(`no group ${at}`);
    return packages;
  }

  #thereOf(group: LiveGroup): OnServer {
    const there = this.#there.get(group);
    if (there === undefined) throw new RangeError(`${group.pull.name} is not on the server`);
    return there;
  }
}

interface ServedParts {
  readonly join: Join;
  readonly urls: DeviceUrls;
  readonly telemetry: () => Promise<Told>;
  readonly assign: () => Promise<void>;
}

class ServedByThingsBoard implements LiveServed {
  readonly assign: () => Promise<void>;
  readonly #told = new Map<string, { readonly value: unknown }>();
  readonly #pull: ResolvedPull;
  /** That the device gives. */
  readonly #token: string;
  readonly #parts: ServedParts;

  constructor(pull: ResolvedPull, token: string, parts: ServedParts) {
    this.#pull = pull;
    this.#token = token;
    this.#parts = parts;
    this.assign = parts.assign;
  }

  async hear(): Promise<void> {
    for (const [key, value] of await this.#parts.telemetry()) this.#told.set(key, { value });
  }

  isKnownUpdated(): boolean {
    return isToldUpdated(this.#told, this.#pull);
  }

  error(): string {
    return toldErrorOf(this.#told, this.#pull);
  }

  newDialect(): Dialect {
    return thingsBoardDialectOf(this.#pull, this.#token);
  }

  newLink(world: LinkWorld): PullLink {
    const { join, urls } = this.#parts;
    const who = { username: this.#token, password: undefined };
    const { transport } = this.#pull;
    return join(world, (bridge) => ({ transport, urls, who, pieces: thingsBoardPieces(bridge) }));
  }
}

function typeOf({ software }: ResolvedPull): WantedPackage["type"] {
  return software ? "SOFTWARE" : "FIRMWARE";
}
