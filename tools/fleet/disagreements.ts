import type { DeploymentDevice } from "#hal/net/chirpstack-deployments.ts";
import type { DeviceResult } from "#sim/fleet/result.ts";

/** What a server has on record of a device, against what the device did. */
export interface Disagreement {
  readonly devEui: string;
  readonly text: string;
}

/** Empty: both sides say the same of every device. */
export function disagreements(
  results: readonly DeviceResult[],
  rows: readonly DeploymentDevice[],
): readonly Disagreement[] {
  const rowOf = new Map(rows.map((row) => [row.devEui, row]));
  return results.flatMap((result) => {
    const { devEui } = result;
    const text = disagreementOf(result, rowOf.get(devEui));
    return text === undefined ? [] : [{ devEui, text }];
  });
}

function disagreementOf(
  { state, reason, timeline }: DeviceResult,
  row: DeploymentDevice | undefined,
): string | undefined {
  if (row === undefined) return "the server has no record of it";
  const did = (words: string) => timeline.some(({ text }) => text.startsWith(words));
  const accepted = (words: string) =>
    timeline.some(({ text }) => text.startsWith(words) && text.endsWith("accepted"));
  const isServerHappy = row.isComplete && row.error === "";
  const error = row.error === "" ? "" : ` (${row.error})`;
  if (state === "updated" && !isServerHappy) return `updated, but not to the server${error}`;
  if (state !== "updated" && isServerHappy)
    return `complete to the server, but ${state}, ${reason}`;
  if (row.isGroupSetUp && !did("multicast group"))
    return "the server has an McGroupSetupAns it never sent";
  if (row.isBlockSetUp && !did("fragmentation session")) {
    return "the server has a FragSessionSetupAns it never sent";
  }
  if (!row.isGroupSetUp && accepted("multicast group")) {
    return `has the multicast group, but not to the server${error}`;
  }
  if (!row.isBlockSetUp && accepted("fragmentation session")) {
    return `has the fragmentation session, but not to the server${error}`;
  }
  return undefined;
}
