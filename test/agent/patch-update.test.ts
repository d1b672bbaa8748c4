import { beforeAll, describe, expect, test } from "vitest";
import { PATCH_HEADER_BYTES } from "#agent/delta/container.ts";
import { makePatch } from "#agent/delta/make.ts";
import { makeImage } from "#agent/image/make.ts";
import { NodeSigner } from "#hal/node/signer.ts";
import { PowerLoss } from "#hal/ports.ts";
import type { Cut } from "#sim/flash/cuts.ts";
import type { NorFlash } from "#sim/flash/nor.ts";
import { FragServer, multicast, setUpGroup } from "./frag-server.ts";
import { crypto, factoryImage, imageOf, layout, signer, TestDevice } from "./test-device.ts";
import { CUTS } from "./update-story.ts";

const packages = { clockSync: 2, multicastSetup: 2, fragmentation: 2 } as const;
const config = { packages, parityVariant: "ts004-v2-lbm" } as const;
const FRAG_SIZE = 61;
const PAYLOAD_BYTES = 500;

/** The factory image with a few bytes changed, and more behind. */
function nextPayload(): Uint8Array {
  const payload = new Uint8Array(PAYLOAD_BYTES).fill(0x5a);
  payload.set(factoryImage.subarray(32, 132));
  payload[40] = 1;
  return payload;
}

const options = { version: "2.0.0", securityCounter: 2 };
const update = makeImage(nextPayload(), options, signer, crypto);

function patchBetween(from: Uint8Array, to: Uint8Array): Uint8Array {
  const made = makePatch(from, to, crypto);
  if (!made.ok) throw new Error(made.detail);
  return made.patch;
}

const patch = patchBetween(factoryImage, update);

function serverOf(data: Uint8Array): FragServer {
  return new FragServer({ version: 2, data, fragSize: FRAG_SIZE });
}

/** Sends a block, the last fragment of it if `isWhole`. */
function receive(device: TestDevice, server: FragServer, isWhole = true): void {
  setUpGroup(device);
  device.downlink(201, server.setup());
  for (let n = 1; n <= server.nbFrag - (isWhole ? 0 : 1); n++) {
    device.downlink(201, server.fragment(n), multicast(0, n - 1));
  }
}

function received(data: Uint8Array, granuleBytes = 8): TestDevice {
  const device = new TestDevice({ config, granuleBytes });
  device.powerOn();
  receive(device, serverOf(data));
  return device;
}

/** Everything after the block: status, reboot, contact. */
function finish(device: TestDevice, server: FragServer): void {
  device.downlink(201, server.statusReq());
  device.wait(20);
  device.powerOn();
  device.send({ type: "contact", at: device.now, morePending: false });
}

function expectUpdated(device: TestDevice, where = ""): void {
  expect(device.boot.report(), where).toMatchObject({ active: 1, lastReason: "confirmed" });
  expect(device.status().running.version, where).toBe("2.0.0+0");
  const rest = new Uint8Array(layout.banks[1].sizeBytes).fill(0xff);
  rest.set(update);
  expect(Buffer.compare(device.bank(1), rest), where).toBe(0);
  const factory = device.bank(0).subarray(0, factoryImage.length);
  expect(Buffer.compare(factory, factoryImage), where).toBe(0);
}

test("a patch is received, applied, verified as any image, and boots", () => {
  expect(patch.length).toBeLessThan(update.length / 2);
  const device = received(patch);
  const types = device.notes.map(({ type }) => type);
  expect(types.slice(types.indexOf("fragComplete"))).toEqual([
    "fragComplete",
    "patchApplied",
    "imageVerified",
    "staged",
  ]);
  expect(device.notes).toContainEqual({ type: "patchApplied", patchBytes: patch.length });
  finish(device, serverOf(patch));
  expectUpdated(device);
});

test("the next patch is to the image that runs then, in the other bank", () => {
  const device = received(patch);
  finish(device, serverOf(patch));
  const third = imageOf("3.0.0", 3, 120);
  const server = new FragServer({
    version: 2,
    data: patchBetween(update, third),
    fragSize: FRAG_SIZE,
    sessionCnt: 7,
  });
  device.downlink(201, server.setup());
  for (let n = 1; n <= server.nbFrag; n++) device.downlink(201, server.fragment(n));
  finish(device, server);
  expect(device.boot.report()).toMatchObject({ active: 0, lastReason: "confirmed" });
  expect(device.status().running.version).toBe("3.0.0+0");
});

/** The image that runs goes on, and what is refused is not asked about again after a reset. */
function expectRefused(data: Uint8Array, reason: string): TestDevice {
  const device = received(data);
  expect(device.notes.at(-1)).toMatchObject({ type: "imageRefused", reason });
  expect(device.status().lastFailure).toBe(reason);
  expect(device.boot.report()).toMatchObject({ active: 0, pending: undefined });
  const { operations } = device.flash;
  device.powerOn();
  expect(device.flash.operations).toBe(operations);
  expect(device.status()).toMatchObject({ lastFailure: reason, running: { version: "1.0.0+0" } });
  return device;
}

