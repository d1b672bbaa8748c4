import { describe, expect, test } from "vitest";
import type { DeviceImagePolicy } from "#agent/config.ts";
import { makePatch } from "#agent/delta/make.ts";
import { FLAG } from "#agent/image/format.ts";
import { makeImage } from "#agent/image/make.ts";
import { fragUplinkV2 } from "#agent/packages/fragmentation.wire.ts";
import { FragServer, multicast, setUpGroup } from "./frag-server.ts";
import {
  baseConfig,
  crypto,
  factoryImage,
  imageOf,
  layout,
  signer,
  TestDevice,
} from "./test-device.ts";

/* An image that could never run here is refused by its header, before anything is erased for it. */

const FRAG_SIZE = 48;
const good = imageOf("2.0.0", 2, 300);
const V2 = {
  packages: { clockSync: 2, multicastSetup: 2, fragmentation: 2 },
  parityVariant: "ts004-v2-lbm",
} as const;

/** The good image, its header changed: the signature does not matter here. */
function changed(change: (header: DataView) => void): Uint8Array {
  const image = good.slice();
  change(new DataView(image.buffer));
  return image;
}

const withFlag = (flag: number) => changed((header) => header.setUint32(16, flag, true));

class Session {
  readonly device: TestDevice;
  readonly server: FragServer;
  operations = 0;

  constructor(
    data: Uint8Array,
    policy: Partial<DeviceImagePolicy> = {},
    { fragSize = FRAG_SIZE, granuleBytes = 8 } = {},
  ) {
    const config = { ...V2, image: { ...baseConfig.image, ...policy } };
    this.device = new TestDevice({ config, granuleBytes });
    this.server = new FragServer({ version: 2, data, fragSize, sessionCnt: 5 });
    this.device.powerOn();
    setUpGroup(this.device);
    this.device.downlink(201, this.server.setup());
    this.device.flash.onOperation = ({ address }) => {
      const [, bank] = layout.banks;
      if (address >= bank.address && address < bank.address + bank.sizeBytes) this.operations += 1;
    };
  }

