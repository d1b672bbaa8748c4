import applicationRpc from "@chirpstack/chirpstack-api/api/application_grpc_pb.js";
import application from "@chirpstack/chirpstack-api/api/application_pb.js";
import { Server } from "@grpc/grpc-js";
import empty from "google-protobuf/google/protobuf/empty_pb.js";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { ApiRefused, ChirpStackConnection } from "#hal/net/chirpstack-connection.ts";
import { type EventsFacts, setEvents } from "#hal/net/chirpstack-events.ts";
import { answering, listen, NotThere } from "./fake-fuota-server.ts";

const { createHttpIntegration, deleteHttpIntegration } = applicationRpc.ApplicationServiceService;
const APPLICATION = "6c0e";

/** As ChirpStack answers: there is one at most, and none to delete is an error. */
const integrations = new Map<string, application.HttpIntegration>();
const chirpStack = new Server();
let api: ChirpStackConnection;

beforeAll(async () => {
  chirpStack.addService(
    { createHttpIntegration, deleteHttpIntegration },
    {
      createHttpIntegration: answering((request: application.CreateHttpIntegrationRequest) => {
        const made = request.getIntegration() ?? new application.HttpIntegration();
        if (integrations.has(made.getApplicationId())) throw new Error("duplicate key");
        integrations.set(made.getApplicationId(), made);
        return new empty.Empty();
      }),
      deleteHttpIntegration: answering((request: application.DeleteHttpIntegrationRequest) => {
        const id = request.getApplicationId();
        if (id === "broken") throw new Error("too many clients");
        if (!integrations.delete(id)) throw new NotThere("Object does not exist");
        return new empty.Empty();
      }),
    },
  );
  api = new ChirpStackConnection(await listen(chirpStack), "key");
});
beforeEach(() => integrations.clear());
afterAll(() => {
  api.close();
  chirpStack.forceShutdown();
});

function known() {
  return [...integrations].map(([id, integration]) => [
    id,
    integration.getEventEndpointUrl(),
    integration.getEncoding(),
  ]);
}

const HERE: EventsFacts = { url: "http://localhost:8090", encoding: "protobuf" };
const THERE: EventsFacts = { url: "http://fuota:8090", encoding: "json" };

test.each<[string, readonly (EventsFacts | undefined)[], readonly unknown[]]>([
  ["none, and none is wanted", [undefined], []],
  ["made", [HERE], [[APPLICATION, "http://localhost:8090", 1]]],
  ["made again", [HERE, HERE], [[APPLICATION, "http://localhost:8090", 1]]],
  ["changed", [HERE, THERE], [[APPLICATION, "http://fuota:8090", 0]]],
  ["taken away", [HERE, undefined], []],
])("the integration is %s", async (_, wanted, expected) => {
  for (const facts of wanted) await setEvents(api, APPLICATION, facts);
  expect(known()).toEqual(expected);
});

test("a refusal for another reason is passed on", async () => {
  await expect(setEvents(api, "broken", HERE)).rejects.toBeInstanceOf(ApiRefused);
  expect(known()).toEqual([]);
});
