import type { DownlinkCommand } from "#sim/gateway/server-gateway.ts";

/** PHYPayload of the longest LoRa frame. */
export const PHY_BYTES_MAX = 255;
/** Ways to send one downlink; servers know two or three. */
export const ITEMS_MAX = 256;
export const UINT32_MAX = 4_294_967_295;
/** Twelve days. */
export const DELAY_MAX_US = 2 ** 40;
/** In the year 2103: as UTC it still fits the 32 bits that it has in a capture. */
export const GPS_MAX_US = 3.9e15;

/** Whether what a server wants sent is within what any gateway could be asked for. */
export function isSendable({ downlinkId, items }: DownlinkCommand): boolean {
  return isWithin(downlinkId, UINT32_MAX) && items.length <= ITEMS_MAX && items.every(isItem);
}

function isItem({ phyPayload, frequencyHz, rate, timing }: DownlinkCommand["items"][number]) {
  if (phyPayload.length > PHY_BYTES_MAX || !isWithin(frequencyHz, UINT32_MAX)) return false;
  if (rate !== undefined && !(isWithin(rate.sf, 255) && isWithin(rate.bandwidthHz, UINT32_MAX))) {
    return false;
  }
  switch (timing.type) {
    case "immediately":
      return true;
    case "delay":
      return isWithin(timing.counter, UINT32_MAX) && isWithin(timing.delayUs, DELAY_MAX_US);
    case "counter":
      return isWithin(timing.counter, UINT32_MAX);
    case "gps":
      return isWithin(timing.gpsUs, GPS_MAX_US);
    default:
      return timing satisfies never;
  }
}

function isWithin(value: number, max: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= max;
}