  hear(...numbers: readonly number[]): void {
    for (const n of numbers) {
      this.device.downlink(201, this.server.fragment(n), multicast(0, this.#fCnt++));
    }
  }

  hearAll(isHeard: (n: number) => boolean = () => true): void {
    const all = Array.from({ length: this.server.nbFrag }, (_, index) => index + 1);
    this.hear(...all.filter(isHeard));
  }

  #fCnt = 0;
}

describe.each([
  ["encrypted", withFlag(FLAG.encryptedAes128), "is encrypted"],
  ["compressed", withFlag(FLAG.compressedLzma2), "is compressed"],
  ["not bootable", withFlag(FLAG.nonBootable), "not bootable"],
  ["for RAM", withFlag(FLAG.ramLoad), "RAM_LOAD"],
  ["larger than the bank", changed((header) => header.setUint32(12, 1e6, true)), "1000048 bytes"],
  ["of an impossible header", changed((header) => header.setUint16(8, 8, true)), "header of 8"],
])("an image that is %s", (_, image, detail) => {
  test("is refused at its first fragment, and the bank is not touched", () => {
    const session = new Session(image);
    session.hear(1);
    expect(session.device.status().sessions[0]).toMatchObject({
      state: "failed",
      failure: "imageFormat",
    });
    const note = session.device.notes.find(({ type }) => type === "imageRefused");
    expect(note).toMatchObject({ reason: "imageFormat", detail: expect.stringContaining(detail) });
    session.hear(2, 3, 4);
    expect(session.operations).toBe(0);
    expect(session.device.boot.report()).toMatchObject({ updateId: 0, lastReason: "none" });
  });

  test("is refused as soon as its header comes, and the bank is given up", () => {
    const session = new Session(image);
    session.hear(2, 3);
    const { operations } = session;
    expect(session.device.status().sessions[0]).toMatchObject({ state: "receiving" });
    session.hear(1, 4, 5);
    expect(session.device.status().sessions[0]).toMatchObject({
      state: "failed",
      failure: "imageFormat",
      received: 3,
    });
    expect(session.operations).toBe(operations);
    expect(session.device.boot.report()).toMatchObject({
      active: 0,
      pending: undefined,
      lastReason: "abandoned",
    });
  });

  test("is refused at the end when its header had to be solved for", () => {
    const session = new Session(image);
    session.hearAll((n) => n !== 1);
    for (let coded = 1; coded <= 8; coded++) session.hear(session.server.nbFrag + coded);
    expect(session.device.status().sessions[0]).toMatchObject({
      state: "complete",
      failure: "imageFormat",
    });
  });
});

describe.each([1, 8, 32])("a header in several fragments, granule %i", (granuleBytes) => {
  test.each([1, 7, 16, 20, 31])("of %i bytes", (fragSize) => {
    const session = new Session(withFlag(FLAG.nonBootable), {}, { fragSize, granuleBytes });
    const last = Math.ceil(32 / fragSize);
    session.hearAll((n) => n < last);
    expect(session.device.status().sessions[0]).toMatchObject({ state: "receiving" });
    // What is known of it survives a reset.
    session.device.device = undefined;
    session.device.powerOn();
    const { operations } = session;
    session.hear(last, last + 1);
    expect(session.device.status().sessions[0]).toMatchObject({ failure: "imageFormat" });
    expect(session.operations).toBe(operations);
  });

  test("in reverse order", () => {
    const options = { fragSize: 20, granuleBytes };
    const session = new Session(withFlag(FLAG.nonBootable), {}, options);
    session.hear(2);
    expect(session.device.status().sessions[0]).toMatchObject({ state: "receiving" });
    session.hear(1);
    expect(session.device.status().sessions[0]).toMatchObject({ failure: "imageFormat" });
  });
});

test("what stands in the middle of an image is no header", () => {
  const payload = new Uint8Array(400).fill(7);
  payload.set(withFlag(FLAG.ramLoad).subarray(0, 32), 0);
  payload.set(withFlag(FLAG.ramLoad).subarray(0, 32), 32);
  const image = makeImage(payload, { version: "2.0.0", securityCounter: 2 }, signer, crypto);
  for (const order of [
    [1, 2, 3],
    [3, 2, 1],
  ]) {
    const session = new Session(image, {}, { fragSize: 32 });
    session.hear(...order);
    session.hearAll((n) => n > 3);
    expect(session.device.boot.report().pending).toBe(1);
  }
});

const fixedAt = (address: number) =>
  changed((header) => {
    header.setUint32(4, address, true);
    header.setUint32(16, FLAG.romFixed, true);
  });

describe("an image built for an address", () => {
  const built = fixedAt(0x0800_8000);

  test.each<[string, DeviceImagePolicy["runsAt"], boolean]>([
    ["nobody says where images run", undefined, true],
    ["images run there, from either bank", { bankRemap: true, address: 0x0800_8000 }, true],
    ["images run elsewhere", { bankRemap: true, address: 0x0800_0000 }, false],
    [
      "the inactive bank lies there",
      { bankRemap: false, flashAddress: 0x0800_8000 - layout.banks[1].address },
      true,
    ],
    ["the active bank lies there", { bankRemap: false, flashAddress: 0x0800_8000 }, false],
  ])("%s", (_, runsAt, isTaken) => {
    const session = new Session(built, runsAt === undefined ? {} : { runsAt });
    session.hear(1);
    const failure = isTaken ? undefined : "imageFormat";
    expect(session.device.status().sessions[0]).toMatchObject({ failure });
    expect(session.operations > 0).toBe(isTaken);
  });
});

test.each([
  ["any", "0.9.0", undefined],
  ["notLower", "0.9.9+7", "downgrade"],
  ["notLower", "1.0.0", undefined],
  ["notLower", "1.0.1", undefined],
] as const)(
  "a device of version 1.0.0 that takes %s gets %s: %s",
  (versionPolicy, version, failure) => {
    const session = new Session(imageOf(version, 2, 300), { versionPolicy });
    session.hear(1);
    expect(session.device.status().sessions[0]?.failure).toBe(failure);
    expect(session.operations > 0).toBe(failure === undefined);
  },
);

describe("a patch", () => {
  const patchTo = (base: Uint8Array) => {
    const made = makePatch(base, good, crypto);
    if (!made.ok) throw new RangeError(made.detail);
    return made.patch;
  };

  test.each([88, 120])(
    "to another image is refused at its first fragment of %i bytes",
    (fragSize) => {
      const session = new Session(patchTo(imageOf("1.0.0", 1, 99)), {}, { fragSize });
      session.hear(1);
      expect(session.device.status().lastFailure).toBe("wrongBase");
      expect(session.operations).toBe(0);
    },
  );

  test("with a damaged header is refused when that is whole", () => {
    const patch = patchTo(factoryImage);
    patch[20] = (patch[20] ?? 0) ^ 1;
    const session = new Session(patch);
    session.hear(1);
    expect(session.device.status().lastFailure).toBeUndefined();
    session.hear(2);
    expect(session.device.status().lastFailure).toBe("patchFormat");
  });

  test("to the image that runs is received", () => {
    const session = new Session(patchTo(factoryImage));
    session.hearAll();
    expect(session.device.boot.report().pending).toBe(1);
  });
});

test("an image that waits for its reset is not lost to one that is refused", () => {
  const session = new Session(good);
  session.hearAll();
  const { device } = session;
  expect(device.boot.report().pending).toBe(1);
  const { operations } = session;
  const bad = new FragServer({
    version: 2,
    data: withFlag(FLAG.ramLoad),
    fragSize: FRAG_SIZE,
    sessionCnt: 6,
  });
  device.downlink(201, bad.setup());
  device.downlink(201, bad.fragment(1), multicast(0, 50));
  expect(device.status().lastFailure).toBe("imageFormat");
  expect(session.operations).toBe(operations);
  expect(device.boot.report()).toMatchObject({ pending: 1, lastReason: "none" });
  device.powerOn();
  device.send({ type: "contact", at: device.now, morePending: false });
  expect(device.boot.report()).toMatchObject({ active: 1, lastReason: "confirmed" });
});

test.each([
  ["what is no image", new Uint8Array(400).fill(7)],
  ["a good image", good],
])("%s is received", (_, data) => {
  const session = new Session(data);
  session.hearAll();
  expect(session.device.status().sessions[0]).toMatchObject({ state: "complete", missing: 0 });
  expect(session.operations).toBeGreaterThan(0);
});

test("a fragment from the middle is no header, whatever it looks like", () => {
  const data = new Uint8Array(400).fill(7);
  data.set(withFlag(FLAG.ramLoad).subarray(0, FRAG_SIZE), FRAG_SIZE);
  const session = new Session(data);
  session.hear(2);
  expect(session.device.status().sessions[0]).toMatchObject({ state: "receiving" });
});

test("the server hears of it, a reset changes nothing, the counter is spent, the next one succeeds", () => {
  const session = new Session(withFlag(FLAG.ramLoad));
  const { device, server } = session;
  const expectSpent = () => {
    device.downlink(201, server.setup(5));
    const refusal = fragUplinkV2.decode(device.sent(201).at(-1)?.payload ?? new Uint8Array());
    expect(refusal).toMatchObject([{ command: { status: { sessionCntReplay: true } } }]);
  };
  session.hear(1);
  expectSpent();
  device.device = undefined;
  device.powerOn();
  expect(device.status().lastFailure).toBe("imageFormat");
  device.downlink(201, server.statusReq());
  device.wait(20);
  const answer = fragUplinkV2.decode(device.sent(201).at(-1)?.payload ?? new Uint8Array());
  expect(answer).toMatchObject([{ command: { status: { memoryError: true } } }]);

  expectSpent();
  const next = new FragServer({ version: 2, data: good, fragSize: FRAG_SIZE, sessionCnt: 6 });
  device.downlink(201, next.setup());
  for (let n = 1; n <= next.nbFrag; n++) {
    device.downlink(201, next.fragment(n), multicast(0, 100 + n));
  }
  expect(device.boot.report().pending).toBe(1);
});
