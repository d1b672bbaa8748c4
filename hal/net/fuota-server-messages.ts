/** What is said to a ChirpStack FUOTA Server v4 (gRPC service fuota.FuotaServerService). */
import type { MethodDefinition } from "@grpc/grpc-js";
import {
  bytes,
  decodeMessage,
  encodeMessage,
  int64,
  type MessageOf,
  type MessageTable,
  many,
  one,
  text,
  uint32,
} from "./protobuf.ts";

/** google.protobuf.Timestamp and Duration alike. */
const time = { seconds: int64(1), nanos: uint32(2) } as const;

const deploymentDevice = { devEui: text(1), mcRootKey: text(2) } as const;

const deployment = {
  applicationId: text(1),
  devices: many(2, deploymentDevice),
  multicastGroupType: uint32(3),
  multicastDr: uint32(4),
  multicastFrequency: uint32(6),
  multicastTimeout: uint32(8),
  unicastTimeout: one(9, time),
  unicastAttemptCount: uint32(10),
  fragmentationFragmentSize: uint32(11),
  payload: bytes(12),
  fragmentationRedundancy: uint32(13),
  fragmentationBlockAckDelay: uint32(16),
  fragmentationDescriptor: bytes(17),
  requestFragmentationSessionStatus: uint32(18),
  multicastRegion: uint32(19),
} as const;
export type Deployment = MessageOf<typeof deployment>;

const deviceStatus = {
  devEui: text(1),
  mcGroupSetupCompletedAt: one(4, time),
  mcSessionCompletedAt: one(5, time),
  fragSessionSetupCompletedAt: one(6, time),
  fragStatusCompletedAt: one(7, time),
} as const;
export type DeviceStatus = MessageOf<typeof deviceStatus>;

const deploymentStatus = {
  mcGroupSetupCompletedAt: one(3, time),
  mcSessionCompletedAt: one(4, time),
  fragSessionSetupCompletedAt: one(5, time),
  enqueueCompletedAt: one(6, time),
  fragStatusCompletedAt: one(7, time),
  deviceStatus: many(8, deviceStatus),
} as const;
export type DeploymentStatus = MessageOf<typeof deploymentStatus>;

/** An entry of a map. */
const logField = { name: text(1), value: text(2) } as const;
const deviceLog = { fPort: uint32(2), command: text(3), fields: many(4, logField) } as const;
export type DeviceLog = MessageOf<typeof deviceLog>;

const byId = { id: text(1) } as const;

export const GROUP_TYPE = { B: 0, C: 1 } as const;

export const STATUS_REQUEST = {
  afterFragmentEnqueue: 0,
  afterSessionTimeout: 1,
  never: 2,
} as const;

/** As grpc-js takes a service, of a client or of a server. */
export const FUOTA_SERVER = {
  createDeployment: method("CreateDeployment", { deployment: one(1, deployment) }, byId),
  getDeploymentStatus: method("GetDeploymentStatus", byId, deploymentStatus),
  getDeploymentDeviceLogs: method(
    "GetDeploymentDeviceLogs",
    { deploymentId: text(1), devEui: text(2) },
    { logs: many(1, deviceLog) },
  ),
} as const;

function method<Request extends MessageTable, Response extends MessageTable>(
  name: string,
  request: Request,
  response: Response,
): MethodDefinition<MessageOf<Request>, MessageOf<Response>> {
  return {
    path: `/fuota.FuotaServerService/${name}`,
    requestStream: false,
    responseStream: false,
    requestSerialize: (message) => Buffer.from(encodeMessage(request, message)),
    requestDeserialize: (from) => decoded(request, from),
    responseSerialize: (message) => Buffer.from(encodeMessage(response, message)),
    responseDeserialize: (from) => decoded(response, from),
  };
}

/** Throws what grpc-js makes an error of the call. */
function decoded<Table extends MessageTable>(table: Table, from: Uint8Array): MessageOf<Table> {
  const message = decodeMessage(table, from);
  if (message === undefined) throw new RangeError(`${from.length} bytes that are no message`);
  return message;
}
