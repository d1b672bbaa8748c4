import { describe, expect, test } from "vitest";
import { Journal } from "#agent/journal/journal.ts";
import { FRAGMENT } from "#agent/journal/kinds.ts";
import { contextBytesMax, journalBytesFor, progressBytesMax } from "#agent/journal/sizing.ts";
import type { DeviceStatus } from "#agent/status.ts";
import { PowerLoss } from "#hal/ports.ts";
import { NorFlash } from "#sim/flash/nor.ts";
import { drawBelow, drawKey } from "#sim/kernel/draws.ts";
import { FragServer, multicast, openWindow, setUpGroup } from "./frag-server.ts";
import { GPS_AT_START, imageOf, layout, TestDevice, type TestOptions } from "./test-device.ts";

const PORT = 201;
/** Each fragment comes so often, that the log grows much faster than the state. */
const COPIES = 14;

/** What has to be the same after a reset. */
function remembered({ groups, sessions }: DeviceStatus) {
  return {
    groups: groups.map((group) => ({ ...group, session: group.session !== "none" })),
    sessions: sessions.map(({ failure, ...session }) => ({
      ...session,
      failure: session.state === "receiving" ? undefined : failure,
    })),
  };
}

function started(options: TestOptions = {}): TestDevice {
  const device = new TestDevice(options);
  device.powerOn();
  return device;
}

/** Fragment numbers in an order of their own: most of them, many late, some twice. */
function arrivals(nbFrag: number, seed: number): number[] {
  const key = drawKey(seed, 0, "arrivals");
  const numbers: number[] = [];
  for (let n = 1; n <= nbFrag; n++) {
    const place = drawBelow(key, n, 8);
    if (place === 0) continue;
    numbers.splice(Math.max(0, numbers.length - (place > 5 ? 3 * place : 0)), 0, n);
    if (place === 1) numbers.push(n, n);
  }
  for (let n = nbFrag + 1; n <= 2 * nbFrag; n++) numbers.push(n);
  return numbers;
}

const image = imageOf("2.0.0", 2, 1600);
const baseV2 = { packages: { clockSync: 2, multicastSetup: 2, fragmentation: 2 } } as const;

describe.each([1, 8, 32])("granule %i", (granuleBytes) => {
  test.each([19, 32])(
    "fragments of %i bytes: after every event, a reset changes nothing",
    (fragSize) => {
      const device = started({ granuleBytes, journalSectors: 8 });
      const server = new FragServer({ version: 1, data: image, fragSize });
      const compare = () =>
        expect(remembered(device.twin().status())).toEqual(remembered(device.status()));
      setUpGroup(device);
      compare();
      setUpGroup(device, 2, 0x01ff_fff0);
      compare();
      openWindow(device, GPS_AT_START + 1000, 8);
      compare();
      device.downlink(PORT, server.setup());
      compare();
      for (const [at, n] of arrivals(server.nbFrag, fragSize).entries()) {
        device.downlink(PORT, server.fragment(n), multicast(0, 2 * at));
        compare();
        if (device.status().sessions[0]?.state === "complete") break;
      }
      expect(device.status().sessions).toMatchObject([{ state: "complete" }]);
      expect(device.twin().status().running.version).toBe("2.0.0+0");
    },
  );
});

describe.each([1, 8, 32])("frames that no session takes, granule %i", (granuleBytes) => {
  const server = new FragServer({ version: 2, data: image, fragSize: 32 });
  const nextMcFCnt = (device: TestDevice) => device.twin().status().groups[0]?.nextMcFCnt;

  test.each([
    ["a fragment of a session that is complete", PORT, server.fragment(3)],
    ["a fragment of no session", PORT, server.fragment(3).fill(0xff, 1, 3)],
    ["a status request", PORT, server.statusReq()],
    ["a command that no group may send", PORT, server.setup()],
    ["nothing of sense", PORT, Uint8Array.of(0xee)],
    ["a port that nobody listens to", 77, Uint8Array.of(1)],
  ])("%s: its counter does not come again after a power cut", (_, port, payload) => {
    const device = started({ granuleBytes, config: baseV2 });
    setUpGroup(device);
    device.downlink(port, payload, multicast(0, 4));
    expect(nextMcFCnt(device)).toBe(5);
    device.downlink(PORT, server.setup());
    for (let n = 1; n <= server.nbFrag; n++) {
      device.downlink(PORT, server.fragment(n), multicast(0, 10 + n));
    }
    const last = 10 + server.nbFrag;
    expect(device.status().sessions).toMatchObject([{ state: "complete" }]);
    for (const fCnt of [last + 1, last + 2, last + 3]) {
      device.downlink(port, payload, multicast(0, fCnt));
      expect(nextMcFCnt(device)).toBe(fCnt + 1);
    }
    const { operations } = device.flash;
    device.downlink(port, payload, multicast(0, last + 3));
    expect(device.flash.operations).toBe(operations);
    expect(nextMcFCnt(device)).toBe(last + 4);
  });

  test("a fragment's own record is enough", () => {
    const device = started({ granuleBytes, config: baseV2 });
    setUpGroup(device);
    device.downlink(PORT, server.setup());
    device.downlink(PORT, server.fragment(1), multicast(0, 0));
    const programs: number[] = [];
    const { journal } = layout;
    device.flash.onOperation = ({ address, sizeBytes }) => {
      if (address >= journal.address && address < journal.address + journal.sizeBytes) {
        programs.push(sizeBytes);
      }
    };
    device.downlink(PORT, server.fragment(server.nbFrag + 3), multicast(0, 1));
    device.downlink(PORT, server.fragment(server.nbFrag + 3), multicast(0, 2));
    expect(programs).toHaveLength(2);
    device.downlink(PORT, server.statusReq(), multicast(0, 3));
    expect(programs).toEqual(new Array(3).fill(Math.max(8, granuleBytes)));
  });
});

