import { describe, expect, test } from "vitest";
import { PowerLoss } from "#hal/ports.ts";
import { Tally } from "../reliability/tally.ts";
import { FragServer, multicast, setUpGroup } from "./frag-server.ts";
import { imageOf, TestDevice } from "./test-device.ts";

/*
 * A session interrupted for t seconds loses the fragments of those t seconds and nothing else: from
 * then on the device is, fragment by fragment, where one is that heard all but these.
 */

const update = imageOf("2.0.0", 2, 500);
const LOST_ON_AIR = new Set([3, 4, 19]);
const FRAG_SIZE = 21;

/** From set-up to the last parity fragment, with what it has missed. */
class Session {
  readonly device: TestDevice;
  readonly server: FragServer;

  constructor(granuleBytes: number, version: 1 | 2) {
    const packages = { clockSync: version, multicastSetup: version, fragmentation: version };
    const parityVariant = version === 1 ? "ts004-v1" : "ts004-v2-lbm";
    this.device = new TestDevice({ config: { packages, parityVariant }, granuleBytes });
    this.server = new FragServer({ version, data: update, fragSize: FRAG_SIZE });
    this.device.powerOn();
    setUpGroup(this.device);
    this.device.downlink(201, this.server.setup());
  }

  get end(): number {
    return this.server.nbFrag + 20;
  }

  hear(n: number): void {
    this.device.downlink(201, this.server.fragment(n), multicast(0, n - 1));
  }

  /** What must be the same on two devices that heard the same. */
  state(): unknown {
    const { sessions, groups } = this.device.status();
    return { sessions, nextMcFCnt: groups[0]?.nextMcFCnt };
  }
}

type Way = "between fragments" | "in a flash operation" | "again and again";

/** Whether the fragment that was on its way counts is for the device to say: both are compared. */
function interrupt(session: Session, n: number, way: Way): boolean {
  const { device } = session;
  if (way !== "in a flash operation") {
    device.device = undefined;
    return false;
  }
  device.flash.cutAt(device.flash.operations, { kind: "partialBits" });
  try {
    session.hear(n);
    return true;
  } catch (error) {
    if (!(error instanceof PowerLoss)) throw error;
    device.device = undefined;
    return false;
  }
}

const LENGTHS = [1, 2, 7, 20] as const;
const WAYS: readonly Way[] = ["between fragments", "in a flash operation", "again and again"];

describe.each([1, 8, 32])("granule %i", (granuleBytes) => {
  test.each(WAYS)("power fails %s", { timeout: 180_000 }, (way) => {
    const step = way === "again and again" ? 7 : 3;
    const tally = new Tally("device-ci/resume");
    for (const version of [1, 2] as const) {
      const { end } = new Session(granuleBytes, version);
      for (let from = 1; from < end; from += step) {
        for (const length of LENGTHS) {
          tally.case(() => compare({ granuleBytes, version, from, length, way }));
        }
      }
    }
    expect(tally.close()).toBeGreaterThan(50);
  });
});

interface Interruption {
  readonly granuleBytes: number;
  readonly version: 1 | 2;
  /** The first fragment that is lost to it, and how many are. */
  readonly from: number;
  readonly length: number;
  readonly way: Way;
}

/** Compares after every fragment, and at the end. */
function compare(interruption: Interruption): void {
  const { granuleBytes, version, from, length, way } = interruption;
  const where = JSON.stringify(interruption);
  const cut = new Session(granuleBytes, version);
  const whole = new Session(granuleBytes, version);
  for (let n = 1; n <= cut.end; n++) {
    if (cut.device.boot.report().pending !== undefined) break;
    const isOff = n >= from && n < from + length;
    if (LOST_ON_AIR.has(n)) continue;
    if (n === from && cut.device.device !== undefined && interrupt(cut, n, way)) whole.hear(n);
    if (isOff) continue;
    if (cut.device.device === undefined) cut.device.powerOn();
    const times = way === "again and again" ? 3 : 0;
    for (let reset = 0; reset < times; reset++) {
      cut.device.device = undefined;
      cut.device.powerOn();
    }
    cut.hear(n);
    whole.hear(n);
    expect(cut.state(), `fragment ${n} of ${where}`).toEqual(whole.state());
  }
  if (cut.device.device === undefined) cut.device.powerOn();
  expect(cut.state(), where).toEqual(whole.state());
  expect(cut.device.boot.report(), where).toEqual(whole.device.boot.report());
}
