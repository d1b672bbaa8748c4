import {
  type ChecksumAlgorithm,
  checksumDigest,
  hexOf,
  parseChecksum,
} from "#agent/pull/checksum.ts";
import { type ThingsBoardApi, ThingsBoardRefused } from "#hal/net/thingsboard-api.ts";
import { NodeCrypto } from "#hal/node/crypto.ts";
import type { ListedDevice } from "#tools/pull/device-list.ts";
import { forEach } from "./at-once.ts";
import {
  type Fields,
  field,
  idOf,
  listOf,
  recordOf,
  referencedId,
  textOf,
} from "./thingsboard-fields.ts";

export type PackageType = "FIRMWARE" | "SOFTWARE";

export interface WantedPackage {
  readonly type: PackageType;
  readonly title: string;
  readonly version: string;
  readonly tag: string | undefined;
  /** Bytes to upload, or where they lie. */
  readonly content:
    | {
        readonly bytes: Uint8Array;
        readonly fileName: string;
        readonly algorithm: ChecksumAlgorithm;
      }
    | { readonly url: string };
}

export interface ProvisionedDevice extends ListedDevice {
  readonly id: string;
}

/** A value of telemetry, and when it came by the clock of whoever sent it. */
export interface Sample {
  readonly value: string;
  readonly at: string;
}

/** Calls under way at once: more only queue in the server. */
const AT_ONCE = 8;
const PAGE_SIZE = 100;
const ASSIGNED = { FIRMWARE: "firmwareId", SOFTWARE: "softwareId" } as const;

type Progress = (done: number, all: number) => void;

/**
 * What a fleet needs on a ThingsBoard, made where it is not there yet. Everything belongs to one
 * device profile, by whose name it is found again.
 */
export class ThingsBoardFleet {
  readonly #api: ThingsBoardApi;
  readonly #profileName: string;

  constructor(api: ThingsBoardApi, profileName: string) {
    this.#api = api;
    this.#profileName = profileName;
  }

