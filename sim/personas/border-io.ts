import type { DeviceNote } from "#agent/events.ts";
import type { RegionLimits } from "#agent/packages/region-limits.ts";
import type { PackagesStatus } from "#agent/status.ts";
import type { GpsSeconds } from "#hal/ports.ts";

/** What the packages of a persona see of their device. */
export interface BorderIo {
  readonly region: RegionLimits;
  /** Undefined while it has no power. */
  status(): PackagesStatus | undefined;
  clock(): { readonly gps: GpsSeconds; readonly synced: boolean };
  /** What the agent cannot know of, for people. */
  note(note: DeviceNote): void;
  /** Says something, after a delay that is drawn below this bound. */
  sayLater(fPort: number, payload: Uint8Array, delayMaxUs: number): void;
}
