import { InvalidArgumentError } from "commander";
import { PortNames } from "#hal/serial/port-names.ts";
import { openSerial } from "#hal/serial/serial-transport.ts";
import { openTcp } from "#hal/serial/tcp-transport.ts";
import type { Transport, TransportEvents } from "#hal/serial/transport.ts";

/** Where a modem is, as a person says it. */
export type PortTarget =
  | { readonly type: "serial"; readonly path: string }
  | { readonly type: "tcp"; readonly host: string; readonly port: number };

export function portTarget(text: string): PortTarget {
  if (text === "" || /\p{Cc}/u.test(text)) throw new InvalidArgumentError("expected a port");
  if (!text.includes("://")) return { type: "serial", path: text };
  const [, host = "", port = ""] = /^tcp:\/\/([\w.-]+|\[[\da-f:.]+\]):(\d{1,5})$/i.exec(text) ?? [];
  if (Number(port) > 0 && Number(port) < 65_536) {
    return { type: "tcp", host: host.replace(/^\[|\]$/g, ""), port: Number(port) };
  }
  throw new InvalidArgumentError("expected a path like /dev/ttyUSB0, or tcp://host:port");
}

/** Opens a port again and again, under the name that it has each time. */
export function openerOf(
  target: PortTarget,
  say: (text: string) => void,
): (baudRate: number, events: TransportEvents) => Promise<Transport> {
  if (target.type === "tcp") return (_, events) => openTcp(target, events);
  const names = new PortNames(target.path);
  let { device } = names;
  return async (baudRate, events) => {
    const transport = await openSerial(names.current, baudRate, events);
    if (names.device !== device) say(`${target.path} is ${names.device} now`);
    ({ device } = names);
    return transport;
  };
}

export function openTarget(
  target: PortTarget,
  baudRate: number,
  events: TransportEvents,
): Promise<Transport> {
  return target.type === "tcp"
    ? openTcp(target, events)
    : openSerial(target.path, baudRate, events);
}
