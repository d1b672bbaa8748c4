import fuotaRpc from "@chirpstack/chirpstack-api/api/fuota_grpc_pb.js";
import fuota from "@chirpstack/chirpstack-api/api/fuota_pb.js";
import multicast from "@chirpstack/chirpstack-api/api/multicast_group_pb.js";
import type { ChirpStackConnection } from "./chirpstack-connection.ts";

export interface DeploymentFacts {
  readonly applicationId: string;
  readonly deviceProfileId: string;
  readonly name: string;
  readonly devEuis: readonly string[];
  readonly gatewayIds: readonly string[];
  readonly dr: number;
  readonly frequencyHz: number;
  /** The session lasts 2 to this power of seconds, in class B of beacon periods. */
  readonly timeoutExponent: number;
  /** Of class B: 2 to the power of 7 less this slots in a beacon period. Undefined: class C. */
  readonly pingPeriodicity: number | undefined;
  readonly maxRetries: number;
  readonly fragSize: number;
  readonly redundancyPercent: number;
  readonly blockAckDelay: number;
  readonly descriptor: Uint8Array;
  readonly requestStatus: "never" | "afterFragmentEnqueue" | "afterSessionTimeout";
  readonly payload: Uint8Array;
}

/** What the server has on record of one device of a deployment. */
export interface DeploymentDevice {
  readonly devEui: string;
  readonly isGroupSetUp: boolean;
  readonly isBlockSetUp: boolean;
  readonly isSessionSetUp: boolean;
  readonly isStatusGood: boolean;
  readonly isComplete: boolean;
  readonly error: string;
}

export interface DeploymentJob {
  readonly name: string;
  readonly isDone: boolean;
  readonly attempts: number;
  readonly error: string;
}

export interface DeploymentState {
  readonly isComplete: boolean;
  readonly jobs: readonly DeploymentJob[];
}

const REQUEST_STATUS = {
  never: fuota.RequestFragmentationSessionStatus.NO_REQUEST,
  afterFragmentEnqueue: fuota.RequestFragmentationSessionStatus.AFTER_FRAGMENT_ENQUEUE,
  afterSessionTimeout: fuota.RequestFragmentationSessionStatus.AFTER_SESSION_TIMEOUT,
} as const;
const PAGE = 1000;
const ADD_AT_ONCE = 500;

/** FUOTA deployments of a ChirpStack v4. */
export class ChirpStackDeployments {
  readonly #api: ChirpStackConnection;
  readonly #service: fuotaRpc.FuotaServiceClient;

  constructor(api: ChirpStackConnection) {
    this.#api = api;
    this.#service = api.client(fuotaRpc.FuotaServiceClient);
  }

  /** Makes one and starts it; returns its id. */
  async start(facts: DeploymentFacts): Promise<string> {
    const service = this.#service;
    const request = new fuota.CreateFuotaDeploymentRequest();
    request.setDeployment(deploymentOf(facts));
    const id = (await this.#api.call(service, service.createDeployment, request)).getId();
    for (let at = 0; at < facts.devEuis.length; at += ADD_AT_ONCE) {
      const devices = new fuota.AddDevicesToFuotaDeploymentRequest();
      devices.setFuotaDeploymentId(id);
      devices.setDevEuisList(facts.devEuis.slice(at, at + ADD_AT_ONCE));
      await this.#api.call(service, service.addDevices, devices);
    }
    const gateways = new fuota.AddGatewaysToFuotaDeploymentRequest();
    gateways.setFuotaDeploymentId(id);
    gateways.setGatewayIdsList([...facts.gatewayIds]);
    await this.#api.call(service, service.addGateways, gateways);
    const start = new fuota.StartFuotaDeploymentRequest();
    start.setId(id);
    await this.#api.call(service, service.startDeployment, start);
    return id;
  }

  async state(id: string): Promise<DeploymentState> {
    const service = this.#service;
    const get = new fuota.GetFuotaDeploymentRequest();
    get.setId(id);
    const found = await this.#api.call(service, service.getDeployment, get);
    const list = new fuota.ListFuotaDeploymentJobsRequest();
    list.setFuotaDeploymentId(id);
    const jobs = await this.#api.call(service, service.listJobs, list);
    return {
      isComplete: found.getCompletedAt() !== undefined,
      jobs: jobs.getJobsList().map((job) => ({
        name: job.getJob(),
        isDone: job.getCompletedAt() !== undefined,
        attempts: job.getAttemptCount(),
        error: job.getErrorMsg(),
      })),
    };
  }

  async devices(id: string): Promise<readonly DeploymentDevice[]> {
    const rows: DeploymentDevice[] = [];
    for (;;) {
      const request = new fuota.ListFuotaDeploymentDevicesRequest();
      request.setFuotaDeploymentId(id);
      request.setLimit(PAGE);
      request.setOffset(rows.length);
      const page = await this.#api.call(this.#service, this.#service.listDevices, request);
      const found = page.getResultList();
      rows.push(...found.map(rowOf));
      if (found.length < PAGE) return rows;
    }
  }

  async remove(id: string): Promise<void> {
    const request = new fuota.DeleteFuotaDeploymentRequest();
    request.setId(id);
    await this.#api.call(this.#service, this.#service.deleteDeployment, request);
  }
}

export function deploymentOf(facts: DeploymentFacts): fuota.FuotaDeployment {
  const made = new fuota.FuotaDeployment();
  made.setApplicationId(facts.applicationId);
  made.setDeviceProfileId(facts.deviceProfileId);
  made.setName(facts.name);
  const isClassB = facts.pingPeriodicity !== undefined;
  const { CLASS_B, CLASS_C } = multicast.MulticastGroupType;
  made.setMulticastGroupType(isClassB ? CLASS_B : CLASS_C);
  made.setMulticastClassBPingSlotPeriodicity(facts.pingPeriodicity ?? 0);
  made.setMulticastDr(facts.dr);
  made.setMulticastFrequency(facts.frequencyHz);
  made.setMulticastTimeout(facts.timeoutExponent);
  made.setUnicastMaxRetryCount(facts.maxRetries);
  made.setFragmentationFragmentSize(facts.fragSize);
  made.setFragmentationRedundancyPercentage(facts.redundancyPercent);
  made.setFragmentationBlockAckDelay(facts.blockAckDelay);
  made.setFragmentationDescriptor(facts.descriptor);
  made.setRequestFragmentationSessionStatus(REQUEST_STATUS[facts.requestStatus]);
  made.setPayload(facts.payload);
  return made;
}

function rowOf(row: fuota.FuotaDeploymentDeviceListItem): DeploymentDevice {
  return {
    devEui: row.getDevEui(),
    isGroupSetUp: row.getMcGroupSetupCompletedAt() !== undefined,
    isBlockSetUp: row.getFragSessionSetupCompletedAt() !== undefined,
    isSessionSetUp: row.getMcSessionCompletedAt() !== undefined,
    isStatusGood: row.getFragStatusCompletedAt() !== undefined,
    isComplete: row.getCompletedAt() !== undefined,
    error: row.getErrorMsg(),
  };
}
