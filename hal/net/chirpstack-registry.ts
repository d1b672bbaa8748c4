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
import { status } from "@grpc/grpc-js";
import type { GatewayLocation } from "#hal/gateway-port.ts";
import { ApiRefused, type ChirpStackConnection, ifThere } from "./chirpstack-connection.ts";
import { locationOf } from "./chirpstack-location.ts";
import { type ProfileFacts, profileOf } from "./chirpstack-profile.ts";

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

/** Of a device that does not join; in lower-case hex. */
export interface SessionFacts {
  readonly devEui: string;
  readonly devAddr: string;
  readonly appSKey: string;
  readonly nwkSEncKey: string;
  readonly sNwkSIntKey: string;
  readonly fNwkSIntKey: string;
}

export interface GatewayFacts {
  readonly tenantId: string;
  /** In lower-case hex. */
  readonly gatewayId: string;
  readonly statsIntervalS: number;
  /** Undefined: whatever the server knows. */
  readonly location: GatewayLocation | undefined;
}

/** What the names of all tenants made here begin with. */
export const TENANT_PREFIX = "fuota ";

/** More than a search by its whole name finds. */
const FOUND_MAX = 100;
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

  /** One that another of our tenants has is taken from it, one that is elsewhere is moved. */
  async gateway({ tenantId, gatewayId, statsIntervalS, location }: GatewayFacts): Promise<void> {
    const get = new gateway.GetGatewayRequest();
    get.setGatewayId(gatewayId);
    const found = await ifThere(this.#api.call(this.#gateways, this.#gateways.get, get));
    const known = found?.getGateway();
    const owner = known?.getTenantId();
    if (known !== undefined && owner === tenantId) {
      if (location === undefined || isAt(known, location)) return;
      known.setLocation(locationOf(location, "CONFIG"));
      const update = new gateway.UpdateGatewayRequest();
      update.setGateway(known);
      await this.#api.call(this.#gateways, this.#gateways.update, update);
      return;
    }
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
    if (location !== undefined) made.setLocation(locationOf(location, "CONFIG"));
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

  /** Gives a device its session, all counters at 0. */
  async activate(facts: SessionFacts): Promise<void> {
    const session = new device.DeviceActivation();
    session.setDevEui(facts.devEui);
    session.setDevAddr(facts.devAddr);
    session.setAppSKey(facts.appSKey);
    session.setNwkSEncKey(facts.nwkSEncKey);
    session.setSNwkSIntKey(facts.sNwkSIntKey);
    session.setFNwkSIntKey(facts.fNwkSIntKey);
    const request = new device.ActivateDeviceRequest();
    request.setDeviceActivation(session);
    await this.#api.call(this.#devices, this.#devices.activate, request);
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

interface Named {
  getId(): string;
  getName(): string;
}

function idOf(found: readonly Named[], name: string): string | undefined {
  return found.find((one) => one.getName() === name)?.getId();
}

/** Kept by the server with less altitude than a double has. */
function isAt(
  known: gateway.Gateway,
  { latitude, longitude, altitudeM }: GatewayLocation,
): boolean {
  const at = known.getLocation();
  return (
    at?.getLatitude() === latitude &&
    at.getLongitude() === longitude &&
    at.getAltitude() === Math.fround(altitudeM)
  );
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
