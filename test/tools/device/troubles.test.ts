import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { ModemTroubles } from "#scenarios/modem-schema.ts";
import type { ProfileName } from "#sim/modem/profiles.ts";
import { LinkRig } from "./link-rig.ts";

/** Every trouble of a scenario's `modem` section, on and off: the session goes on. */

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

interface Row {
  readonly troubles: ModemTroubles;
  /** Makes it happen, where it does not by itself. */
  readonly provoke?: (rig: LinkRig) => void;
  /** What shows that it did. */
  readonly shows: (rig: LinkRig) => boolean;
}

const powerCut = (rig: LinkRig) => rig.lab.modem.powerCut();
const reset = (rig: LinkRig) => rig.lab.modem.receive(Buffer.from("ATZ\r\n"));
const said = (words: string) => (rig: LinkRig) => rig.said.some((text) => text.includes(words));
const heard = (words: RegExp) => (rig: LinkRig) => words.test(rig.heard);
const hasGap = (rig: LinkRig) => rig.gaps().length > 0;

const rows: Readonly<Record<string, Row>> = {
  uartDiesAfterS: { troubles: { uartDiesAfterS: 90 }, shows: (rig) => rig.hardResets > 0 },
  deafAfterResets: {
    troubles: { deafAfterResets: 1 },
    provoke: reset,
    shows: (rig) => rig.hardResets > 0,
  },
  sleeps: { troubles: { sleeps: true }, shows: heard(/AT\+LPM=0/) },
  bootGlitches: { troubles: { bootGlitches: 1 }, shows: said("no answer to AT") },
  deafAfterResetS: {
    troubles: { deafAfterResetS: 0.9 },
    provoke: powerCut,
    // Its banner comes before it hears again.
    shows: heard(/AT\+NWM=\?\r\n\r\nAT\r\n/),
  },
  forgetsSettings: {
    troubles: { forgetsSettings: true },
    provoke: powerCut,
    shows: heard(/AT\+APPKEY=2B7E/),
  },
  groupsLeft: { troubles: { groupsLeft: 2 }, shows: heard(/AT\+RMVMULC=01020302/) },
  groupRefusals: { troubles: { groupRefusals: 2 }, shows: said("refuses its multicast group") },
  ownFuota: {
    troubles: { ownFuota: true },
    // The link's user answers nothing: it is the modem that sends.
    provoke: ({ lab, link }) => {
      lab.server.enqueue(lab.device, 202, Uint8Array.of(0));
      link.perform({ type: "requestUplink" });
    },
    shows: (rig) => ends(rig) > sends(rig),
  },
  bootLoops: { troubles: { bootLoops: 3 }, provoke: powerCut, shows: (rig) => starts(rig) >= 8 },
  restartEveryS: { troubles: { restartEveryS: 150 }, shows: said("the modem has restarted") },
  powerCutEveryS: {
    troubles: { powerCutEveryS: 150 },
    shows: said("the modem has restarted"),
  },
  saysNoBanner: {
    troubles: { saysNoBanner: true, restartEveryS: 150 },
    shows: said("the modem has restarted"),
  },
  busy: { troubles: { busy: 0.7 }, shows: (rig) => sends(rig) > 3 },
  lateAnswers: {
    troubles: { lateAnswers: { probability: 0.1, byS: 2.5 } },
    // On a cleared line.
    shows: heard(/\r\n\r\nAT\r\n[\s\S]*\r\n\r\nAT\r\n[\s\S]*\r\n\r\nAT\r\n/),
  },
  lostBytes: { troubles: { lostBytes: 0.005 }, shows: (rig) => oddLines(rig).length > 1 },
  garbledBytes: { troubles: { garbledBytes: 0.008 }, shows: (rig) => oddLines(rig).length > 1 },
  echo: { troubles: { echo: true }, shows: ({ spoken }) => spoken.includes("AT+NWM=?\n\r") },
  band: { troubles: { band: "US915" }, shows: heard(/AT\+BAND=4/) },
};

const starts = ({ spoken }: LinkRig) => spoken.match(/Current Work Mode/g)?.length ?? 0;
const oddLines = ({ spoken }: LinkRig) =>
  spoken
    .split(/[\r\n]+/)
    .filter((line) => !/^$|^OK$|^AT_BUSY_ERROR$|^AT\+\w+=|^\+EVT:\w+|^Current|^[C0]:/.test(line));
const ends = ({ spoken }: LinkRig) => spoken.match(/TX_DONE/g)?.length ?? 0;
const sends = (rig: LinkRig) => rig.heard.match(/^AT\+SEND/gm)?.length ?? 0;

/** A session with uplinks, in which something may happen. */
async function lived(row: Row, troubles: ModemTroubles, profile?: ProfileName): Promise<LinkRig> {
  const rig = new LinkRig({ troubles, ...(profile && { profile }) });
  await rig.inSession();
  for (let uplinks = 0; uplinks < 3; uplinks++) await rig.uplink();
  if (troubles === row.troubles) row.provoke?.(rig);
  await rig.pass(120);
  return rig;
}

test("there is a row for each of them", async () => {
  const { modemSchema } = await import("#scenarios/modem-schema.ts");
  expect(Object.keys(rows).sort()).toEqual(Object.keys(modemSchema.properties).sort());
});

describe("on", () => {
  test.each(Object.entries(rows))("%s: it shows, and fragments are heard again", async (_, row) => {
    const rig = await lived(row, row.troubles);
    await rig.until(() => row.shows(rig), 300);
    expect(await rig.firstHeardFrom(1)).toBeGreaterThan(0);
    expect(rig.failures).toEqual([]);
  });
});

describe("off", () => {
  test("none of it shows", async () => {
    const [row] = Object.values(rows);
    const rig = await lived(row as Row, {});
    for (const [name, { shows }] of Object.entries(rows))
      expect([name, shows(rig)]).toEqual([name, false]);
    expect(hasGap(rig)).toBe(false);
    await rig.fragment(1);
    expect(rig.fragments).toEqual([1]);
  });
});
