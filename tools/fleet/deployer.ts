import { ChirpStackConnection } from "#hal/net/chirpstack-connection.ts";
import type { EventsFacts } from "#hal/net/chirpstack-events.ts";
import { FuotaServer } from "#hal/net/fuota-server.ts";
import { orRefused } from "#tools/provision/api-refusal.ts";
import {
  type CampaignHooks,
  type CampaignInput,
  type DeploymentRecord,
  runDeployment,
} from "./chirpstack-campaign.ts";
import { runOnFuotaServer } from "./fuota-server-campaign.ts";
import { eventsOfServer, type FuotaServerOptions } from "./fuota-server-options.ts";

/** Who updates the fleet that a ChirpStack knows. */
export interface Deployer {
  /** Who has to hear of the uplinks, if it is not ChirpStack itself. */
  readonly events: EventsFacts | undefined;
  /** Rejects when it is not there. */
  readonly check: () => Promise<void>;
  readonly deploy: (input: CampaignInput, hooks: CampaignHooks) => Promise<DeploymentRecord>;
  readonly close: () => void;
}

/** Throws `InputError` for options that do not go together. */
export function deployerOf(
  options: FuotaServerOptions,
  chirpStack: ChirpStackConnection,
): Deployer {
  const { fuotaServer } = options;
  const events = eventsOfServer(options);
  if (fuotaServer === undefined) {
    return {
      events,
      check: async () => {},
      deploy: (input, hooks) => runDeployment(chirpStack, input, hooks),
      close: () => {},
    };
  }
  const { host, port } = fuotaServer;
  const connection = new ChirpStackConnection(`${host}:${port}`, undefined, "FUOTA Server");
  const server = new FuotaServer(connection);
  return {
    events,
    check: () => orRefused(() => server.check()),
    deploy: (input, hooks) => runOnFuotaServer({ server, chirpStack }, input, hooks),
    close: () => connection.close(),
  };
}