describe("a journal that has to write new snapshots in mid-session", () => {
  const options = { journalSectors: 6 };

  function session(device: TestDevice, seed: number): { server: FragServer; numbers: number[] } {
    const server = new FragServer({ version: 1, data: image, fragSize: 19 });
    setUpGroup(device);
    device.downlink(PORT, server.setup());
    expect(device.status().sessions).toHaveLength(1);
    const numbers = arrivals(server.nbFrag, seed);
    return { server, numbers: numbers.flatMap((n) => new Array<number>(COPIES).fill(n)) };
  }

  test("says the same after a reset anywhere, and goes on", () => {
    const device = started(options);
    const { server, numbers } = session(device, 3);
    for (const [at, n] of numbers.entries()) {
      device.downlink(PORT, server.fragment(n), multicast(0, at));
      if (at % 40 === 0) {
        expect(remembered(device.twin().status())).toEqual(remembered(device.status()));
      }
      if (at % 100 === 99) device.powerOn();
      if (device.status().sessions[0]?.state === "complete") break;
    }
    expect(device.bank(1).subarray(0, image.length)).toEqual(image);
    const { address } = layout.journal;
    const erases = Array.from({ length: 6 }, (_, sector) =>
      device.flash.eraseCount(address + 2048 * sector),
    );
    expect(Math.max(...erases)).toBeGreaterThan(1);
    expect(Math.max(...erases) - Math.min(...erases)).toBeLessThanOrEqual(1);
  });

  test("power cut at operations all over it loses no accepted fragment", () => {
    const whole = started(options);
    const { server, numbers } = session(whole, 3);
    const first = whole.flash.operations;
    for (const [at, n] of numbers.entries())
      whole.downlink(PORT, server.fragment(n), multicast(0, at));
    const { operations } = whole.flash;
    for (let index = first; index < operations; index += 61) {
      const device = started(options);
      session(device, 3);
      const kinds = ["notDone", "doneButLost", "unstable", "partialBits", "randomErase"] as const;
      device.flash.cutAt(index, { kind: kinds[index % 5] ?? "notDone" });
      let accepted = 0;
      for (const [at, n] of numbers.entries()) {
        try {
          device.downlink(PORT, server.fragment(n), multicast(0, at));
          accepted += 1;
        } catch (error) {
          if (!(error instanceof PowerLoss)) throw error;
          device.powerOn();
          const [session] = device.status().sessions;
          if (session?.state === "receiving") {
            expect(session.received).toBeGreaterThanOrEqual(accepted);
            expect(session.received).toBeLessThanOrEqual(accepted + 1);
          }
        }
        if (device.boot.report().pending !== undefined) break;
      }
      expect(device.bank(1).subarray(0, image.length), `cut at ${index}`).toEqual(image);
    }
  });

  test("a region that could run out refuses the session at set-up", () => {
    const device = started({ journalSectors: 2 });
    const server = new FragServer({ version: 1, data: image, fragSize: 19 });
    device.downlink(PORT, server.setup());
    expect(device.sent(PORT).at(-1)?.payload).toEqual(Uint8Array.of(2, 2));
  });
});

describe("the size of a journal", () => {
  const sectorBytes = 4096;

  test.each([
    [1, 200],
    [8, 200],
    [8, 51],
    [8, 239],
    [32, 51],
  ])(
    "granule %i, 1000 fragments of %i bytes: journalBytesFor is enough, and no waste",
    (granuleBytes, fragSize) => {
      const shape = { nbFrag: 1000, fragSize, padding: 7 };
      const sizeBytes = journalBytesFor(shape, 1000, granuleBytes, sectorBytes);
      const count = sizeBytes / sectorBytes;
      const sectors = [{ address: 0, sizeBytes: sectorBytes, count }];
      const flash = new NorFlash({ sizeBytes, granuleBytes, sectors });
      const state = contextBytesMax(granuleBytes) + progressBytesMax(shape, 1000, granuleBytes);
      const source = { writeSnapshot: () => {}, snapshotBytesMax: () => state };
      const journal = new Journal(flash, { address: 0, sizeBytes }, source);
      expect(journal.holds(state)).toBe(true);
      const half = new Journal(
        flash,
        { address: 0, sizeBytes: sectorBytes * (count >> 2) },
        source,
      );
      expect(half.holds(state)).toBe(count >> 2 > 2 && state < 3000);
      const edges = new Uint8Array(fragSize % granuleBytes === 0 ? 0 : granuleBytes - 1);
      for (let n = 1; n <= 1100; n++) journal.append(FRAGMENT, n, n, edges);
      expect(journal.erases).toBeLessThanOrEqual(count);
      if (granuleBytes === 8 && fragSize === 200) expect(journal.erases).toBe(3);
    },
  );
});

test("a journal that fails altogether: no new session, no crash, the running image untouched", () => {
  const device = started();
  const server = new FragServer({ version: 1, data: image, fragSize: 32 });
  device.downlink(PORT, server.setup());
  device.downlink(PORT, server.fragment(1));
  device.flash.failNext("program", Number.POSITIVE_INFINITY, layout.journal);
  for (let n = 2; n <= 10; n++) device.downlink(PORT, server.fragment(n));
  expect(device.status()).toMatchObject({ lastFailure: "storage" });
  setUpGroup(device);
  device.downlink(PORT, server.setup());
  expect(device.sent(PORT).at(-1)?.payload).toEqual(Uint8Array.of(2, 2));
  device.powerOn();
  expect(device.status().running.version).toBe("1.0.0+0");
});
