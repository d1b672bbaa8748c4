import { afterEach, beforeAll, describe, expect, test } from "vitest";
import type { TextServer } from "#hal/net/text-server.ts";
import { RefusedError } from "#tools/errors.ts";
import { LiveMetrics } from "#tools/fleet/metrics.ts";
import { recordWorld } from "../recording/recorded-world.ts";

const RUN = { scenario: "recorded", seed: 3, version: "9.9.9" };
const text = `name: recorded
devices: { count: 4, defaults: { uplinkIntervalS: 60 } }
firmware: { sizeBytes: 2100 }
campaign: { redundancyPercent: 100 }
air: { classADutyCycle: false, multicastLoss: { model: bernoulli, probability: 0.25 } }
expect: {}
`;
const servers: TextServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

/** Samples by name and labels, as a Prometheus reads the text format (version 0.0.4). */
async function scrape(metrics: LiveMetrics): Promise<ReadonlyMap<string, number>> {
  const server = await metrics.serve(0);
  servers.push(server);
  const response = await fetch(`http://127.0.0.1:${server.port}/metrics`);
  expect(response.headers.get("content-type")).toMatch(/^text\/plain; version=0\.0\.4/);
  const body = await response.text();
  expect(body.endsWith("\n")).toBe(true);
  const samples = body.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return new Map(
    samples.map((line) => {
      const [, name = "", value = ""] = /^([a-z_]+(?:\{[^}]*\})?) ([\d.e+-]+)$/.exec(line) ?? [];
      expect(name, line).not.toBe("");
      return [name, Number(value)];
    }),
  );
}

describe("a run that is over", () => {
  const metrics = new LiveMetrics(RUN);
  const { lines, results } = recordWorld({ text, seed: 3, metrics });
  const parsed = lines.map((line) => JSON.parse(line));
  const countOf = (isWanted: (line: Record<string, unknown>) => boolean) =>
    parsed.filter(isWanted).length;
  let samples: ReadonlyMap<string, number>;
  beforeAll(async () => {
    samples = await scrape(metrics);
  });
  const isSent = ({ statuses }: Record<string, unknown>) => String(statuses) === "ok";
  const sum = (of: (result: (typeof results)[number]) => number) =>
    results.reduce((total, result) => total + of(result), 0);

  test.each<[string, () => number]>([
    ['fuota_run_info{scenario="recorded",seed="3",version="9.9.9"}', () => 1],
    ['fuota_devices{state="updated"}', () => 4],
    ['fuota_devices{state="joined"}', () => 0],
    ["fuota_joins_total", () => 4],
    [
      "fuota_join_requests_total",
      () => countOf(({ phyPayload }) => String(phyPayload).startsWith("00")),
    ],
    ["fuota_reboots_total", () => sum(({ reboots }) => reboots)],
    ["fuota_uplinks_total", () => countOf(({ type }) => type === "uplink")],
    ["fuota_downlinks_total", () => countOf(isSent)],
    ['fuota_downlink_acks_total{status="ok"}', () => countOf(isSent)],
    [
      'fuota_downlink_acks_total{status="collision"}',
      () => countOf(({ statuses }) => String(statuses) === "collision"),
    ],
    ['fuota_fragments_total{fate="lost"}', () => sum(({ air }) => air.lost.length)],
    ['fuota_fragments_total{fate="missed"}', () => sum(({ air }) => air.missed.length)],
    ['fuota_fragments_total{fate="received"}', () => 4 * 18 - sum(({ air }) => air.lost.length)],
  ])("%s", (name, expected) => {
    expect(samples.get(name)).toBe(expected());
  });

  test("had a lag, by its buckets", () => {
    const bucket = (le: string) => samples.get(`fuota_event_loop_lag_seconds_bucket{le="${le}"}`);
    const all = samples.get("fuota_event_loop_lag_seconds_count") ?? 0;
    expect(all).toBeGreaterThan(100);
    expect(bucket("0.1")).toBe(all);
    expect(bucket("0.02")).toBeLessThan(all);
    expect(bucket("+Inf")).toBe(all);
  });

  test("a counter that is read again is the same", async () => {
    expect(await scrape(metrics)).toEqual(samples);
  });
});

test("before there is a fleet, everything is nothing", async () => {
  const samples = await scrape(new LiveMetrics(RUN));
  for (const [name, value] of samples) {
    expect(value, name).toBe(name.startsWith("fuota_run_info") ? 1 : 0);
  }
  expect(samples.get('fuota_devices{state="notJoined"}')).toBe(0);
});

test("a link is up, and down", async () => {
  const metrics = new LiveMetrics(RUN);
  metrics.linkIs("connected");
  expect((await scrape(metrics)).get("fuota_gateway_link_up")).toBe(1);
  metrics.linkIs("lost");
  expect((await scrape(metrics)).get("fuota_gateway_link_up")).toBe(0);
});

test.each([
  [["ok"], "ok"],
  [["tooLate", "ok"], "ok"],
  [["ok", "ignored"], "ok"],
  [["tooLate", "collision"], "collision"],
  [[], "none"],
] as const)("an acknowledgement of %j counts as %s", async (statuses, status) => {
  const metrics = new LiveMetrics(RUN);
  metrics.event({ type: "ack", downlinkId: 1, statuses, sentAt: undefined });
  const samples = await scrape(metrics);
  expect(samples.get(`fuota_downlink_acks_total{status="${status}"}`)).toBe(1);
});

test("a port that is taken is refused in one line", async () => {
  const metrics = new LiveMetrics(RUN);
  const server = await metrics.serve(0);
  servers.push(server);
  const refusal = metrics.serve(server.port);
  await expect(refusal).rejects.toThrow(RefusedError);
  await expect(refusal).rejects.toThrow(`--metrics ${server.port}: the port is in use`);
});
