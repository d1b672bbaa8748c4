import { Server, ServerCredentials, type ServiceError, status } from "@grpc/grpc-js";
import {
  type Deployment,
  type DeploymentStatus,
  type DeviceLog,
  FUOTA_SERVER,
} from "#hal/net/fuota-server-messages.ts";

const AT = { seconds: 1_700_000_000, nanos: 0 };
export const DEPLOYMENT_ID = "5a4c9a39-0d5f-4f0c-8c0e-0c3e4d5a6b7c";

type StatusName = Exclude<keyof DeploymentStatus, "deviceStatus">;
type DeviceStatusName = Exclude<keyof DeploymentStatus["deviceStatus"][number], "devEui">;

/** What a FUOTA Server says, on a port of loopback: one deployment that goes on when a test says so. */
export class FakeFuotaServer {
  deployment: Deployment | undefined;
  readonly over = new Set<StatusName>();
  readonly passed = new Map<string, readonly DeviceStatusName[]>();
  readonly logs = new Map<string, readonly DeviceLog[]>();
  /** Calls of GetDeploymentStatus from now on that fail. */
  failures = 0;
  address = "";
  readonly #server = new Server();

  async start(): Promise<void> {
    this.#server.addService(FUOTA_SERVER, {
      createDeployment: answering(({ deployment }: { readonly deployment: Deployment }) => {
        this.deployment = deployment;
        return { id: DEPLOYMENT_ID };
      }),
      getDeploymentStatus: answering(({ id }: { readonly id: string }) => this.#status(id)),
      getDeploymentDeviceLogs: answering(({ devEui }: { readonly devEui: string }) => ({
        logs: this.logs.get(devEui) ?? [],
      })),
    });
    this.address = await listen(this.#server);
  }

  stop(): void {
    this.#server.forceShutdown();
  }

  #status(id: string): DeploymentStatus {
    const { deployment } = this;
    if (deployment === undefined || id !== DEPLOYMENT_ID) throw new Error("object does not exist");
    if (this.failures > 0) {
      this.failures -= 1;
      throw new Error("too many clients");
    }
    const at = (is: boolean | undefined) => (is === true ? AT : undefined);
    return {
      mcGroupSetupCompletedAt: at(this.over.has("mcGroupSetupCompletedAt")),
      mcSessionCompletedAt: at(this.over.has("mcSessionCompletedAt")),
      fragSessionSetupCompletedAt: at(this.over.has("fragSessionSetupCompletedAt")),
      enqueueCompletedAt: at(this.over.has("enqueueCompletedAt")),
      fragStatusCompletedAt: at(this.over.has("fragStatusCompletedAt")),
      deviceStatus: deployment.devices.map(({ devEui }) => {
        const passed = this.passed.get(devEui);
        return {
          devEui,
          mcGroupSetupCompletedAt: at(passed?.includes("mcGroupSetupCompletedAt")),
          mcSessionCompletedAt: at(passed?.includes("mcSessionCompletedAt")),
          fragSessionSetupCompletedAt: at(passed?.includes("fragSessionSetupCompletedAt")),
          fragStatusCompletedAt: at(passed?.includes("fragStatusCompletedAt")),
        };
      }),
    };
  }
}

/** A free port of loopback, and who listens there. */
export async function listen(server: Server): Promise<string> {
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    );
  });
  return `127.0.0.1:${port}`;
}

/** A unary method; what it throws is answered as Go does an error without a status. */
export function answering<Request, Response>(answer: (request: Request) => Response) {
  return (
    call: { readonly request: Request },
    callback: (error: Partial<ServiceError> | null, response?: Response) => void,
  ) => {
    try {
      callback(null, answer(call.request));
    } catch (error) {
      const code = error instanceof NotThere ? status.NOT_FOUND : status.UNKNOWN;
      callback({ code, details: error instanceof Error ? error.message : "" });
    }
  };
}

export class NotThere extends Error {}
