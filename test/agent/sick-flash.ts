import { expect } from "vitest";
import type { Region } from "#agent/boot/strategy.ts";
import type { FailureReason } from "#agent/events.ts";
import { fragUplinkV2 } from "#agent/packages/fragmentation.wire.ts";
import { FlashFault } from "#hal/ports.ts";
import type { NorFlash } from "#sim/flash/nor.ts";
import type { NorOptions } from "#sim/flash/nor-options.ts";
import { FragServer, multicast, setUpGroup } from "./frag-server.ts";
import { factoryImage, imageOf, layout, TestDevice } from "./test-device.ts";

const SECTOR_BYTES = 256;
const OTHER_SECTOR_BYTES = 2048;
/** Of the same security counter as the one that runs: each may stand in for the other. */
const update = imageOf("2.0.0", 1, 500);
const LOST = [2, 5, 6, 11];

const V2 = {
  packages: { clockSync: 2, multicastSetup: 2, fragmentation: 2 },
  parityVariant: "ts004-v2-lbm",
} as const;

export interface Fault {
  readonly name: string;
  /** How the flash is made. */
  readonly nor?: NorOptions;
  strike(flash: NorFlash, span: Region): void;
}

const CALLS = ["erase", "program", "read"] as const;
const COUNTS = [
  ["once", 1],
  ["three times", 3],
  ["for ever", Number.POSITIVE_INFINITY],
] as const;

/** Operations that report a fault: without effect, after all of it, after a part of it. */
const FAILING: readonly Fault[] = CALLS.flatMap((call) =>
  COUNTS.flatMap(([times, count]) =>
    (call === "read" ? (["none"] as const) : (["none", "done", "torn"] as const)).map((effect) => ({
      name: `${call} fails ${times}, effect ${effect}`,
      strike: (flash: NorFlash, span: Region) => flash.failNext(call, count, span, effect),
    })),
  ),
);

const STUCK: readonly Fault[] = ([0, 1] as const).flatMap((value) =>
  [0, 9, 200].map((offset) => ({
    name: `bit of byte ${offset} stuck at ${value}`,
    strike: (flash: NorFlash, { address }: Region) => flash.stickBit(address + offset, 3, value),
  })),
);

const ROT: readonly Fault[] = [
  {
    name: "one bit leaks",
    strike: (flash, { address }) => flash.flipBit(address + 20, 1),
  },
  {
    name: "one bit leaks, check bits mend it",
    nor: { ecc: true },
    strike: (flash, { address }) => flash.flipBit(address + 20, 1),
  },
  {
    name: "two bits of a granule leak, check bits find out",
    nor: { ecc: true },
    strike: (flash, { address }) => {
      flash.flipBit(address + 20, 1);
      flash.flipBit(address + 20, 2);
    },
  },
  { name: "many bits leak", strike: (flash, span) => flash.rot(100, span) },
];

/** Every sector has one more erase in it, or none. */
const WORN: readonly Fault[] = [0, 1, 2].map((enduranceErases) => ({
  name: `worn out after ${enduranceErases} erases`,
  nor: { enduranceErases },
  strike: () => {},
}));

const FAULTS: readonly Fault[] = [...FAILING, ...STUCK, ...ROT];

const sectorOf = ({ address }: Region, index: number, sizeBytes = SECTOR_BYTES): Region => ({
  address: address + index * sizeBytes,
  sizeBytes,
});

const [bankA, bankB] = layout.banks;
const [stateA, stateB] = layout.state;

/** Where faults strike. The image takes the first three sectors of bank B. */
const PLACES: readonly (readonly [string, Region])[] = [
  ["bank B, first sector", sectorOf(bankB, 0)],
  ["bank B, second sector", sectorOf(bankB, 1)],
  ["bank B, last sector of the image", sectorOf(bankB, 2)],
  ["bank B, behind the image", sectorOf(bankB, 5)],
  ["bank B", bankB],
  ["first state sector", stateA],
  ["second state sector", stateB],
  ["both state sectors", { address: stateA.address, sizeBytes: 2 * stateA.sizeBytes }],
  ["journal, first sector", sectorOf(layout.journal, 0, OTHER_SECTOR_BYTES)],
  ["journal, second sector", sectorOf(layout.journal, 1, OTHER_SECTOR_BYTES)],
  ["journal", layout.journal],
  ["scratch", sectorOf(layout.scratch, 0, OTHER_SECTOR_BYTES)],
  ["spare", sectorOf(layout.scratch, 2, OTHER_SECTOR_BYTES)],
  ["scratch and spare", layout.scratch],
];

/** What the bank that runs may suffer: it refuses to be written, and loses what check bits mend. */
const HARMLESS: readonly Fault[] = [
  ...FAILING.filter(({ name }) => !name.startsWith("read")),
  ...FAILING.filter(({ name }) => name.startsWith("read fails once")),
  ...ROT.filter(({ name }) => name.includes("mend")),
];

