import applicationRpc from "@chirpstack/chirpstack-api/api/application_grpc_pb.js";
import application from "@chirpstack/chirpstack-api/api/application_pb.js";
import deviceRpc from "@chirpstack/chirpstack-api/api/device_grpc_pb.js";
import device from "@chirpstack/chirpstack-api/api/device_pb.js";
import profileRpc from "@chirpstack/chirpstack-api/api/device_profile_grpc_pb.js";
import profile from "@chirpstack/chirpstack-api/api/device_profile_pb.js";
import gatewayRpc from "@chirpstack/chirpstack-api/api/gateway_grpc_pb.js";
import gateway from "@chirpstack/chirpstack-api/api/gateway_pb.js";
import tenantRpc from "@chirpstack/chirpstack-api/api/tenant_grpc_pb.js";
import tenant from "@chirpstack/chirpstack-api/api/tenant_pb.js";
import common from "@chirpstack/chirpstack-api/common/common_pb.js";
import { status } from "@grpc/grpc-js";
import { ApiRefused, type ChirpStackConnection, ifThere } from "./chirpstack-connection.ts";

export const REGION = {
  EU868: common.Region.EU868,
  US915: common.Region.US915,
  AU915: common.Region.AU915,
  "AS923-1": common.Region.AS923,
  "AS923-2": common.Region.AS923_2,
  "AS923-3": common.Region.AS923_3,
  "AS923-4": common.Region.AS923_4,
  IN865: common.Region.IN865,
  KR920: common.Region.KR920,
  CN470: common.Region.CN470,
  RU864: common.Region.RU864,
} as const;

export interface ProfileFacts {
  readonly tenantId: string;
  readonly name: string;
  readonly region: keyof typeof REGION;
  readonly lorawan: "1.0" | "1.1";
  /** Of TS003, TS004 and TS005; none where the server is to leave them to another. */
  readonly packages: 0 | 1 | 2;
  readonly uplinkIntervalS: number;
}

export interface DeviceFacts {
  readonly applicationId: string;
  readonly deviceProfileId: string;
  /** All in lower-case hex. */
  readonly devEui: string;
  readonly joinEui: string;
  readonly name: string;
  readonly nwkKey: string;
  readonly appKey: string;
  readonly genAppKey: string;
}

/** What the names of all tenants made here begin with. */
export const TENANT_PREFIX = "fuota ";

/** More than a search by its whole name finds. */
const FOUND_MAX = 100;
const CLOCK_SYNC_PORT = 202;
const FRAGMENTATION_PORT = 201;
const MULTICAST_PORT = 200;

/** Tenants, applications, profiles, gateways and devices of a ChirpStack: found by name or made. */
export class ChirpStackRegistry {
  readonly #api: ChirpStackConnection;
  readonly #tenants: tenantRpc.TenantServiceClient;
  readonly #applications: applicationRpc.ApplicationServiceClient;
  readonly #profiles: profileRpc.DeviceProfileServiceClient;
  readonly #gateways: gatewayRpc.GatewayServiceClient;
  readonly #devices: deviceRpc.DeviceServiceClient;
  readonly #ourTenants = new Set<string>();

  constructor(api: ChirpStackConnection) {
    this.#api = api;
    this.#tenants = api.client(tenantRpc.TenantServiceClient);
    this.#applications = api.client(applicationRpc.ApplicationServiceClient);
    this.#profiles = api.client(profileRpc.DeviceProfileServiceClient);
    this.#gateways = api.client(gatewayRpc.GatewayServiceClient);
    this.#devices = api.client(deviceRpc.DeviceServiceClient);
  }

  async findTenant(name: string): Promise<string | undefined> {
    const request = new tenant.ListTenantsRequest();
    request.setLimit(FOUND_MAX);
    request.setSearch(name);
    const found = await this.#api.call(this.#tenants, this.#tenants.list, request);
    return idOf(found.getResultList(), name);
  }

