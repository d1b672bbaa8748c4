import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { DownlinkTiming } from "#hal/gateway-port.ts";
import type { GatewayEvent } from "#sim/gateway/server-gateway.ts";
import type { GatewayLinkEvents } from "#tools/fleet/gateway-link.ts";
import { openWorld } from "#tools/fleet/live-run.ts";
import { liveResultOf, makeLiveImages } from "#tools/fleet/live-world.ts";
import { LiveMetrics } from "#tools/fleet/metrics.ts";
import { Recorder } from "#tools/recording/recorder.ts";
import { firmwareSizesOf } from "#tools/run/images.ts";
import { prepare } from "#tools/run/prepare.ts";
import { parseScenario } from "#tools/scenario/load.ts";
import { CommandBench } from "../run/command-bench.ts";
import { fakeSimulate } from "../run/fake-fleet.ts";

beforeEach(() => vi.useFakeTimers({ now: Date.UTC(2026, 0, 1, 0, 0, 0, 250) }));
afterEach(() => vi.useRealTimers());

const text = `name: wall-clock
devices: { count: 3 }
firmware: { sizeBytes: 2100 }
campaign: { redundancyPercent: 0 }
expect: {}
`;
const NO_VIEW = { complete: false, error: "" };

/** A world on real time behind a link that a test pulls at. */
async function open() {
  const loaded = parseScenario(text, "wall-clock.yaml");
  const { resolved, options } = prepare(loaded, { firmwareSizesOf });
  const { name, seed } = resolved;
  const spec = { scenario: resolved, seed, firmware: undefined };
  const images = makeLiveImages(spec);
  const lines: string[] = [];
  const scenario = { name, sha256: loaded.sha256, text };
  const run = { version: "9.9.9", scenario, seed, options };
  const recorder = new Recorder(run, (line) => lines.push(line));
  const metrics = new LiveMetrics({ scenario: name, seed, version: "9.9.9" });
  const sent: GatewayEvent[] = [];
  let link: GatewayLinkEvents | undefined;
  const input = {
    ...spec,
    way: {
      acknowledges: "booked" as const,
      open: async (_: readonly string[], events: GatewayLinkEvents) => {
        link = events;
        return {
          send: (_gateway: number, event: GatewayEvent) => void sent.push(event),
          close: async () => {},
        };
      },
    },
    gateways: 1,
    joinSpreadS: 3,
    isLenient: false,
    recorder,
    metrics,
    say: () => {},
  };
  const world = await openWorld(input, images, { gatewayIds: ["02f00afe00000000"] });
  if (link === undefined) throw new RangeError("no link");
  return { ...world, link, lines, sent, recorder, metrics };
}

const frame = (timing: DownlinkTiming, bytes = 20) => ({
  phyPayload: Uint8Array.from({ length: bytes }, (_, index) => (index === 0 ? 0x60 : index)),
  frequencyHz: 869_525_000,
  rate: { sf: 9, bandwidthHz: 125_000 },
  timing,
});

test("what comes from a server is recorded when it is put in, and replays", async () => {
  const { fleet, clock, link, lines, sent, recorder } = await open();
  const ask = (downlinkId: number, ...timings: readonly DownlinkTiming[]) =>
    link.onCommand(0, { downlinkId, items: timings.map((timing) => frame(timing)) });
  ask(1, { type: "immediately" });
  await vi.advanceTimersByTimeAsync(7);
  clock.sync();
  recorder.start(fleet.engine.now);
  fleet.start();
  void clock.run();
  for (let round = 2; round < 60; round++) {
    await vi.advanceTimersByTimeAsync(13 * round);
    const uplink = sent.findLast((event) => event.type === "uplink");
    const counter = uplink?.type === "uplink" ? uplink.counterUs : 0;
    ask(round, { type: "delay", counter, delayUs: 1e6 }, { type: "immediately" });
    ask(100 + round, { type: "immediately" });
  }
  clock.stop();
  const results = fleet.members.map((member) => liveResultOf(fleet, member, NO_VIEW));
  recorder.end({ at: fleet.engine.now, interrupted: false, wallSeconds: 23, results });
  ask(999, { type: "immediately" });
  vi.useRealTimers();

  const types = lines.map((line) => JSON.parse(line).type);
  expect(types.slice(0, 4)).toEqual(["recording", "command", "ack", "start"]);
  expect(types.filter((type) => type === "command")).toHaveLength(1 + 2 * 58);
  expect(types.filter((type) => type === "uplink").length).toBeGreaterThan(3);
  expect(types.at(-1)).toBe("device");
  const bench = new CommandBench({ firmwareSizesOf });
  bench.write("r.rec.ndjson", lines.join(""));
  const status = await bench.fuota(fakeSimulate(1), "replay", bench.at("r.rec.ndjson"));
  bench.remove();
  expect(status, bench.terminal.stderr).toBe(0);
  expect(bench.terminal.stdout).toContain(`the same in all ${lines.length - 1} lines`);
});

test("a downlink that no gateway could send is an oddity, and no beginning of a recording", async () => {
  const { link, lines, sent, oddities } = await open();
  link.onCommand(0, { downlinkId: 1, items: [frame({ type: "immediately" }, 256)] });
  link.onCommand(0, { downlinkId: 2, items: [frame({ type: "gps", gpsUs: Number.NaN })] });
  expect(oddities).toEqual(Array(2).fill("gateway 0: a downlink beyond what can be sent"));
  expect(lines).toEqual([]);
  expect(sent).toEqual([]);
});

test("the metrics follow the gateways, their link and the clock", async () => {
  const { fleet, clock, link, metrics } = await open();
  link.onState("connected");
  fleet.start();
  void clock.run();
  link.onCommand(0, { downlinkId: 1, items: [frame({ type: "immediately" })] });
  await vi.advanceTimersByTimeAsync(10_000);
  clock.stop();
  const said = await metrics.text();
  expect(said).toContain("fuota_gateway_link_up 1\n");
  expect(said).toContain('fuota_downlink_acks_total{status="ok"} 1\n');
  expect(said).toContain('fuota_devices{state="notJoined"} 3\n');
  expect(said).toMatch(/fuota_join_requests_total [1-9]/);
  expect(said).toMatch(/fuota_event_loop_lag_seconds_count [1-9]/);
});
