import type { DownlinkCommand, GatewayEvent } from "#sim/gateway/server-gateway.ts";
import type { WorldUs } from "#sim/kernel/engine.ts";
import type { LiveDeviceResult } from "#tools/fleet/live-world.ts";
import type { CommandLine, DeviceLine, EventLine } from "./schema.ts";

/** Of the format. A reader takes this one only. */
export const RECORDING_VERSION = 1;
/** How a recording begins. */
export const RECORDING_MARK = '{"type":"recording"';

export function lineOfCommand(
  at: WorldUs,
  gateway: number,
  { downlinkId, items }: DownlinkCommand,
): CommandLine {
  return {
    type: "command",
    at,
    gateway,
    downlinkId,
    items: items.map(({ phyPayload, frequencyHz, rate, timing }) => ({
      phyPayload: hexOfBytes(phyPayload),
      frequencyHz,
      ...(rate === undefined ? {} : { rate: { sf: rate.sf, bandwidthHz: rate.bandwidthHz } }),
      timing,
    })),
  };
}

export function commandOf({ downlinkId, items }: CommandLine): DownlinkCommand {
  return {
    downlinkId,
    items: items.map(({ phyPayload, rate, ...item }) => ({
      ...item,
      rate,
      phyPayload: bytesOfHex(phyPayload),
    })),
  };
}

export function lineOfEvent(at: WorldUs, gateway: number, event: GatewayEvent): EventLine {
  switch (event.type) {
    case "uplink":
      return { ...event, at, gateway, phyPayload: hexOfBytes(event.phyPayload) };
    case "ack": {
      const { sentAt, statuses, ...rest } = event;
      const sent = sentAt === undefined ? {} : { sentAt };
      return { ...rest, at, gateway, statuses: [...statuses], ...sent };
    }
    case "stats":
      return { ...event, at, gateway };
    default:
      return event satisfies never;
  }
}

export function lineOfDevice({
  timeline,
  air,
  fragments,
  ...result
}: LiveDeviceResult): DeviceLine {
  return {
    type: "device",
    ...result,
    fragments: { ...fragments },
    timeline: timeline.map((entry) => ({ ...entry })),
    air: { lost: [...air.lost], missed: [...air.missed] },
  };
}

function hexOfBytes(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("hex");
}

export function bytesOfHex(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, "hex"));
}