describe("refused by name, and the old image runs on", () => {
  test("a patch to another image", () => {
    const other = imageOf("1.0.0", 1, 101);
    const device = expectRefused(patchBetween(other, update), "wrongBase");
    expect(Buffer.compare(device.bank(1).subarray(0, 4), patch.subarray(0, 4))).toBe(0);
  });

  test("a damaged patch", () => {
    const bad = patch.slice();
    bad[PATCH_HEADER_BYTES + 9] = (bad[PATCH_HEADER_BYTES + 9] ?? 0) ^ 1;
    expectRefused(bad, "patchFormat");
  });

  test("a patch that makes an image of somebody else", () => {
    const stranger = NodeSigner.fromSeed("ed25519", new Uint8Array(32).fill(8));
    const forged = makeImage(nextPayload(), options, stranger, crypto);
    expectRefused(patchBetween(factoryImage, forged), "signature");
  });

  test("a patch that makes an older image", () => {
    const older = { version: "2.0.0", securityCounter: 0 };
    const downgrade = makeImage(nextPayload(), older, signer, crypto);
    expectRefused(patchBetween(factoryImage, downgrade), "downgrade");
  });

  test("a patch whose image does not fit beside it", () => {
    const large = imageOf("2.0.0", 2, 1400);
    expectRefused(patchBetween(factoryImage, large).slice(), "storage");
  });
});

test("with a journal that takes nothing any more, what was received is left alone", () => {
  const server = serverOf(patch);
  const device = new TestDevice({ config });
  device.powerOn();
  receive(device, server, false);
  const { address, sizeBytes } = layout.banks[1];
  // The patch moves to the second half of the bank: by then all fragments are on record.
  device.flash.onOperation = ({ kind, address: at }) => {
    const isMove = at >= address + sizeBytes / 2 && at < address + sizeBytes;
    if (kind !== "program" || !isMove) return;
    device.flash.onOperation = undefined;
    for (const operation of ["program", "erase"] as const) {
      device.flash.failNext(operation, Number.POSITIVE_INFINITY, layout.journal);
    }
  };
  device.downlink(201, server.fragment(server.nbFrag), multicast(0, 90));
  expect(device.notes.at(-1)).toMatchObject({ type: "imageRefused", reason: "storage" });
  expect(device.bank(1).subarray(0, patch.length)).toEqual(patch);
  expect(device.boot.report()).toMatchObject({ active: 0, pending: undefined });
});

test("whoever signed the image that runs, its hash names it", () => {
  const hashed = factoryImage.slice();
  hashed.fill(0, factoryImage.length - 64);
  expect(patchBetween(hashed, update)).toEqual(patch);
});

describe.each([1, 8, 32])(
  "power fails from the last fragment to the confirmation, granule %i",
  (granuleBytes) => {
    const server = serverOf(patch);
    let snapshot: NorFlash;
    let end = 0;

    function resumed(cut?: { readonly index: number; readonly cut: Cut }): TestDevice {
      const device = new TestDevice({ config, granuleBytes });
      device.flash.restore(snapshot);
      if (cut !== undefined) device.flash.cutAt(cut.index, cut.cut);
      return device;
    }

    function run(device: TestDevice): number {
      let cuts = 0;
      const withPower = (step: () => void) => {
        for (;;) {
          try {
            if (device.device === undefined) device.powerOn();
            step();
            return;
          } catch (error) {
            if (!(error instanceof PowerLoss)) throw error;
            cuts += 1;
            device.device = undefined;
          }
        }
      };
      withPower(() => device.downlink(201, server.fragment(server.nbFrag), multicast(0, 90)));
      withPower(() => {
        if (device.decision?.ok !== true || device.decision.trial) return;
        device.downlink(201, server.statusReq());
        device.wait(20);
      });
      withPower(() => device.send({ type: "contact", at: device.now, morePending: false }));
      return cuts;
    }

    beforeAll(() => {
      const device = new TestDevice({ config, granuleBytes });
      device.powerOn();
      receive(device, server, false);
      snapshot = device.flash.clone();
      const whole = resumed();
      expect(run(whole)).toBe(0);
      expectUpdated(whole);
      end = whole.flash.operations;
    });

    test("in any operation", () => {
      expect(end - snapshot.operations).toBeGreaterThan(25);
      for (let index = snapshot.operations; index < end; index++) {
        for (const [kind, cut] of CUTS.entries()) {
          if ((kind + index) % 3 !== 0) continue;
          const device = resumed({ index, cut });
          const where = `${cut.kind} at ${index}`;
          expect(run(device), where).toBe(1);
          expectUpdated(device, where);
          expect(device.status().lastFailure, where).toBeUndefined();
        }
      }
    });
  },
);
