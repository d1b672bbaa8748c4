import { describe, expect, test } from "vitest";
import { type PeerCase, PeerDevice, peerCases } from "./embassy-peer.ts";

/*
 * The faithful mode against what embassy-boot 0.7.0 itself did to its flash: the same operations in
 * the same order, the same bytes, and the same recovery from a cut after each operation.
 */

/** Each step of the vectors, what it does, and the step that it goes on from. */
const STEPS = [
  ["markUpdated", "markUpdated", undefined],
  ["swap", "boot", "markUpdated"],
  ["markBooted", "markBooted", "swap"],
  ["revert", "boot", "swap"],
  ["bootAfterRevert", "boot", "revert"],
  ["markUpdatedAfterRevert", "markUpdated", "revert"],
  ["markDfu", "markDfu", "markBooted"],
  ["bootAfterMarkDfu", "boot", "markDfu"],
  ["markDfuDuringTrial", "markDfu", "swap"],
  ["writeFirmware", "writeFirmware", undefined],
  ["writeFirmwareAfterReset", "writeFirmwareAfterReset", "writeFirmware"],
] as const;

type StepName = (typeof STEPS)[number][0];

function callOf(name: string): string {
  return STEPS.find(([step]) => step === name)?.[1] ?? name;
}

/** A device that has been through all that leads to a step. */
function deviceBefore(peer: PeerCase, name: string): PeerDevice {
  const previous: StepName | undefined = STEPS.find(([step]) => step === name)?.[2];
  if (previous === undefined) return new PeerDevice(peer);
  const device = deviceBefore(peer, previous);
  device.do(callOf(previous));
  return device;
}

describe.each(peerCases)("$name", (peer) => {
  test("the vectors hold every step", () => {
    expect(Object.keys(peer.steps)).toEqual(STEPS.map(([name]) => name));
  });

  test.each(Object.entries(peer.steps))("%s", (name, step) => {
    const device = deviceBefore(peer, name);
    const result = device.do(callOf(name));
    const { operations } = device;
    expect({ operations, result, ...device.contents() }).toEqual(step);
  });

  test.each(Object.entries(peer.cuts))("power fails after each operation of %s", (name, rows) => {
    const start = deviceBefore(peer, name);
    const count = peer.steps[name]?.operations.split(" ").length ?? 0;
    expect(rows).toHaveLength(count + 1);
    rows.forEach((row, powerFor) => {
      const device = start.clone();
      const isCut = device.do(callOf(name), powerFor) === "cut";
      expect(isCut).toBe(powerFor < count);
      // The cut that never came must not come later.
      const next = device.clone();
      if (!isCut) next.flash.powerOff();
      next.flash.powerOn();
      expect(next.row(next.do("boot")), `cut ${powerFor}`).toEqual(row);
    });
  });

  test("each mark of the swap is torn", () => {
    const start = deviceBefore(peer, "swap");
    const operations = peer.steps["swap"]?.operations.split(" ") ?? [];
    expect(peer.tornMarks).toHaveLength(peer.wordBytes === 1 ? 0 : 2 * peer.pages);
    peer.tornMarks.forEach((row, mark) => {
      const device = start.clone();
      device.do(
        "boot",
        operations.findIndex((operation) => device.isMark(operation, mark)),
      );
      device.tearMark(mark);
      expect(device.row(device.do("boot")), `mark ${mark}`).toEqual(row);
    });
  });
});
