import { Counter, Gauge, Histogram, Registry } from "prom-client";
import { serveText, type TextServer } from "#hal/net/text-server.ts";
import type { LiveFleet } from "#sim/fleet/live-fleet.ts";
import type { FleetNode } from "#sim/fleet/node.ts";
import type { GatewayEvent } from "#sim/gateway/server-gateway.ts";
import { RefusedError, systemCodeOf } from "#tools/errors.ts";
import type { LagMeter } from "./lag.ts";

/** Seconds. Below 0.05 nothing is an artefact of the machine; near 1 receive windows are missed. */
const LAG_BUCKETS_S = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5];

const STATES = [
  "notJoined",
  "joined",
  "receiving",
  "complete",
  "failed",
  "updated",
  "bricked",
] as const;
type State = (typeof STATES)[number];

const REASONS: Readonly<Record<string, string>> = {
  EADDRINUSE: "the port is in use",
  EACCES: "permission denied",
};

export interface MeasuredRun {
  readonly scenario: string;
  readonly seed: number;
  readonly version: string;
}

/** A live run as Prometheus sees it: what can be counted is counted when it is asked for. */
export class LiveMetrics {
  readonly #registry = new Registry();
  readonly #joinRequests: Counter;
  readonly #acks: Counter<"status">;
  readonly #linkUp: Gauge;
  readonly #lag: Histogram;
  #fleet: LiveFleet | undefined;

  constructor(run: MeasuredRun) {
    const registers = [this.#registry];
    const info = new Gauge({
      name: "fuota_run_info",
      help: "What runs.",
      labelNames: ["scenario", "seed", "version"],
      registers,
    });
    info.set({ ...run, seed: String(run.seed) }, 1);
    this.#linkUp = new Gauge({
      name: "fuota_gateway_link_up",
      help: "Whether the gateways have a server: 1 or 0.",
      registers,
    });
    this.#joinRequests = new Counter({
      name: "fuota_join_requests_total",
      help: "Join requests that a gateway heard.",
      registers,
    });
    this.#acks = new Counter({
      name: "fuota_downlink_acks_total",
      help: "Downlinks that a server wanted sent, by what the gateway said: ok, or why not.",
      labelNames: ["status"],
      registers,
    });
    this.#lag = new Histogram({
      name: "fuota_event_loop_lag_seconds",
      help: "By how much the oldest event of a pass was overdue.",
      buckets: LAG_BUCKETS_S,
      registers,
    });
    this.#countDevices();
    this.#countFrames();
  }

  watch(fleet: LiveFleet, lag: LagMeter): void {
    this.#fleet = fleet;
    lag.onLag = (lagMs) => this.#lag.observe(lagMs / 1000);
  }

  event(event: GatewayEvent): void {
    if (event.type === "uplink" && isJoinRequest(event.phyPayload)) this.#joinRequests.inc();
    if (event.type !== "ack") return;
    const { statuses } = event;
    const status = statuses.includes("ok") ? "ok" : (statuses.at(-1) ?? "none");
    this.#acks.inc({ status });
  }

  linkIs(state: "connected" | "lost"): void {
    this.#linkUp.set(state === "connected" ? 1 : 0);
  }

  text(): Promise<string> {
    return this.#registry.metrics();
  }

  /** On 127.0.0.1 at `/metrics`. Rejects with `RefusedError`. */
  async serve(port: number): Promise<TextServer> {
    const render = () => this.text();
    const { contentType } = this.#registry;
    try {
      return await serveText(port, { path: "/metrics", contentType, render });
    } catch (error) {
      const code = systemCodeOf(error);
      if (code === undefined) throw error;
      throw new RefusedError(`--metrics ${port}: ${REASONS[code] ?? code}`);
    }
  }

  #countDevices(): void {
    const nodes = () => this.#fleet?.members.map(({ node }) => node) ?? [];
    new Gauge({
      name: "fuota_devices",
      help: "Devices by how far they are; each is counted once.",
      labelNames: ["state"],
      registers: [this.#registry],
      collect() {
        const states = nodes().map(stateOf);
        for (const state of STATES) {
          this.set({ state }, states.filter((one) => one === state).length);
        }
      },
    });
    // A session outlives reboots: nobody joins twice.
    this.#counter("fuota_joins_total", "Joins that came through.", () =>
      nodes().reduce((sum, { isJoined }) => sum + (isJoined ? 1 : 0), 0),
    );
    this.#counter("fuota_reboots_total", "Boots of devices after their first.", () =>
      nodes().reduce((sum, { reboots }) => sum + Math.max(0, reboots), 0),
    );
  }

  #countFrames(): void {
    const fleet = () => this.#fleet;
    this.#counter("fuota_uplinks_total", "Uplinks that a gateway heard.", () => fleet()?.uplinks);
    this.#counter("fuota_downlinks_total", "Downlinks on the air.", () => fleet()?.downlinks);
    new Counter({
      name: "fuota_fragments_total",
      help: "Multicast frames to each device: received, lost by the air, or missed by the device.",
      labelNames: ["fate"],
      registers: [this.#registry],
      collect() {
        this.reset();
        const watched = fleet();
        const air = watched?.members.map((member) => watched.airOf(member)) ?? [];
        const sum = (fate: "lost" | "missed") =>
          air.reduce((total, record) => total + record[fate].length, 0);
        this.inc({ fate: "received" }, watched?.fragments ?? 0);
        this.inc({ fate: "lost" }, sum("lost"));
        this.inc({ fate: "missed" }, sum("missed"));
      },
    });
  }

  #counter(name: string, help: string, read: () => number | undefined): void {
    new Counter({
      name,
      help,
      registers: [this.#registry],
      collect() {
        this.reset();
        this.inc(read() ?? 0);
      },
    });
  }
}

/** MType 0 (TS001 §4.2.1). */
function isJoinRequest(phyPayload: Uint8Array): boolean {
  return (phyPayload[0] ?? 0) >> 5 === 0;
}

function stateOf(node: FleetNode): State {
  if (node.bricked) return "bricked";
  if (node.updated) return "updated";
  const { blockState } = node.observed;
  if (blockState !== "none") return blockState;
  return node.isJoined ? "joined" : "notJoined";
}
