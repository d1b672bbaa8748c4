import type { Region } from "#scenarios/regions/region.ts";
import type { AirDownlink } from "#sim/air/frames.ts";
import { preambleSymbolUs } from "#sim/air/regional.ts";
import type { WorldUs } from "#sim/kernel/engine.ts";

/** One class A receive window: when the radio listens, and for which preamble. */
export interface ReceiveWindow {
  readonly frequencyHz: number;
  readonly dr: number;
  /** When the downlink should begin. */
  readonly startUs: WorldUs;
  /** The receiver is on from here to there, longer if it catches a preamble. */
  readonly openUs: WorldUs;
  readonly closeUs: WorldUs;
}

/** How far a downlink may be off its time: LoRaMac-node's default system error. */
const TOLERANCE_US = 10_000;
/** Symbols of preamble a receiver needs, of the eight that are sent. */
const SYMBOLS_MIN = 6;
const PREAMBLE_SYMBOLS = 8;

/** LoRaMac-node's window: long enough for the tolerance, centred on the preamble. */
export function receiveWindow(
  region: Region,
  startUs: WorldUs,
  frequencyHz: number,
  dr: number,
): ReceiveWindow {
  const symbolUs = preambleSymbolUs(region, dr);
  const slackUs = (2 * SYMBOLS_MIN - PREAMBLE_SYMBOLS) * symbolUs;
  const symbols = Math.max(Math.ceil((slackUs + 2 * TOLERANCE_US) / symbolUs), SYMBOLS_MIN);
  const openUs = startUs + (PREAMBLE_SYMBOLS / 2) * symbolUs - Math.floor((symbols * symbolUs) / 2);
  return { frequencyHz, dr, startUs, openUs, closeUs: openUs + symbols * symbolUs };
}

/** The downlink's preamble falls into the window. */
export function catches(window: ReceiveWindow, downlink: AirDownlink): boolean {
  return (
    downlink.frequencyHz === window.frequencyHz &&
    downlink.dr === window.dr &&
    Math.abs(downlink.startUs - window.startUs) <= TOLERANCE_US
  );
}

/** The window takes the receiver away from the downlink: it opens meanwhile, elsewhere. */
export function interrupts(window: ReceiveWindow, downlink: AirDownlink): boolean {
  if (downlink.frequencyHz === window.frequencyHz && downlink.dr === window.dr) return false;
  return window.openUs < downlink.endUs && downlink.startUs < window.closeUs;
}
