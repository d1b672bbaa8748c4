import type { CommandBench } from "../run/command-bench.ts";
import { fakeSimulate } from "../run/fake-fleet.ts";

/** Runs a scenario live. Its outputs are `r.json`, `r.ndjson`, `r.junit` and `r.html`. */
export async function liveFleet(bench: CommandBench, text: string, args: readonly string[]) {
  bench.write("live.yaml", text);
  const out = ["json", "ndjson", "junit", "html"].flatMap((kind) => [
    `--${kind}`,
    bench.at(`r.${kind}`),
  ]);
  const all = ["fleet", bench.at("live.yaml"), ...args, ...out];
  const status = await bench.fuota(fakeSimulate(0), ...all);
  const lines = bench.read("r.ndjson").trimEnd().split("\n");
  const devices = lines.map((line) => JSON.parse(line));
  return { status, report: JSON.parse(bench.read("r.json")), devices };
}

/** What it says of a scenario that it does not run. */
export function liveComplaint(bench: CommandBench, text: string, args: readonly string[]) {
  bench.write("live.yaml", text);
  return bench.complaint(fakeSimulate(0), "fleet", bench.at("live.yaml"), ...args);
}

/** Where a stand-in listens, as soon as it does at so many places. */
export async function urlsOf(server: CommandBench, count: number): Promise<readonly string[]> {
  const found = () => server.terminal.stdout.match(/\b(http|mqtt|coap):\/\/[\d.]+:\d+\b/g) ?? [];
  while (found().length < count) await new Promise((resolve) => setImmediate(resolve));
  return found();
}
