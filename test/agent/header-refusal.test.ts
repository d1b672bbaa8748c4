import { describe, expect, test } from "vitest";
import { FLAG } from "#agent/image/format.ts";
import { fragUplinkV2 } from "#agent/packages/fragmentation.wire.ts";
import { FragServer, multicast, setUpGroup } from "./frag-server.ts";
import { baseConfig, imageOf, layout, TestDevice } from "./test-device.ts";

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

  constructor(data: Uint8Array, bankAddress?: number) {
    const where = bankAddress === undefined ? {} : { bankAddress };
    const config = { ...V2, image: { ...baseConfig.image, ...where } };
    this.device = new TestDevice({ config });
    this.server = new FragServer({ version: 2, data, fragSize: FRAG_SIZE, sessionCnt: 5 });
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

  hearAll(): void {
    this.hear(...Array.from({ length: this.server.nbFrag }, (_, index) => index + 1));
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

  test("is refused at the end when its first fragment was lost", () => {
    const session = new Session(image);
    session.hear(2);
    session.hear(1);
    session.hearAll();
    expect(session.device.status().sessions[0]).toMatchObject({
      state: "complete",
      failure: "imageFormat",
    });
  });
});

test("an image built for another address is refused, one for this address is not", () => {
  const fixed = changed((header) => {
    header.setUint32(4, 0x0800_8000, true);
    header.setUint32(16, FLAG.romFixed, true);
  });
  const elsewhere = new Session(fixed, 0x0804_0000);
  elsewhere.hear(1);
  expect(elsewhere.device.status().lastFailure).toBe("imageFormat");
  expect(elsewhere.operations).toBe(0);
  const here = new Session(fixed, 0x0800_8000);
  here.hear(1);
  expect(here.device.status().sessions[0]).toMatchObject({ state: "receiving" });
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
  session.hear(1);
  device.device = undefined;
  device.powerOn();
  expect(device.status().lastFailure).toBe("imageFormat");
  device.downlink(201, server.statusReq());
  device.wait(20);
  const answer = fragUplinkV2.decode(device.sent(201).at(-1)?.payload ?? new Uint8Array());
  expect(answer).toMatchObject([{ command: { status: { memoryError: true } } }]);

  device.downlink(201, server.setup(5));
  const refusal = fragUplinkV2.decode(device.sent(201).at(-1)?.payload ?? new Uint8Array());
  expect(refusal).toMatchObject([{ command: { status: { sessionCntReplay: true } } }]);

  const next = new FragServer({ version: 2, data: good, fragSize: FRAG_SIZE, sessionCnt: 6 });
  device.downlink(201, next.setup());
  for (let n = 1; n <= next.nbFrag; n++) {
    device.downlink(201, next.fragment(n), multicast(0, 100 + n));
  }
  expect(device.boot.report().pending).toBe(1);
});
