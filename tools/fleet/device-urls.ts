import { InvalidArgumentError } from "commander";
import type { DeviceUrls } from "#tools/pull/live/links.ts";

/** MQTT and CoAP, if nobody says otherwise, at their ports of the host that has HTTP. */
export function deviceUrls(
  http: string,
  mqtt: string | undefined,
  coap: string | undefined,
): DeviceUrls {
  const { hostname } = new URL(http);
  return {
    http,
    mqtt: mqtt ?? `mqtt://${hostname}:1883`,
    coap: coap ?? `coap://${hostname}:5683`,
  };
}

/** For commander. */
export function urlOf(pattern: RegExp, scheme: string) {
  return (text: string): string => {
    if (pattern.test(text) && URL.canParse(text)) return text;
    throw new InvalidArgumentError(`expected ${scheme}://host:port`);
  };
}
