import { expect } from "vitest";
import type { ImageIdentity } from "#agent/boot/strategy.ts";
import { readerOf } from "#agent/image/reader.ts";
import { verifyImage } from "#agent/image/verify.ts";
import { NodeCrypto } from "#hal/node/crypto.ts";
import { type ResolvedScenario, resolveScenario } from "#scenarios/defaults.ts";
import type { Cut, FlashOperation } from "#sim/flash/cuts.ts";
import type { NorFlash } from "#sim/flash/nor.ts";
import { Cell } from "#sim/fleet/cell.ts";
import { makeFirmware } from "#sim/fleet/firmware.ts";
import type { DeviceResult } from "#sim/fleet/result.ts";
import { signerOf } from "#tools/run/images.ts";
import { PortProbe } from "../agent/port-probe.ts";

export interface Campaign {
  readonly packages: "v1" | "v2";
  readonly granuleBytes: 1 | 8;
  readonly boot?: "embassy";
}

const SEED = 5;
/** Of the fragments: what a campaign has without a word. */
export const SPACING_US = 5_000_000;
/** No multiple of the spacing. */
export const ODD_OFF_US = 7_300_000;
const HORIZON_US = 86_400 * 1e6;
const crypto = new NodeCrypto();

const { firmware: spec } = scenarioOf({ packages: "v1", granuleBytes: 1 });
const firmware = makeFirmware(spec, SEED, signerOf(SEED, spec.signature), crypto);
const factoryImage = identify(firmware.factory);
const updateImage = identify(firmware.update);

/** 15 fragments, 30 coded ones, a fifth of them lost. */
function scenarioOf(device: Campaign): ResolvedScenario {
  return resolveScenario({
    name: "one device",
    devices: { count: 1, defaults: { ...device, bankBytes: 16_384, uplinkIntervalS: 60 } },
    firmware: { sizeBytes: 700 },
    campaign: { redundancyPercent: 200, fragSize: 48 },
    air: { multicastLoss: { model: "bernoulli", probability: 0.2 } },
    expect: {},
  });
}

function identify(image: Uint8Array): ImageIdentity {
  const policy = { keys: firmware.keys, securityCounterMin: 0 };
  const verdict = verifyImage(readerOf(image), policy, crypto);
  if (!verdict.ok) throw new RangeError(verdict.detail);
  return verdict.image;
}

class SupplyProbe extends PortProbe {
  readonly #onAttach: (flash: NorFlash) => void;

  constructor(onAttach: (flash: NorFlash) => void) {
    super();
    this.#onAttach = onAttach;
  }

  override attach(flash: NorFlash): void {
    super.attach(flash);
    this.#onAttach(flash);
  }
}

function cellOf(campaign: Campaign, probe: PortProbe): Cell {
  const scenario = scenarioOf(campaign);
  return new Cell({
    index: 0,
    scenario,
    seed: SEED,
    members: scenario.devices.kinds.map((kind) => ({ id: 0, kind })),
    firmware,
    factoryImage,
    updateHash: updateImage.hash,
    crypto,
    eventsMax: Number.POSITIVE_INFINITY,
    probe,
  });
}

/** Lives a campaign to its end, from the first boot to the confirmed trial. */
function finish(cell: Cell): DeviceResult {
  cell.run(() => {});
  const [result] = cell.results();
  if (result === undefined) throw new RangeError("a cell without a device");
  return result;
}

/** What happens in a campaign without a cut. */
export function undisturbed(campaign: Campaign): {
  readonly operations: readonly FlashOperation[];
  readonly calls: readonly string[];
  /** Of the world, in all, and how many of them were over when the device had its first power. */
  readonly events: number;
  readonly firstEvent: number;
} {
  const operations: FlashOperation[] = [];
  const probe = new SupplyProbe((flash) => {
    flash.trace = { record: (operation) => operations.push(operation) };
  });
  const cell = cellOf(campaign, probe);
  cell.engine.run(HORIZON_US, () => cell.members.every(({ node }) => node.reboots >= 0));
  const firstEvent = cell.engine.events;
  const { state, serverComplete, fragments, powerCuts } = finish(cell);
  expect({ state, serverComplete, powerCuts }).toEqual({
    state: "updated",
    serverComplete: true,
    powerCuts: 0,
  });
  expect(Math.min(fragments.lost, fragments.coded)).toBeGreaterThan(0);
  return { operations, calls: probe.names, events: cell.engine.events, firstEvent };
}

/** Power fails in flash operation `index` and leaves it like that. */
export function cutOperation(campaign: Campaign, index: number, cut: Cut): void {
  const probe = new SupplyProbe((flash) => flash.cutAt(index, cut));
  requireUpdated(finish(cellOf(campaign, probe)), `${JSON.stringify(cut)} in operation ${index}`);
}

/** Power fails before the device's call `index` of a port. */
export function cutCall(campaign: Campaign, index: number): void {
  const probe = new PortProbe();
  probe.cutsBefore.add(index);
  requireUpdated(finish(cellOf(campaign, probe)), `before call ${index}, ${probe.names[index]}`);
}

/** Power fails before event `index` of the world: while frames are on the air, while nothing happens. */
export function cutEvent(campaign: Campaign, index: number, offUs: number): void {
  const cell = cellOf(campaign, new PortProbe());
  cell.engine.run(HORIZON_US, () => cell.engine.events >= index);
  for (const { node } of cell.members) node.cutPower(offUs);
  const result = finish(cell);
  if (offUs % SPACING_US === 0 && isUnheard(result)) return;
  requireUpdated(result, `before event ${index}`);
}

/**
 * The one way to lose a campaign: power comes back as a fragment is sent, the gateway is deaf to the
 * device that asks for the time, and what is left of the window when it knows it is too little, by
 * one fragment.
 */
function isUnheard({ state, reason, missingRows, timeline, powerCuts }: DeviceResult): boolean {
  const atS = (text: string, fromS = 0) =>
    timeline.find((entry) => entry.atS >= fromS && entry.text.includes(text))?.atS;
  const cutS = atS("power cut") ?? 0;
  const openS = atS("class C session of group 0 started") ?? Number.POSITIVE_INFINITY;
  const knownS = atS("clock corrected", cutS) ?? Number.POSITIVE_INFINITY;
  const isInWindow = cutS >= openS && atS("block 0 complete") === undefined;
  const isLate = knownS - cutS > SPACING_US / 1e6 + 30;
  const isShort = state === "failed" && reason === "shortOfRows" && missingRows === 1;
  return isShort && powerCuts === 1 && isInWindow && isLate;
}

/** The running image rots in mid-campaign, before the other bank holds one; then power fails. */
export function brick(campaign: Campaign): DeviceResult {
  let flash: NorFlash | undefined;
  const cell = cellOf(
    campaign,
    new SupplyProbe((attached) => {
      flash = attached;
    }),
  );
  cell.engine.run(HORIZON_US, () => cell.members.some(({ node }) => node.observed.isClockSynced));
  for (const at of [0, 1, 2, 3]) flash?.flipBit(at, 3);
  for (const { node } of cell.members) node.cutPower(ODD_OFF_US);
  return finish(cell);
}

function requireUpdated({ state, reason, powerCuts }: DeviceResult, where: string): void {
  expect({ state, reason, powerCuts }, where).toEqual({
    state: "updated",
    reason: null,
    powerCuts: 1,
  });
}
