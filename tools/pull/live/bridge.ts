import type { HttpOutcome } from "#sim/server/thingsboard/http-exchange.ts";

/** Between the simulated link of one device and its real server. */
export interface Bridge {
  /** Runs what comes of the server in the world, at its present. */
  readonly enter: (run: () => void) => void;
  /** A chunk has come: what the device is to get of it, in the words of HTTP. */
  readonly onChunk: (chunk: number, path: string, body: Uint8Array) => HttpOutcome;
  /** The server does not do what servers do; for people, in one line. */
  readonly onTrouble: (detail: string) => void;
  /** Longer answers are not taken to their end. */
  readonly bytesMax: number;
}

export const CHUNK_OK = 200;

/** Undefined for what is no number of a chunk. */
export function chunkNumberOf(text: string | null | undefined): number | undefined {
  return /^\d{1,7}$/.test(text ?? "") ? Number(text) : undefined;
}
