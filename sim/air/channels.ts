import type { ChannelGroup, FixedPlan, Region } from "#scenarios/regions/region.ts";

/** An uplink channel of a region's plan. */
export interface PlannedChannel {
  readonly frequencyHz: number;
  /** Where RX1 answers. */
  readonly rx1FrequencyHz: number;
  readonly drMin: number;
  readonly drMax: number;
}

const known = new Map<Region, readonly PlannedChannel[]>();

/** The uplink channels that every device of a region knows, by number. */
export function plannedChannels(region: Region): readonly PlannedChannel[] {
  const found = known.get(region);
  if (found !== undefined) return found;
  const { plan } = region;
  const channels = plan.type === "fixed" ? fixedChannels(plan) : plan.defaultHz.map(asIs(plan));
  known.set(region, channels);
  return channels;
}

function asIs({ drMin, drMax }: Pick<ChannelGroup, "drMin" | "drMax">) {
  return (frequencyHz: number): PlannedChannel => ({
    frequencyHz,
    rx1FrequencyHz: frequencyHz,
    drMin,
    drMax,
  });
}

function fixedChannels({ groups, downlink }: FixedPlan): readonly PlannedChannel[] {
  const channels: PlannedChannel[] = [];
  for (const { firstHz, stepHz, count, drMin, drMax } of groups) {
    for (let index = 0; index < count; index++) {
      const rx1 = channels.length % downlink.count;
      const rx1FrequencyHz = downlink.firstHz + rx1 * downlink.stepHz;
      channels.push({ frequencyHz: firstHz + index * stepHz, rx1FrequencyHz, drMin, drMax });
    }
  }
  return channels;
}

/** Number of the channel at a frequency; undefined: none that every device knows. */
export function channelIndexOf(region: Region, frequencyHz: number): number | undefined {
  const index = plannedChannels(region).findIndex((channel) => channel.frequencyHz === frequencyHz);
  return index < 0 ? undefined : index;
}

/** Where RX1 of an uplink is: on a fixed plan the channel's, else on the uplink's own frequency. */
export function rx1FrequencyHz(region: Region, uplinkHz: number): number {
  if (region.plan.type === "dynamic") return uplinkHz;
  const index = channelIndexOf(region, uplinkHz);
  return plannedChannels(region)[index ?? -1]?.rx1FrequencyHz ?? uplinkHz;
}

/** Whether a channel belongs to a sub-band of 1 to 8; all do when none was chosen. */
export function isInSubBand(
  { plan }: Region,
  channelIndex: number,
  subBand: number | undefined,
): boolean {
  if (plan.type === "dynamic" || subBand === undefined) return true;
  const narrow = plan.groups[0]?.count ?? 0;
  const own = channelIndex < narrow ? Math.floor(channelIndex / 8) : channelIndex - narrow;
  return own === subBand - 1;
}
