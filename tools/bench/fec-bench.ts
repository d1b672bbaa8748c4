import type { BenchOptions, BenchResult, BenchRow } from "./bench-row.ts";
import { coldMs } from "./cold.ts";
import { ourRunner, type Runner, simpleRunner } from "./fec-runner.ts";
import { decodeSession, encodeSession } from "./fec-session.ts";
import { runPeer } from "./peer.ts";
import type { FecSession } from "./session-file.ts";
import { median, repeatMs } from "./timing.ts";

const LOSS_SEEDS = [1, 2, 3, 4, 5];
/** Wall time per session and turn; each session has a turn before and after the peers. */
const TURN_MS = 150;
const COLD_RUNS = 3;

function decodeRow(nbFrag: number, fragSize: number, lossPercent: number): BenchRow {
  const name = `decode-${nbFrag}x${fragSize}-${lossPercent}`;
  const what = `FEC decode, M=${nbFrag} x ${fragSize} B, ${lossPercent} % lost`;
  const session = (seed: number) => decodeSession(nbFrag, fragSize, lossPercent / 100, seed);
  return fecRow(name, what, LOSS_SEEDS, session);
}

function encodeRow(nbFrag: number, fragSize: number, coded: number): BenchRow {
  const name = `encode-${nbFrag}x${fragSize}-${coded}`;
  const what = `FEC encode, M=${nbFrag} x ${fragSize} B, ${coded} coded fragments`;
  return fecRow(name, what, [1], () => encodeSession(nbFrag, fragSize, coded));
}

function fecRow(
  name: string,
  what: string,
  seeds: readonly number[],
  sessionOf: (seed: number) => FecSession,
): BenchRow {
  return { name, what, run: (options) => runFecRow(name, what, seeds.map(sessionOf), options) };
}

export const fecRows: readonly BenchRow[] = [
  decodeRow(1000, 200, 10),
  decodeRow(1000, 200, 30),
  decodeRow(4096, 64, 20),
  decodeRow(100, 50, 10),
  encodeRow(1000, 200, 150),
];

interface PeerTimes {
  readonly name: string;
  readonly times: number[];
}

/** Median over the sessions of the medians of each; peers take turns with us session by session. */
function runFecRow(
  name: string,
  what: string,
  sessions: readonly FecSession[],
  options: BenchOptions,
): BenchResult {
  const cold = Array.from({ length: COLD_RUNS }, (_, run) => coldMs(pick(sessions, run)));
  const ours: number[] = [];
  const simple: number[] = [];
  const peers = options.peers.map((name): PeerTimes => ({ name, times: [] }));
  for (const session of sessions) {
    const runner = ourRunner(session);
    const before = turn(runner);
    for (const peer of peers) {
      const ms = runPeer(peer.name, session, runner.result());
      if (ms !== undefined) peer.times.push(ms);
    }
    ours.push(median([...before, ...turn(runner)]));
    if (simple.length > 0) continue;
    const textbook = simpleRunner(session);
    if (textbook === undefined) continue;
    simple.push(median(turn(textbook)));
    if (textbook.result() !== runner.result()) throw new RangeError(`${name}: wrong bytes`);
  }
  const ms = median(ours);
  const compared = [{ name: "textbook decoder", times: simple }, ...peers]
    .filter(({ times }) => times.length > 0)
    .map((peer) => ({ name: peer.name, ms: median(peer.times) }))
    .map((peer) => ({ ...peer, ratio: peer.ms / ms }));
  return { name, what, ms, coldMs: median(cold), compared };
}

function pick<T>(list: readonly T[], index: number): T {
  const item = list[index % list.length];
  if (item === undefined) throw new RangeError("an empty list");
  return item;
}

function turn(runner: Runner): number[] {
  return repeatMs(TURN_MS, runner.prepare, runner.run);
}
