import { gatewayIdOf } from "#tools/provision/names.ts";
import { bytesOfHex } from "#tools/recording/lines.ts";
import type { Recorded, RecordedLine } from "#tools/recording/read.ts";
import type { CommandLine } from "#tools/recording/schema.ts";
import type { CapturedFrame } from "./loratap.ts";

/** Downlinks that no gateway acknowledges are forgotten. */
const PENDING_MAX = 10_000;

/** What the gateways of a recorded run heard and sent, by time. */
export function framesOf(lines: Iterable<Recorded<RecordedLine>>): readonly CapturedFrame[] {
  const frames: (CapturedFrame & { readonly gateway: number })[] = [];
  /** What a gateway's GPS time is ahead of the world's, in µs. */
  const aheadUs = new Map<number, number>();
  const pending = new Map<string, CommandLine>();
  let endUs = 0;
  for (const { line } of lines) {
    if (line.type !== "device") endUs = line.at;
    if (line.type === "stats") aheadUs.set(line.gateway, line.gpsUs - line.at);
    if (line.type === "uplink") {
      const { phyPayload, gateway, frequencyHz, rate, counterUs, gpsUs, rssiDbm, snrDb } = line;
      frames.push({
        gateway,
        direction: "up",
        gatewayId: gatewayIdOf(gateway),
        phyPayload: bytesOfHex(phyPayload),
        frequencyHz,
        rate,
        counterUs,
        gpsUs,
        signal: { rssiDbm, snrDb },
      });
    }
    if (line.type === "command") {
      pending.set(`${line.gateway} ${line.downlinkId}`, line);
      const [oldest] = pending.keys();
      if (pending.size > PENDING_MAX && oldest !== undefined) pending.delete(oldest);
    }
    if (line.type === "ack") {
      const key = `${line.gateway} ${line.downlinkId}`;
      const item = pending.get(key)?.items[line.statuses.indexOf("ok")];
      pending.delete(key);
      if (item?.rate === undefined || line.sentAt === undefined) continue;
      frames.push({
        gateway: line.gateway,
        direction: "down",
        gatewayId: gatewayIdOf(line.gateway),
        phyPayload: bytesOfHex(item.phyPayload),
        frequencyHz: item.frequencyHz,
        rate: item.rate,
        ...line.sentAt,
        signal: undefined,
      });
    }
  }
  // What was booked for later was never sent.
  const sent = frames.filter(({ gateway, gpsUs }) => {
    return gpsUs - (aheadUs.get(gateway) ?? gpsUs) <= endUs;
  });
  return sent.sort((a, b) => a.gpsUs - b.gpsUs);
}
