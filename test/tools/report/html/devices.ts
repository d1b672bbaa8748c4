import type { ReportedDevice } from "#tools/report/schema.ts";

/** A device of a report; updated, and without losses, but for what `parts` says. */
export function reported(id: number, parts: Partial<ReportedDevice> = {}): ReportedDevice {
  return {
    id,
    devEui: id.toString(16).padStart(16, "0"),
    kind: "device",
    cell: 0,
    state: "updated",
    bootedVersion: "2.0.0+0",
    bootedSha256: "",
    fragments: { received: 100, lost: 0, coded: 0, beyondM: 0 },
    energyJ: 1,
    energyToCompleteJ: 1,
    reason: null,
    missingRows: 0,
    serverComplete: true,
    serverError: "",
    reboots: 1,
    powerCuts: 0,
    ...parts,
  };
}
