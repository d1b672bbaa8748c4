import { isComplete, type Lns, type LnsDevice } from "#sim/lns/lns.ts";

export function progressText(name: string, { phase, progress }: Lns): string {
  const { devices, joined, timeTold, complete, sent, fragments } = progress;
  const air = fragments === 0 ? "" : `  fragment ${sent} of ${fragments}`;
  return `${name} ${phase}  joined ${joined}  knowing the time ${timeTold}  complete ${complete}  of ${devices}${air}`;
}

/** What is known of each device at the end. */
export function reportText({ devices }: Pick<Lns, "devices">) {
  const lines = devices.map((device) => `${device.devEui}  ${stateOf(device)}\n`);
  const complete = devices.filter(isComplete).length;
  return {
    text: `${lines.join("")}${complete} of ${devices.length} devices say that they are complete\n`,
    isGood: complete === devices.length,
  };
}

function stateOf(device: LnsDevice): string {
  const { joinedUs, row } = device;
  if (joinedUs === undefined) return "never joined";
  if (row === undefined) return "joined, and took no part";
  return isComplete(device) ? "complete" : row.errorMsg || "not complete";
}
