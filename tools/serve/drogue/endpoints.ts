import { DROGUE_COAP_OPTION } from "#agent/pull/drogue.wire.ts";
import { CoapListener } from "#hal/net/coap-server.ts";
import { HttpListener } from "#hal/net/http-server.ts";
import { MqttListener } from "#hal/net/mqtt-server.ts";
import { SystemEntropy } from "#hal/node/entropy.ts";
import type { DrogueFaults } from "#sim/pull/drogue-faults.ts";
import type { DrogueCloud } from "#sim/server/drogue/cloud.ts";
import { DrogueCoapApi, drogueCoapEndpoint } from "#sim/server/drogue/coap-endpoint.ts";
import { DrogueHttpEndpoint } from "#sim/server/drogue/http-endpoint.ts";
import { DrogueMqttEndpoint } from "#sim/server/drogue/mqtt-endpoint.ts";
import { DrogueRegistryApi, REGISTRY_ROOT } from "#sim/server/drogue/registry-api.ts";
import type { WallClock } from "#tools/fleet/wall-clock.ts";
import type { ListeningOptions } from "../listening.ts";
import { refusable } from "../refusable.ts";

/** Of whoever may read and write the registry. */
export interface RegistryUser {
  readonly user: string;
  readonly userToken: string;
}

/** Drogue as it is to be had on sockets, with what becomes of its firmware there. */
export interface ServedDrogue {
  readonly cloud: DrogueCloud;
  readonly faults: DrogueFaults;
  readonly clock: WallClock;
}

type Listener = HttpListener | MqttListener | CoapListener;

/** Throws `RefusedError`. */
export async function listenForDevices(
  options: ListeningOptions & RegistryUser,
  drogue: ServedDrogue,
): Promise<readonly Listener[]> {
  const open: Listener[] = [];
  try {
    open.push(await refusable(listenForHttp(options, drogue)));
    const { host, mqtt, coap } = options;
    if (mqtt !== undefined) open.push(await refusable(listenForMqtt(host, mqtt, drogue)));
    if (coap !== undefined) open.push(await refusable(listenForCoap(host, coap, drogue)));
    return open;
  } catch (error) {
    for (const one of open) await one.close();
    throw error;
  }
}

function listenForHttp(
  { host, port, user, userToken: token }: ListeningOptions & RegistryUser,
  { cloud, faults, clock }: ServedDrogue,
): Promise<HttpListener> {
  const endpoint = faults.http(new DrogueHttpEndpoint(cloud).handle);
  const registry = new DrogueRegistryApi(cloud.registry, { user, token });
  return HttpListener.open(host, port, (request, respond) => {
    clock.sync();
    const isRegistry = request.path.startsWith(REGISTRY_ROOT);
    return isRegistry ? registry.handle(request, respond) : endpoint(request, respond);
  });
}

function listenForMqtt(host: string, port: number, { cloud, faults, clock }: ServedDrogue) {
  const newSession = faults.mqtt((connection) => new DrogueMqttEndpoint(cloud, connection));
  return MqttListener.open(host, port, (connection) => {
    clock.sync();
    return newSession(connection);
  });
}

function listenForCoap(host: string, port: number, { cloud, faults, clock }: ServedDrogue) {
  const handler = faults.coap(new DrogueCoapApi(cloud).handle);
  const newHearer: Parameters<typeof CoapListener.open>[2] = (say) => {
    const endpoint = drogueCoapEndpoint(cloud, new SystemEntropy(), say, handler);
    return (from, message) => {
      clock.sync();
      endpoint.receive(from, message);
    };
  };
  return CoapListener.open(host, port, newHearer, [DROGUE_COAP_OPTION.authorization]);
}
