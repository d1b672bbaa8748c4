import type { Dialect } from "#agent/pull/dialect.ts";
import type { Crypto } from "#hal/ports.ts";
import type { ResolvedPull } from "#scenarios/pull-defaults.ts";
import type { Scheduler } from "#sim/kernel/engine.ts";
import type { LinkWorld, PullLink } from "./link.ts";

/** A device as its server knows it, and how the two talk. */
export interface Served {
  /** The server has been told that it runs the firmware. */
  isKnownUpdated(): boolean;
  /** What the server has been told went wrong; empty if nothing was. */
  error(): string;
  /** One in each life of the device. */
  newDialect(): Dialect;
  newLink(world: LinkWorld): PullLink;
}

/** The server of a cell, with what its scenario has it do. */
export interface PullServer {
  /** Of the firmware, as the server calls it. */
  readonly version: string;
  /** After that, nothing changes by itself. */
  readonly quietUs: number;
  readonly isDown: boolean;
  /** `index`: of the device within its group. */
  addDevice(index: number): Served;
  /** Chunk `chunk` is given to a device for the first time. */
  firstGiven(device: Served, chunk: number): void;
}

export interface PullServerParts {
  readonly pull: ResolvedPull;
  readonly group: number;
  readonly cell: number;
  readonly seed: number;
  readonly scheduler: Scheduler;
  readonly originUnixMs: number;
  readonly crypto: Crypto;
  /** What is assigned in the end, and what its image calls itself. */
  readonly firmware: { readonly bytes: Uint8Array; readonly version: string };
  /** What is assigned before it. */
  readonly earlier: Uint8Array | undefined;
  readonly onChunk: (device: Served, chunk: number) => void;
  /** The process ends: connections with it. */
  readonly onDown: () => void;
}

/** As a package is called that nobody has given another version. */
export function packageVersionOf({ pull, firmware }: PullServerParts): string {
  return pull.package.version ?? firmware.version.replace(/\+0$/, "");
}
