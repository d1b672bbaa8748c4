import applicationRpc from "@chirpstack/chirpstack-api/api/application_grpc_pb.js";
import application from "@chirpstack/chirpstack-api/api/application_pb.js";
import { type ChirpStackConnection, ifThere } from "./chirpstack-connection.ts";

const ENCODING = {
  protobuf: application.Encoding.PROTOBUF,
  json: application.Encoding.JSON,
} as const;

/** Who is to hear of each uplink of an application. */
export interface EventsFacts {
  readonly url: string;
  readonly encoding: keyof typeof ENCODING;
}

/** Replaces the HTTP integration of an application by this one, or by none. */
export async function setEvents(
  api: ChirpStackConnection,
  applicationId: string,
  facts: EventsFacts | undefined,
): Promise<void> {
  const service = api.client(applicationRpc.ApplicationServiceClient);
  const remove = new application.DeleteHttpIntegrationRequest();
  remove.setApplicationId(applicationId);
  await ifThere(api.call(service, service.deleteHttpIntegration, remove));
  if (facts === undefined) return;
  const wanted = new application.HttpIntegration();
  wanted.setApplicationId(applicationId);
  wanted.setEncoding(ENCODING[facts.encoding]);
  wanted.setEventEndpointUrl(facts.url);
  const request = new application.CreateHttpIntegrationRequest();
  request.setIntegration(wanted);
  await api.call(service, service.createHttpIntegration, request);
}
