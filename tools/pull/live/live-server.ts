import type { ResolvedPull } from "#scenarios/pull-defaults.ts";
import type { LinkWorld, PullLink } from "#sim/pull/link.ts";
import type { Served } from "#sim/pull/server.ts";
import type { ListedDevice } from "../device-list.ts";
import type { Bridge } from "./bridge.ts";
import type { GroupImages } from "./images.ts";
import type { LinkSpec } from "./links.ts";

/** A group of a scenario's devices on a real server. */
export interface LiveGroup {
  readonly pull: ResolvedPull;
  /** Among all groups of the scenario. */
  readonly index: number;
  /** Of its first device in the whole fleet. */
  readonly firstId: number;
  /** Names, and the secrets that the server knows. */
  readonly listed: readonly ListedDevice[];
  readonly images: GroupImages;
}

/** A device of a real server, and what that was last seen to know of it. */
export interface LiveServed extends Served {
  /** Asks the server. */
  hear(): Promise<void>;
  /** Assigns the last package to this device alone. */
  assign(): Promise<void>;
}

/** Joins the simulated link of a device with a real server. */
export type Join = (world: LinkWorld, specOf: (bridge: Bridge) => LinkSpec) => PullLink;

/** A server that somebody else runs. What it refuses is thrown, as `HttpApiRefused`. */
export interface LiveServer {
  /** For people. */
  readonly name: string;
  /** Before anything else: whether it is there, and lets us in. */
  check(): Promise<void>;
  /** Makes devices and packages; what an earlier run left is taken away. */
  prepare(): Promise<void>;
  /** To all devices of a group. */
  assign(group: LiveGroup, which: "earlier" | "final"): Promise<void>;
  serve(group: LiveGroup, index: number, join: Join): LiveServed;
  /** All that was made. */
  remove(): Promise<void>;
}