  async makeTenant(name: string): Promise<string> {
    const made = new tenant.Tenant();
    made.setName(name);
    made.setCanHaveGateways(true);
    const request = new tenant.CreateTenantRequest();
    request.setTenant(made);
    return (await this.#api.call(this.#tenants, this.#tenants.create, request)).getId();
  }

  /** With all that is in it. */
  async removeTenant(id: string): Promise<void> {
    const request = new tenant.DeleteTenantRequest();
    request.setId(id);
    await this.#api.call(this.#tenants, this.#tenants.delete, request);
  }

  async application(tenantId: string, name: string): Promise<string> {
    const search = new application.ListApplicationsRequest();
    search.setLimit(FOUND_MAX);
    search.setSearch(name);
    search.setTenantId(tenantId);
    const found = await this.#api.call(this.#applications, this.#applications.list, search);
    const known = idOf(found.getResultList(), name);
    if (known !== undefined) return known;
    const made = new application.Application();
    made.setName(name);
    made.setTenantId(tenantId);
    const request = new application.CreateApplicationRequest();
    request.setApplication(made);
    return (await this.#api.call(this.#applications, this.#applications.create, request)).getId();
  }

  /** A profile of that name is brought to what is wanted. */
  async profile(facts: ProfileFacts): Promise<string> {
    const search = new profile.ListDeviceProfilesRequest();
    search.setLimit(FOUND_MAX);
    search.setSearch(facts.name);
    search.setTenantId(facts.tenantId);
    const found = await this.#api.call(this.#profiles, this.#profiles.list, search);
    const known = idOf(found.getResultList(), facts.name);
    const wanted = profileOf(facts);
    if (known === undefined) {
      const request = new profile.CreateDeviceProfileRequest();
      request.setDeviceProfile(wanted);
      return (await this.#api.call(this.#profiles, this.#profiles.create, request)).getId();
    }
    wanted.setId(known);
    const request = new profile.UpdateDeviceProfileRequest();
    request.setDeviceProfile(wanted);
    await this.#api.call(this.#profiles, this.#profiles.update, request);
    return known;
  }

  /** One that another of our tenants has is taken from it. */
  async gateway(tenantId: string, gatewayId: string, statsIntervalS: number): Promise<void> {
    const get = new gateway.GetGatewayRequest();
    get.setGatewayId(gatewayId);
    const found = await ifThere(this.#api.call(this.#gateways, this.#gateways.get, get));
    const owner = found?.getGateway()?.getTenantId();
    if (owner === tenantId) return;
    if (owner !== undefined) {
      await this.#requireOurs(owner, `gateway ${gatewayId}`);
      const remove = new gateway.DeleteGatewayRequest();
      remove.setGatewayId(gatewayId);
      await this.#api.call(this.#gateways, this.#gateways.delete, remove);
    }
    const made = new gateway.Gateway();
    made.setGatewayId(gatewayId);
    made.setName(`fuota ${gatewayId}`);
    made.setTenantId(tenantId);
    made.setStatsInterval(statsIntervalS);
    const request = new gateway.CreateGatewayRequest();
    request.setGateway(made);
    await this.#api.call(this.#gateways, this.#gateways.create, request);
  }

  /**
   * With its keys; what it sent before is forgotten, so that it may join anew. One that an
   * application of another of our tenants has is taken from it.
   */
  async device(facts: DeviceFacts): Promise<void> {
    const isThere = await this.#isDeviceThere(facts);
    if (!isThere) {
      const request = new device.CreateDeviceRequest();
      request.setDevice(deviceOf(facts));
      await this.#api.call(this.#devices, this.#devices.create, request);
      const keys = new device.CreateDeviceKeysRequest();
      keys.setDeviceKeys(keysOf(facts));
      await this.#api.call(this.#devices, this.#devices.createKeys, keys);
      return;
    }
    const request = new device.UpdateDeviceRequest();
    request.setDevice(deviceOf(facts));
    await this.#api.call(this.#devices, this.#devices.update, request);
    const keys = new device.UpdateDeviceKeysRequest();
    keys.setDeviceKeys(keysOf(facts));
    await this.#api.call(this.#devices, this.#devices.updateKeys, keys);
    await this.#flushDevNonces(facts.devEui);
  }

  /** In its application. */
  async #isDeviceThere({ devEui, applicationId }: DeviceFacts): Promise<boolean> {
    const get = new device.GetDeviceRequest();
    get.setDevEui(devEui);
    const found = await ifThere(this.#api.call(this.#devices, this.#devices.get, get));
    const owner = found?.getDevice()?.getApplicationId();
    if (owner === undefined || owner === applicationId) return owner !== undefined;
    const getOwner = new application.GetApplicationRequest();
    getOwner.setId(owner);
    const service = this.#applications;
    const holder = await this.#api.call(service, service.get, getOwner);
    await this.#requireOurs(holder.getApplication()?.getTenantId() ?? "", `device ${devEui}`);
    const remove = new device.DeleteDeviceRequest();
    remove.setDevEui(devEui);
    await this.#api.call(this.#devices, this.#devices.delete, remove);
    return false;
  }

  /** Throws {@link ApiRefused} for a tenant that was not made here. */
  async #requireOurs(tenantId: string, what: string): Promise<void> {
    if (this.#ourTenants.has(tenantId)) return;
    const get = new tenant.GetTenantRequest();
    get.setId(tenantId);
    const found = await this.#api.call(this.#tenants, this.#tenants.get, get);
    const name = found.getTenant()?.getName() ?? "";
    if (!name.startsWith(TENANT_PREFIX)) {
      const text = `${what} belongs to tenant "${name}", which is not ours; remove it there`;
      throw new ApiRefused(text, status.ALREADY_EXISTS, undefined);
    }
    this.#ourTenants.add(tenantId);
  }

  async #flushDevNonces(devEui: string): Promise<void> {
    const request = new device.FlushDevNoncesRequest();
    request.setDevEui(devEui);
    await this.#api.call(this.#devices, this.#devices.flushDevNonces, request);
  }
}

function profileOf(facts: ProfileFacts): profile.DeviceProfile {
  const params = new profile.AppLayerParams();
  params.setTs003Version(facts.packages);
  params.setTs004Version(facts.packages);
  params.setTs005Version(facts.packages);
  // An update stores the ports to the letter: left out, they would be zero.
  params.setTs003FPort(CLOCK_SYNC_PORT);
  params.setTs004FPort(FRAGMENTATION_PORT);
  params.setTs005FPort(MULTICAST_PORT);
  const made = new profile.DeviceProfile();
  made.setTenantId(facts.tenantId);
  made.setName(facts.name);
  made.setRegion(REGION[facts.region]);
  const is11 = facts.lorawan === "1.1";
  made.setMacVersion(is11 ? common.MacVersion.LORAWAN_1_1_0 : common.MacVersion.LORAWAN_1_0_3);
  made.setRegParamsRevision(common.RegParamsRevision.A);
  made.setAdrAlgorithmId("default");
  made.setSupportsOtaa(true);
  made.setFlushQueueOnActivate(true);
  made.setUplinkInterval(facts.uplinkIntervalS);
  made.setAppLayerParams(params);
  return made;
}

interface Named {
  getId(): string;
  getName(): string;
}

function idOf(found: readonly Named[], name: string): string | undefined {
  return found.find((one) => one.getName() === name)?.getId();
}

function deviceOf(facts: DeviceFacts): device.Device {
  const made = new device.Device();
  made.setDevEui(facts.devEui);
  made.setJoinEui(facts.joinEui);
  made.setName(facts.name);
  made.setApplicationId(facts.applicationId);
  made.setDeviceProfileId(facts.deviceProfileId);
  return made;
}

function keysOf(facts: DeviceFacts): device.DeviceKeys {
  const keys = new device.DeviceKeys();
  keys.setDevEui(facts.devEui);
  keys.setNwkKey(facts.nwkKey);
  keys.setAppKey(facts.appKey);
  keys.setGenAppKey(facts.genAppKey);
  return keys;
}
