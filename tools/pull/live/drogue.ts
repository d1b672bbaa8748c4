import type { Dialect } from "#agent/pull/dialect.ts";
import { DrogueRegistryClient, type RegistryLogin } from "#hal/net/drogue-registry.ts";
import { NodeCrypto } from "#hal/node/crypto.ts";
import type { Entropy } from "#hal/ports.ts";
import {
  type DrogueWho,
  drogueDialectOf,
  drogueEntropyOf,
  isKnownToRun,
} from "#sim/pull/drogue-words.ts";
import type { LinkWorld, PullLink } from "#sim/pull/link.ts";
import { makeFirmware } from "#sim/server/drogue/update-service.ts";
import { forEach } from "#tools/provision/at-once.ts";
import { removeFromIndex, writeFileIndex } from "#tools/serve/drogue/file-index.ts";
import { DroguePieces } from "./drogue-pieces.ts";
import type { DeviceUrls } from "./links.ts";
import type { Join, LiveGroup, LiveServed, LiveServer } from "./live-server.ts";

export interface DroguePlace {
  readonly registry: RegistryLogin;
  /** That has the devices. */
  readonly application: string;
  /** Folder where drogue-ajour looks for firmware. */
  readonly index: string;
  readonly urls: DeviceUrls;
}

type Which = Parameters<LiveServer["assign"]>[1];

const AT_ONCE = 8;
const nobody = () => {};

/** A Drogue with a drogue-ajour behind it: devices in an application of its, firmware in a file index. */
export class LiveDrogue implements LiveServer {
  readonly name: string;
  readonly #place: DroguePlace;
  readonly #registry: DrogueRegistryClient;
  readonly #crypto = new NodeCrypto();
  readonly #fleet: string;
  readonly #seed: number;
  readonly #groups: readonly LiveGroup[];

  /** `fleet`: begins the names of firmware. */
  constructor(place: DroguePlace, fleet: string, seed: number, groups: readonly LiveGroup[]) {
    this.name = place.registry.url;
    this.#place = place;
    this.#registry = new DrogueRegistryClient(place.registry, place.application);
    this.#fleet = fleet;
    this.#seed = seed;
    this.#groups = groups;
  }

  async check(): Promise<void> {
    await this.#registry.check();
  }

  async prepare(): Promise<void> {
    for (const group of this.#groups) {
      const { earlier, final } = group.images;
      this.#publish(group, "final", final.version, final.bytes);
      if (earlier !== undefined) {
        this.#publish(group, "earlier", earlier.version, earlier.image.bytes);
      }
    }
    const listed = this.#groups.flatMap((group) => group.listed);
    await forEach(listed, AT_ONCE, nobody, async ({ name, token }) => {
      await this.#registry.delete(name);
      await this.#registry.create(name, token);
    });
  }

  async assign(group: LiveGroup, which: Which): Promise<void> {
    const file = this.#fileOf(group, which);
    await forEach(group.listed, AT_ONCE, nobody, ({ name }) => this.#registry.rollOut(name, file));
  }

  serve(group: LiveGroup, index: number, join: Join): LiveServed {
    const { name = "", token = "" } = group.listed[index] ?? {};
    const { application, urls } = this.#place;
    const who = {
      username: `${name}@${application}`,
      password: group.pull.token === "right" ? token : `not-${token}`,
    };
    return new ServedByDrogue(group, who, drogueEntropyOf(this.#seed, group.index, index), {
      join,
      urls,
      status: async () => (await this.#registry.device(name)).status,
      assign: () => this.#registry.rollOut(name, this.#fileOf(group, "final")),
    });
  }

  /** The folder is there when the registry is not. */
  async remove(): Promise<void> {
    const listed = this.#groups.flatMap((group) => group.listed);
    try {
      await forEach(listed, AT_ONCE, nobody, ({ name }) => this.#registry.delete(name));
    } finally {
      for (const group of this.#groups) {
        for (const which of ["earlier", "final"] as const) {
          removeFromIndex(this.#place.index, this.#fileOf(group, which));
        }
      }
    }
  }

  #publish(group: LiveGroup, which: Which, version: string, data: Uint8Array): void {
    const made = makeFirmware({ name: this.#fileOf(group, which), version, data }, this.#crypto);
    const isUnsaid = group.pull.package.checksum === "none";
    const firmware = isUnsaid ? { ...made, checksum: new Uint8Array(0) } : made;
    writeFileIndex(this.#place.index, firmware);
  }

  #fileOf({ index }: LiveGroup, which: Which): string {
    return `${this.#fleet}-${index}-${which}`;
  }
}

interface ServedParts {
  readonly join: Join;
  readonly urls: DeviceUrls;
  readonly status: () => Promise<Readonly<Record<string, unknown>>>;
  readonly assign: () => Promise<void>;
}

class ServedByDrogue implements LiveServed {
  readonly assign: () => Promise<void>;
  readonly #group: LiveGroup;
  readonly #who: DrogueWho;
  readonly #entropy: Entropy;
  readonly #parts: ServedParts;
  #status: Readonly<Record<string, unknown>> = {};

  constructor(group: LiveGroup, who: DrogueWho, entropy: Entropy, parts: ServedParts) {
    this.#group = group;
    this.#who = who;
    this.#entropy = entropy;
    this.#parts = parts;
    this.assign = parts.assign;
  }

  async hear(): Promise<void> {
    this.#status = await this.#parts.status();
  }

  isKnownUpdated(): boolean {
    return isKnownToRun(this.#status, this.#group.images.final.version);
  }

  error(): string {
    return "";
  }

  newDialect(): Dialect {
    return drogueDialectOf(this.#group.pull, this.#who, this.#entropy);
  }

  newLink(world: LinkWorld): PullLink {
    const { transport, chunkBytes } = this.#group.pull;
    const { join, urls } = this.#parts;
    const who = this.#who;
    return join(world, (bridge) => {
      return { transport, urls, who, pieces: new DroguePieces(bridge, chunkBytes) };
    });
  }
}
