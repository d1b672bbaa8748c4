import { Client, type MethodDefinition } from "@grpc/grpc-js";
import { ApiRefused, type ChirpStackConnection } from "./chirpstack-connection.ts";
import { REGION } from "./chirpstack-profile.ts";
import {
  type DeviceStatus,
  FUOTA_SERVER,
  GROUP_TYPE,
  STATUS_REQUEST,
} from "./fuota-server-messages.ts";

export interface FuotaServerFacts {
  readonly applicationId: string;
  /** Both in lower-case hex. */
  readonly devices: readonly { readonly devEui: string; readonly mcRootKey: string }[];
  readonly region: keyof typeof REGION;
  readonly dr: number;
  readonly frequencyHz: number;
  /** The session lasts 2 to this power of seconds. */
  readonly timeoutExponent: number;
  /** How long an attempt of a stage waits for answers. */
  readonly unicastTimeoutS: number;
  readonly attempts: number;
  readonly fragSize: number;
  readonly codedFragments: number;
  readonly blockAckDelay: number;
  readonly descriptor: Uint8Array;
  readonly requestStatus: keyof typeof STATUS_REQUEST;
  readonly payload: Uint8Array;
}

/** How far a device has come by the server's record. */
export interface FuotaServerDevice {
  readonly devEui: string;
  readonly isGroupSetUp: boolean;
  readonly isBlockSetUp: boolean;
  readonly isSessionSetUp: boolean;
  readonly isStatusGood: boolean;
}

/** Stages that are over, whether all devices have passed them or not. */
export interface FuotaServerState {
  readonly isGroupDone: boolean;
  readonly isBlockDone: boolean;
  readonly isSessionDone: boolean;
  readonly isEnqueued: boolean;
  readonly isStatusDone: boolean;
  readonly devices: readonly FuotaServerDevice[];
}

/** A request of the server or an answer of a device: `FragSessionStatusAns` and its fields. */
export interface FuotaServerLogEntry {
  readonly command: string;
  readonly fields: ReadonlyMap<string, string>;
}

const NO_DEPLOYMENT = "00000000-0000-0000-0000-000000000000";

/** Deployments of a ChirpStack FUOTA Server v4. It starts one when it is made, and has no way to end it. */
export class FuotaServer {
  readonly #api: ChirpStackConnection;
  readonly #client: Client;

  constructor(api: ChirpStackConnection) {
    this.#api = api;
    this.#client = api.client(Client);
  }

  /** Rejects where nobody answers, or another service does. */
  async check(): Promise<void> {
    try {
      await this.state(NO_DEPLOYMENT);
    } catch (error) {
      if (!(error instanceof ApiRefused && error.isItsOwn)) throw error;
    }
  }

  /** Returns the id. */
  async start(facts: FuotaServerFacts): Promise<string> {
    const deployment = {
      applicationId: facts.applicationId,
      devices: facts.devices,
      multicastGroupType: GROUP_TYPE.C,
      multicastDr: facts.dr,
      multicastFrequency: facts.frequencyHz,
      multicastTimeout: facts.timeoutExponent,
      multicastRegion: REGION[facts.region],
      unicastTimeout: { seconds: facts.unicastTimeoutS, nanos: 0 },
      unicastAttemptCount: facts.attempts,
      fragmentationFragmentSize: facts.fragSize,
      fragmentationRedundancy: facts.codedFragments,
      fragmentationBlockAckDelay: facts.blockAckDelay,
      fragmentationDescriptor: facts.descriptor,
      requestFragmentationSessionStatus: STATUS_REQUEST[facts.requestStatus],
      payload: facts.payload,
    };
    return (await this.#call(FUOTA_SERVER.createDeployment, { deployment })).id;
  }

  async state(id: string): Promise<FuotaServerState> {
    const found = await this.#call(FUOTA_SERVER.getDeploymentStatus, { id });
    return {
      isGroupDone: found.mcGroupSetupCompletedAt !== undefined,
      isBlockDone: found.fragSessionSetupCompletedAt !== undefined,
      isSessionDone: found.mcSessionCompletedAt !== undefined,
      isEnqueued: found.enqueueCompletedAt !== undefined,
      isStatusDone: found.fragStatusCompletedAt !== undefined,
      devices: found.deviceStatus.map(deviceOf),
    };
  }

  /** What was asked of a device and what it answered, in order. */
  async log(deploymentId: string, devEui: string): Promise<readonly FuotaServerLogEntry[]> {
    const request = { deploymentId, devEui };
    const { logs } = await this.#call(FUOTA_SERVER.getDeploymentDeviceLogs, request);
    return logs.map(({ command, fields }) => ({
      command,
      fields: new Map(fields.map(({ name, value }) => [name, value])),
    }));
  }

  #call<Request, Response>(
    method: MethodDefinition<Request, Response>,
    request: Request,
  ): Promise<Response> {
    const { path, requestSerialize: encode, responseDeserialize: decode } = method;
    const client = this.#client;
    return this.#api.call<Request, Response>(
      client,
      (message, metadata, options, callback) =>
        client.makeUnaryRequest(path, encode, decode, message, metadata, options, callback),
      request,
    );
  }
}

function deviceOf(status: DeviceStatus): FuotaServerDevice {
  return {
    devEui: status.devEui,
    isGroupSetUp: status.mcGroupSetupCompletedAt !== undefined,
    isBlockSetUp: status.fragSessionSetupCompletedAt !== undefined,
    isSessionSetUp: status.mcSessionCompletedAt !== undefined,
    isStatusGood: status.fragStatusCompletedAt !== undefined,
  };
}