const MOMENTS = [
  "before the session",
  "at the set-up",
  "in mid session",
  "when the block is complete",
  "when it is staged",
  "in the trial",
  "once confirmed",
] as const;

export interface SickCase {
  readonly granuleBytes: number;
  readonly fault: Fault;
  readonly place: string;
  readonly span: Region;
  readonly moment: (typeof MOMENTS)[number];
  /** A warm start in mid session and at the end, beside those of the update. */
  readonly resets: boolean;
}

/** Beside success and the device's own reasons: what it tells the server when it knows no better. */
export type SickOutcome = "updated" | FailureReason | "setupRefused" | "forgotten" | "short";

/**
 * An update on a flash that falls ill. Nothing but the device may be told; whatever comes of it, the
 * device runs an image that is whole, and goes on running one after a reset.
 */
function liveThrough({ granuleBytes, fault, span, moment, resets }: SickCase): SickOutcome {
  const nor = fault.nor === undefined ? {} : { nor: fault.nor };
  const device = new TestDevice({ granuleBytes, config: V2, ...nor });
  const server = new FragServer({ version: 2, data: update, fragSize: 21 });
  const comes = (now: SickCase["moment"]) => {
    if (now === moment) fault.strike(device.flash, span);
  };
  const running = () => {
    if (device.device === undefined) device.powerOn();
  };
  const reset = () => {
    device.device = undefined;
    device.powerOn();
  };
  comes("before the session");
  running();
  setUpGroup(device);
  device.downlink(201, server.setup());
  comes("at the set-up");
  const middle = Math.floor(server.nbFrag / 2);
  for (let n = 1; n <= server.nbFrag + 14; n++) {
    if (n === middle) comes("in mid session");
    if (n === middle + 2 && resets) reset();
    if (n === server.nbFrag + 4) comes("when the block is complete");
    running();
    if (!LOST.includes(n)) device.downlink(201, server.fragment(n), multicast(0, n - 1));
  }
  comes("when it is staged");
  running();
  device.downlink(201, server.statusReq());
  device.wait(20);
  running();
  comes("in the trial");
  if (resets) reset();
  device.send({ type: "contact", at: device.now, morePending: false });
  comes("once confirmed");
  const reason = device.device?.status().lastFailure;
  reset();
  return outcomeOf(device, reason);
}

/** {@link liveThrough}, with the case named in whatever goes wrong. */
export function outcomeOfCase(sick: SickCase): SickOutcome {
  try {
    return liveThrough(sick);
  } catch (error) {
    throw new Error(describeCase(sick), { cause: error });
  }
}

/** `reason`: what the device said of the update before the last reset, which a journal may forget. */
function outcomeOf(device: TestDevice, reason: FailureReason | undefined): SickOutcome {
  const { running, lastFailure, sessions } = device.status();
  expect(read(device.flash, bankA, factoryImage.length)).toEqual(factoryImage);
  if (running.version === "2.0.0+0") {
    expect(read(device.flash, bankB, update.length)).toEqual(update);
    return "updated";
  }
  expect(running.version).toBe("1.0.0+0");
  const said = lastFailure ?? reason;
  if (said !== undefined) return said;
  const told = device.sent(201).flatMap(({ payload }) => fragUplinkV2.decode(payload));
  for (const answer of told.reverse()) {
    if (!answer.ok) continue;
    const { command } = answer;
    if (command.name === "FragSessionSetupAns" && command.status.notEnoughMemory) {
      return "setupRefused";
    }
    if (command.name !== "FragSessionStatusAns") continue;
    if (command.status.sessionDoesNotExist) return "forgotten";
    if ((command.missingFrag ?? 0) > 0) return "short";
  }
  throw new Error(`no update, and no reason: ${JSON.stringify(sessions)}`);
}

/** A second time, when the first read meets a fault that was meant for the device. */
function read(flash: NorFlash, { address }: Region, sizeBytes: number): Uint8Array {
  const bytes = new Uint8Array(sizeBytes);
  try {
    flash.read(address, bytes);
  } catch (error) {
    if (!(error instanceof FlashFault)) throw error;
    flash.read(address, bytes);
  }
  return bytes;
}

/** Every fault in every place at every moment, without and with resets. */
export function sickCases(granuleBytes: number): readonly SickCase[] {
  const strikes = [
    ...PLACES.flatMap(([place, span]) => FAULTS.map((fault) => ({ fault, place, span }))),
    ...HARMLESS.map((fault) => ({ fault, place: "bank A", span: bankA })),
    ...WORN.map((fault) => ({ fault, place: "everywhere", span: bankB })),
  ];
  return strikes.flatMap((strike) =>
    MOMENTS.flatMap((moment) =>
      [false, true].map((resets) => ({ granuleBytes, ...strike, moment, resets })),
    ),
  );
}

function describeCase({ granuleBytes, fault, place, moment, resets }: SickCase): string {
  const when = `${moment}${resets ? ", with resets" : ""}`;
  return `${fault.name}: ${place}, ${when}, granule ${granuleBytes}`;
}
