import { randomInt } from "node:crypto";
import { CoapDatagrams } from "#hal/net/coap-datagrams.ts";
import { HttpClient } from "#hal/net/http-client.ts";
import { MqttSession } from "#hal/net/mqtt-session.ts";
import type { ResolvedPull } from "#scenarios/pull-defaults.ts";
import { SimulatedCoap } from "#sim/pull/coap-link.ts";
import { SimulatedHttp } from "#sim/pull/http-link.ts";
import type { LinkWorld, PullLink } from "#sim/pull/link.ts";
import { SimulatedMqtt } from "#sim/pull/mqtt-link.ts";
import type { Bridge } from "./bridge.ts";
import { coapBridge } from "./coap-bridge.ts";
import { httpBridge } from "./http-bridge.ts";
import { mqttBridge } from "./mqtt-bridge.ts";

/** Where a ThingsBoard takes its devices. */
export interface DeviceUrls {
  readonly http: string;
  readonly mqtt: string;
  readonly coap: string;
}

export interface LiveLink {
  readonly link: PullLink;
  /** Of its sockets. */
  readonly close: () => void;
}

const MESSAGE_IDS = 65_536;

/** The simulated link of a device with a real server at its other end: the same draws as without. */
export function liveLink(
  transport: ResolvedPull["transport"],
  urls: DeviceUrls,
  world: LinkWorld,
  token: string,
  bridge: Bridge,
): LiveLink {
  if (transport === "http") {
    const client = new HttpClient(urls.http);
    const link = new SimulatedHttp(world, httpBridge(client, bridge));
    return { link, close: () => client.close() };
  }
  if (transport === "mqtt") {
    const { mqtt: url } = urls;
    const listen = mqttBridge(
      (username, events) => new MqttSession({ url, username }, events),
      bridge,
    );
    return { link: new SimulatedMqtt(world, listen, token), close: () => {} };
  }
  const datagrams: CoapDatagrams[] = [];
  const port = coapBridge(
    (onMessage) => {
      const one = new CoapDatagrams(urls.coap, { onMessage, onTrouble: bridge.onTrouble });
      datagrams.push(one);
      return one;
    },
    bridge,
    randomInt(MESSAGE_IDS),
  );
  const close = () => {
    for (const one of datagrams) void one.close();
  };
  return { link: new SimulatedCoap(world, port), close };
}