  async profile(): Promise<string> {
    const found = await this.#findProfile();
    if (found !== undefined) return idOf(found);
    const made = await this.#api.post("/api/deviceProfile", {
      name: this.#profileName,
      type: "DEFAULT",
      transportType: "DEFAULT",
      provisionType: "DISABLED",
      description: "made by fuota provision",
      profileData: {
        configuration: { type: "DEFAULT" },
        transportConfiguration: { type: "DEFAULT" },
        provisionConfiguration: { type: "DISABLED" },
      },
    });
    return idOf(recordOf(made));
  }

  /** Each with its own token, also where it was there with another one. */
  async devices(
    profileId: string,
    wanted: readonly ListedDevice[],
    onProgress: Progress,
  ): Promise<readonly ProvisionedDevice[]> {
    const known = new Map<string, string>();
    for (const device of await this.#devicesOf(profileId)) {
      known.set(textOf(device, "name"), idOf(device));
    }
    const ids: string[] = [];
    await forEach(wanted, AT_ONCE, onProgress, async ({ name, token }, index) => {
      const id = known.get(name);
      ids[index] = id ?? (await this.#makeDevice(profileId, name, token));
      if (id !== undefined) await this.#setToken(id, token);
    });
    return wanted.map((device, index) => ({ ...device, id: ids[index] ?? "" }));
  }

  /** The package of that title and version, with these bytes. Returns its id. */
  async package(profileId: string, wanted: WantedPackage): Promise<string> {
    const { type, title, version, tag, content } = wanted;
    const isThis = (one: Fields) =>
      field(one, "title") === title && field(one, "version") === version;
    const search = `/api/otaPackages?textSearch=${encodeURIComponent(title)}`;
    const known = (await this.#pages(search)).find(isThis);
    if (known !== undefined && referencedId(field(known, "deviceProfileId")) !== profileId) {
      throw new ThingsBoardRefused(
        `package ${title} ${version} is there and belongs to another device profile`,
      );
    }
    const asUrl = "url" in content ? { usesUrl: true, url: content.url } : { usesUrl: false };
    const deviceProfileId = { entityType: "DEVICE_PROFILE", id: profileId };
    const info = { type, title, version, tag: tag ?? null, deviceProfileId, ...asUrl };
    const record = known ?? recordOf(await this.#api.post("/api/otaPackage", info));
    const id = idOf(record);
    const isUploaded = field(record, "hasData") === true && field(record, "url") === undefined;
    if ("url" in content) {
      if (field(record, "url") === content.url) return id;
      throw new ThingsBoardRefused(`package ${title} ${version} is there and is not at that URL`);
    }
    const { bytes, fileName, algorithm } = content;
    if (!isUploaded) {
      const path = `/api/otaPackage/${id}?checksumAlgorithm=${algorithm}`;
      await this.#api.upload(path, { bytes, fileName });
    } else if (!hasBytes(record, bytes)) {
      throw new ThingsBoardRefused(`package ${title} ${version} is there with other bytes`);
    }
    return id;
  }

  /** Reaches the devices that have no package of their own; undefined takes it away. */
  async assignToProfile(id: string, type: PackageType, packageId: string | undefined) {
    await this.#assign(`/api/deviceProfile/${id}`, "/api/deviceProfile", type, packageId);
  }

  async assignToDevices(
    ids: readonly string[],
    type: PackageType,
    packageId: string | undefined,
    onProgress: Progress,
  ): Promise<void> {
    await forEach(ids, AT_ONCE, onProgress, async (id) => {
      await this.#assign(`/api/device/${id}`, "/api/device", type, packageId);
    });
  }

  /** Latest telemetry of a device as text; keys that never came are left out. */
  async telemetry(id: string, keys: readonly string[]): Promise<ReadonlyMap<string, string>> {
    const latest = await this.samples(id, keys);
    return new Map([...latest].map(([key, { value }]) => [key, value]));
  }

  /** The same, with its time. */
  async samples(id: string, keys: readonly string[]): Promise<ReadonlyMap<string, Sample>> {
    const answer = recordOf(await this.#api.get(`${valuesOf(id)}/timeseries?keys=${keys}`));
    const latest = new Map<string, Sample>();
    for (const key of keys) {
      const [sample] = listOf(field(answer, key) ?? []);
      const value = sample === undefined ? undefined : field(sample, "value");
      if (sample === undefined || value === undefined) continue;
      latest.set(key, { value: String(value), at: String(field(sample, "ts")) });
    }
    return latest;
  }

  /** Attributes of a device as text; those that it does not have are left out. */
  async attributes(
    id: string,
    scope: "CLIENT_SCOPE" | "SHARED_SCOPE",
    keys: readonly string[],
  ): Promise<ReadonlyMap<string, string>> {
    const path = `${valuesOf(id)}/attributes/${scope}?keys=${keys}`;
    const found = listOf(await this.#api.get(path));
    return new Map(found.map((one) => [textOf(one, "key"), String(field(one, "value"))]));
  }

  /** Takes away profile, devices and packages. Returns whether there was anything. */
  async remove(onProgress: Progress): Promise<boolean> {
    const profile = await this.#findProfile();
    if (profile === undefined) return false;
    const profileId = idOf(profile);
    for (const type of ["FIRMWARE", "SOFTWARE"] as const) {
      if (field(profile, ASSIGNED[type]) === undefined) continue;
      await this.assignToProfile(profileId, type, undefined);
    }
    const devices = await this.#devicesOf(profileId);
    await forEach(devices, AT_ONCE, onProgress, async (device) => {
      await this.#api.delete(`/api/device/${idOf(device)}`);
    });
    for (const one of await this.#pages("/api/otaPackages?")) {
      const ofProfile = field(one, "deviceProfileId");
      if (ofProfile === undefined || referencedId(ofProfile) !== profileId) continue;
      await this.#api.delete(`/api/otaPackage/${idOf(one)}`);
    }
    await this.#api.delete(`/api/deviceProfile/${profileId}`);
    return true;
  }

  async #findProfile(): Promise<Fields | undefined> {
    const search = `/api/deviceProfiles?textSearch=${encodeURIComponent(this.#profileName)}`;
    const found = await this.#pages(search);
    const named = found.find((one) => field(one, "name") === this.#profileName);
    if (named === undefined) return undefined;
    return recordOf(await this.#api.get(`/api/deviceProfile/${idOf(named)}`));
  }

  #devicesOf(profileId: string): Promise<readonly Fields[]> {
    return this.#pages(`/api/tenant/deviceInfos?deviceProfileId=${profileId}`);
  }

  async #pages(path: string): Promise<readonly Fields[]> {
    const all: Fields[] = [];
    for (let page = 0; ; page++) {
      const answer = await this.#api.get(`${path}&pageSize=${PAGE_SIZE}&page=${page}`);
      all.push(...listOf(field(recordOf(answer), "data")));
      if (field(recordOf(answer), "hasNext") !== true) return all;
    }
  }

  async #makeDevice(profileId: string, name: string, token: string): Promise<string> {
    const deviceProfileId = { entityType: "DEVICE_PROFILE", id: profileId };
    const path = `/api/device?accessToken=${encodeURIComponent(token)}`;
    return idOf(recordOf(await this.#api.post(path, { name, deviceProfileId })));
  }

  async #setToken(id: string, token: string): Promise<void> {
    const credentials = recordOf(await this.#api.get(`/api/device/${id}/credentials`));
    if (field(credentials, "credentialsId") === token) return;
    await this.#api.post("/api/device/credentials", {
      ...credentials,
      credentialsType: "ACCESS_TOKEN",
      credentialsId: token,
      credentialsValue: null,
    });
  }

  /** Sends back what it got, so that nothing else changes. */
  async #assign(
    getPath: string,
    postPath: string,
    type: PackageType,
    packageId: string | undefined,
  ): Promise<void> {
    const thing = recordOf(await this.#api.get(getPath));
    const known = field(thing, ASSIGNED[type]);
    const knownId = known === undefined ? undefined : referencedId(known);
    if (knownId === packageId) return;
    const assigned = packageId === undefined ? null : { entityType: "OTA_PACKAGE", id: packageId };
    await this.#api.post(postPath, { ...thing, [ASSIGNED[type]]: assigned });
  }
}

/** By the checksum that the server keeps of a package. */
function hasBytes(record: Fields, bytes: Uint8Array): boolean {
  const kept = parseChecksum(field(record, "checksumAlgorithm"), field(record, "checksum"));
  if (typeof kept === "string") return false;
  const digest = checksumDigest(kept.algorithm, new NodeCrypto());
  digest.update(bytes);
  return hexOf(digest.digest()) === kept.hex;
}

function valuesOf(id: string): string {
  return `/api/plugins/telemetry/DEVICE/${id}/values`;
}
