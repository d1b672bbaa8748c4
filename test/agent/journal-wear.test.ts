import { expect, test } from "vitest";
import { sectorBytes, sectorsOf } from "#agent/flash/sectors.ts";
import { SETUP_BYTES, VERDICT_BYTES } from "#agent/journal/codec.ts";
import { headerBytes, recordBytes } from "#agent/journal/format.ts";
import { FragServer, multicast, setUpGroup } from "./frag-server.ts";
import { geometryFor, layout, TestDevice } from "./test-device.ts";

const config = { packages: { clockSync: 2, multicastSetup: 2, fragmentation: 2 } } as const;
const SESSIONS = 2000;
const RESET_EVERY = 10;
/** Fragments that come when the block is complete. */
const LATE = 3;
/** Snapshots, and ends of sectors too short for a record. */
const OVERHEAD = 1.1;

/** A device whose bank waits for an image, so that further blocks are data and stay so. */
function busyDevice(granuleBytes: number): TestDevice {
  const device = new TestDevice({ config, granuleBytes });
  device.powerOn();
  setUpGroup(device);
  const data = new Uint8Array(900).fill(7);
  const image = new FragServer({ version: 2, data, fragSize: 60, fragIndex: 1 });
  device.downlink(201, image.setup());
  device.downlink(201, image.fragment(5), multicast(0, 0));
  return device;
}

test.each([1, 8, 32])(
  "granule %i: thousands of sessions wear the journal evenly, and no more than their records fill",
  { timeout: 30_000 },
  (granuleBytes) => {
    const device = busyDevice(granuleBytes);
    let fCnt = 1;
    let frames = 0;
    for (let sessionCnt = 0; sessionCnt < SESSIONS; sessionCnt++) {
      const data = Uint8Array.from({ length: 500 }, (_, at) => at * sessionCnt);
      const server = new FragServer({ version: 2, data, fragSize: 41, sessionCnt });
      device.downlink(201, server.setup());
      for (let n = 1; n <= server.nbFrag + LATE; n++) {
        if (n === 4) continue;
        device.downlink(201, server.fragment(n), multicast(0, fCnt++));
        frames += 1;
      }
      const session = device.status().sessions.find(({ fragIndex }) => fragIndex === 0);
      expect(session).toMatchObject({ state: "complete", failure: undefined });
      if (sessionCnt % RESET_EVERY === 0) device.powerOn();
    }
    expect(device.status().groups[0]?.nextMcFCnt).toBe(fCnt);

    const geometry = geometryFor(granuleBytes);
    const sectors = sectorsOf(geometry, layout.journal);
    const erases = sectors.map((address) => device.flash.eraseCount(address));
    expect(Math.max(...erases) - Math.min(...erases)).toBeLessThanOrEqual(1);

    const bytesOf = (extraBytes: number) => recordBytes(extraBytes, granuleBytes);
    // the fragment that was computed has a record, too
    const records = (frames + SESSIONS) * bytesOf(granuleBytes - 1);
    const ends = SESSIONS * (bytesOf(SETUP_BYTES) + bytesOf(VERDICT_BYTES));
    const usable = sectorBytes(geometry, layout.journal.address) - headerBytes(granuleBytes);
    const bound = OVERHEAD * ((records + ends) / usable) + sectors.length;
    const total = erases.reduce((sum, count) => sum + count, 0);
    expect(total).toBeLessThanOrEqual(bound);
    expect(total).toBeGreaterThan(bound / 2);
  },
);
