import fc from "fast-check";
import { expect } from "vitest";
import type { ProfileName } from "#sim/modem/profiles.ts";
import { LinkRig } from "./link-rig.ts";
import { type Mishap, RoughLine } from "./rough-line.ts";

/** Finding the modem, setting it up, joining and the session take about so many lines. */
const LINES = 110;
const KINDS: readonly Mishap["kind"][] = [
  "lost",
  "twice",
  "banner",
  "restart",
  "late",
  "cut",
  "glued",
  "noise",
];
const mishap = fc.record({
  kind: fc.constantFrom(...KINDS),
  line: fc.nat({ max: LINES }),
  lateMs: fc.constantFrom(60, 300, 1100, 2500),
});
export const lives = fc.record({
  mishaps: fc.array(mishap, { minLength: 1, maxLength: 3 }),
  pieceBytes: fc.constantFrom(1, 7, 64, 1000),
  /** How long the modem has had power when the host comes. */
  poweredMs: fc.constantFrom(0, 10, 200, 1000, 10_000),
});
export type Life = typeof lives extends fc.Arbitrary<infer T> ? T : never;

async function live(profile: ProfileName, { mishaps, pieceBytes, poweredMs }: Life) {
  const line = new RoughLine(mishaps, pieceBytes);
  const rig = new LinkRig({ profile, line: (bytes) => line.pass(bytes) });
  line.restart = () => rig.lab.modem.powerCut();
  await rig.pass(poweredMs / 1000);
  await rig.openSession();
  await rig.uplink();
  for (let n = 1; n <= 4; n++) await rig.fragment(n);
  await rig.uplink();
  await rig.firstHeardFrom(5);
  await rig.uplink();
  await rig.pass(60);
  return rig;
}

const wholeLines = (text: string) =>
  [...text.matchAll(/\+EVT:RX_C:[-\d]+:[-\d]+:MULTICAST:201:08([0-9a-f]{2})\r?\n/g)].map(
    ([, n = ""]) => Number.parseInt(n, 16),
  );

/** Whatever the line makes of the lines: the device joins, ends what it begins, and takes once what came whole. */
export async function isLived(profile: ProfileName, life: Life): Promise<void> {
  const rig = await live(profile, life);
  const count = (type: string) => rig.events.filter((event) => event.type === type).length;
  expect(rig.failures).toEqual([]);
  expect(count("uplinkDone")).toBe(count("uplinkReady"));
  // Elsewhere a downlink is several lines.
  if (profile === "rui4_2") expect(rig.fragments).toEqual(wholeLines(rig.arrived));
}
