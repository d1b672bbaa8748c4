import { randomInt } from "node:crypto";
import { CoapDatagrams } from "#hal/net/coap-datagrams.ts";
import { HttpClient } from "#hal/net/http-client.ts";
import { MqttSession, type MqttSessionEvents } from "#hal/net/mqtt-session.ts";
import type { ResolvedPull } from "#scenarios/pull-defaults.ts";
import { SimulatedCoap } from "#sim/pull/coap-link.ts";
import { SimulatedHttp } from "#sim/pull/http-link.ts";
import type { LinkWorld, PullLink } from "#sim/pull/link.ts";
import { type MqttCredentials, SimulatedMqtt } from "#sim/pull/mqtt-link.ts";
import type { Bridge, Pieces } from "./bridge.ts";
import { coapBridge } from "./coap-bridge.ts";
import { httpBridge } from "./http-bridge.ts";
import { mqttBridge } from "./mqtt-bridge.ts";

/** Where a server takes its devices. */
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

/** What a device says of itself, and where firmware is in what it is told. */
export interface LinkSpec {
  readonly transport: ResolvedPull["transport"];
  readonly urls: DeviceUrls;
  readonly who: MqttCredentials;
  readonly pieces: Pieces;
}

/** The simulated link of a device with a real server at its other end: the same draws as without. */
export function liveLink(spec: LinkSpec, world: LinkWorld, bridge: Bridge): LiveLink {
  const { transport, urls, who, pieces } = spec;
  if (transport === "http") {
    const client = new HttpClient(urls.http);
    const link = new SimulatedHttp(world, httpBridge(client, bridge, pieces));
    return { link, close: () => client.close() };
  }
  if (transport === "mqtt") {
    const { username, password } = who;
    const listen = mqttBridge((one, events) => mqttSession(urls.mqtt, one, events), bridge, pieces);
    return { link: new SimulatedMqtt(world, listen, username, password), close: () => {} };
  }
  const datagrams: CoapDatagrams[] = [];
  const port = coapBridge(
    (onMessage) => {
      const one = new CoapDatagrams(urls.coap, { onMessage, onTrouble: bridge.onTrouble });
      datagrams.push(one);
      return one;
    },
    bridge,
    pieces,
    randomInt(MESSAGE_IDS),
  );
  const close = () => {
    for (const one of datagrams) void one.close();
  };
  return { link: new SimulatedCoap(world, port), close };
}

function mqttSession(
  url: string,
  { username, password }: MqttCredentials,
  events: MqttSessionEvents,
): MqttSession {
  return new MqttSession(
    { url, username, ...(password === undefined ? {} : { password }) },
    events,
  );
}
