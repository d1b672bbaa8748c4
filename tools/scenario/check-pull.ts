import type { ResolvedScenario } from "#scenarios/defaults.ts";
import { COAP_CHUNK_BYTES_MAX, type ResolvedPull } from "#scenarios/pull-defaults.ts";
import { DROGUE_QUIRKS } from "#sim/server/drogue/quirks.ts";
import { QUIRKS } from "#sim/server/thingsboard/quirks.ts";
import { checkDialect } from "./check-dialect.ts";
import type { Problem } from "./explain.ts";

/** Whether the groups of pulling devices fit each other, the rest of the fleet and the image. */
export function checkPull(scenario: ResolvedScenario, sentBytes: number): Problem | undefined {
  const names = scenario.devices.count === 0 ? [] : scenario.devices.kinds.map(({ name }) => name);
  for (const [index, group] of scenario.pull.entries()) {
    const problem = checkGroup(group, scenario, sentBytes, names);
    if (problem !== undefined) return { ...problem, path: ["pull", index, ...problem.path] };
    names.push(group.name);
  }
  return undefined;
}

function checkGroup(
  group: ResolvedPull,
  { firmware }: ResolvedScenario,
  sentBytes: number,
  names: readonly string[],
): Problem | undefined {
  const { name, dialect, chunkBytes, granuleBytes, link, server, transport, longPolls } = group;
  if (names.includes(name)) return { path: ["name"], text: `is ${name}, like another kind` };
  if (firmware.deltaPercent !== undefined) {
    return { path: [], text: "pulls images, and no patches; leave firmware.deltaPercent out" };
  }
  if (chunkBytes % granuleBytes !== 0) {
    const text = `is ${chunkBytes}, but the flash takes ${granuleBytes} bytes at once; use a multiple`;
    return { path: ["chunkBytes"], text };
  }
  if (link.latencyMs.min > link.latencyMs.max) {
    return { path: ["link", "latencyMs"], text: "has a min above its max" };
  }
  if (longPolls && transport !== "http") {
    const text = transport === "mqtt" ? "mqtt tells of changes by itself" : "coap has no such poll";
    return { path: ["longPolls"], text: `is true, but ${text}` };
  }
  const foreign = checkDialect(group);
  if (foreign !== undefined) return foreign;
  if (dialect !== "drogue" && transport === "coap" && chunkBytes > COAP_CHUNK_BYTES_MAX) {
    const text = `is ${chunkBytes}, but by CoAP a chunk has at most ${COAP_CHUNK_BYTES_MAX} bytes`;
    return { path: ["chunkBytes"], text };
  }
  const quirks = Object.keys(dialect === "drogue" ? DROGUE_QUIRKS : QUIRKS);
  for (const [at, quirk] of server.without.entries()) {
    if (quirks.includes(quirk)) continue;
    const text = `is ${quirk}; known are ${quirks.join(", ")}`;
    return { path: ["server", "without", at], text };
  }
  return checkChunks(group, sentBytes);
}

/** Numbers of chunks that are never asked for would be troubles that never come. */
function checkChunks(group: ResolvedPull, sentBytes: number): Problem | undefined {
  const { chunkBytes, server, faults } = group;
  const count = Math.ceil(sentBytes / chunkBytes);
  const text = (chunk: number) =>
    `is ${chunk}, but the image has ${count} chunks of ${chunkBytes} bytes, counted from 0`;
  for (const [at, { chunk = 0 }] of server.chunkFaults.entries()) {
    if (chunk >= count) return { path: ["server", "chunkFaults", at, "chunk"], text: text(chunk) };
  }
  for (const [at, { when }] of faults.entries()) {
    if (!("atChunk" in when) || when.atChunk < count) continue;
    return { path: ["faults", at, "when", "atChunk"], text: text(when.atChunk) };
  }
  const until = server.earlier?.until;
  if (until === undefined || !("atChunk" in until) || until.atChunk < count) return undefined;
  return { path: ["server", "earlier", "until", "atChunk"], text: text(until.atChunk) };
}
