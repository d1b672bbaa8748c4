/**
 * Time on air, exact to the microsecond. Everything is counted in quarter symbols, and a quarter of a
 * symbol is a whole number of microseconds at every bandwidth and spreading factor of LoRaWAN.
 */

export interface LoraModulation {
  readonly sf: number;
  readonly bandwidthHz: 125_000 | 250_000 | 500_000;
  /** Redundancy of the coding rate 4/(4+n): 1 for 4/5, the only one LoRaWAN uses, up to 4 for 4/8. */
  readonly codingRate?: number;
  readonly preambleSymbols?: number;
  /** Explicit header; the class B beacon has none. */
  readonly header?: boolean;
  /** Payload CRC: uplinks have one, downlinks do not. */
  readonly crc: boolean;
  /** Default: on when a symbol lasts longer than 16 ms. */
  readonly lowDataRateOptimize?: boolean;
}

export interface LoraFrame extends LoraModulation {
  /** PHYPayload, MHDR to MIC. */
  readonly payloadBytes: number;
}

const PREAMBLE_SYMBOLS = 8;
/** Sync word and start of frame: 4.25 symbols. */
const SYNC_QUARTERS = 17;

/** Length of one symbol in µs. */
export function symbolUs(sf: number, bandwidthHz: LoraModulation["bandwidthHz"]): number {
  if (!Number.isInteger(sf) || sf < 7 || sf > 12) throw new RangeError(`spreading factor ${sf}`);
  return (2 ** sf * 1_000_000) / bandwidthHz;
}

/** Time on air of one LoRa packet in µs (SX1276 data sheet §4.1.1.7, Semtech AN1200.13). */
export function timeOnAirUs(packet: LoraFrame): number {
  const { sf, bandwidthHz, payloadBytes, crc } = packet;
  const { codingRate = 1, preambleSymbols = PREAMBLE_SYMBOLS, header = true } = packet;
  requireBytes(payloadBytes);
  const ts = symbolUs(sf, bandwidthHz);
  const optimized = (packet.lowDataRateOptimize ?? ts > 16_000) ? 1 : 0;
  const bits = 8 * payloadBytes - 4 * sf + 28 + (crc ? 16 : 0) - (header ? 0 : 20);
  const codewords = Math.max(Math.ceil(bits / (4 * (sf - 2 * optimized))), 0);
  const payloadSymbols = 8 + codewords * (codingRate + 4);
  const quarters = 4 * (preambleSymbols + payloadSymbols) + SYNC_QUARTERS;
  return quarters * (ts / 4);
}

/** Preamble 5, sync word 3, length 1, CRC 2. */
const FSK_OVERHEAD_BYTES = 11;
/** One byte at 50 kbit/s. */
const FSK_BYTE_US = 160;

/** Time on air of one 50 kbit/s FSK packet in µs. */
export function fskTimeOnAirUs(payloadBytes: number): number {
  requireBytes(payloadBytes);
  return (FSK_OVERHEAD_BYTES + payloadBytes) * FSK_BYTE_US;
}

function requireBytes(payloadBytes: number): void {
  if (!Number.isInteger(payloadBytes) || payloadBytes < 0 || payloadBytes > 255) {
    throw new RangeError(`a packet of ${payloadBytes} bytes`);
  }
}
