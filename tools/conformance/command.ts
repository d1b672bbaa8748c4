import { Command, InvalidArgumentError } from "commander";
import { ChirpStackConnection } from "#hal/net/chirpstack-connection.ts";
import { EXIT } from "#tools/errors.ts";
import { apiKeyOf } from "#tools/fleet/api-key.ts";
import {
  type GatewayOptions,
  gatewayWayOf,
  withGatewayOptions,
} from "#tools/fleet/gateway-options.ts";
import type { RunParts } from "#tools/run/command.ts";
import { openSink } from "#tools/run/sink.ts";
import type { Evidence } from "./evidence.ts";
import { SITUATIONS, type Situation } from "./requirement.ts";
import { provoke } from "./run.ts";
import { judgeAll } from "./suite.ts";
import { conformanceMarkdown, conformanceReport, conformanceText } from "./text.ts";

interface ConformanceOptions extends GatewayOptions {
  readonly api: string;
  readonly apiKey?: string;
  readonly only?: readonly Situation[];
  readonly name: string;
  readonly json?: string;
  readonly markdown?: string;
}

export function conformanceCommand(parts: RunParts): Command {
  const command = new Command("conformance")
    .description("asks a real ChirpStack v4 for all that a FUOTA server has to do, in real time")
    .option("--api <address>", "ChirpStack's API", "localhost:8080")
    .option("--api-key <file>", "file with an admin API key; else FUOTA_API_KEY");
  return withGatewayOptions(command)
    .option(
      "--only <situation>",
      `one of ${SITUATIONS.map(shortOf).join(", ")}; again for more`,
      (name: string, before: readonly Situation[] = []) => [...before, situationOf(name)],
    )
    .option("--name <text>", "what the report calls the server", "ChirpStack v4")
    .option("--json <file>", "writes every finding with its frames")
    .option("--markdown <file>", "writes the report for people")
    .action(async (options: ConformanceOptions) => {
      process.exitCode = await runConformance(options, parts);
    });
}

async function runConformance(options: ConformanceOptions, parts: RunParts): Promise<number> {
  const { terminal, version, now } = parts;
  const api = new ChirpStackConnection(options.api, apiKeyOf(options.apiKey));
  const open = (path: string | undefined) =>
    path === undefined ? undefined : openSink(path, terminal.out);
  const json = open(options.json);
  const markdown = open(options.markdown);
  const { signal, end } = parts.interruption();
  const startedMs = now();
  const evidences = new Map<Situation, Evidence>();
  try {
    for (const situation of options.only ?? SITUATIONS) {
      if (signal.aborted) break;
      const say = (text: string) => {
        const atS = ((now() - startedMs) / 1000).toFixed(0).padStart(5);
        terminal.err(`${atS} s  ${shortOf(situation)}: ${text}\n`);
      };
      const wayOf = (region: string, gateways: number) => gatewayWayOf(options, region, gateways);
      const evidence = await provoke({ situation, api, wayOf, interrupt: signal, say });
      // What was cut short says nothing about a server.
      if (!signal.aborted) evidences.set(situation, evidence);
    }
    const judged = judgeAll(evidences);
    const isPiped = [options.json, options.markdown].includes("-");
    (isPiped ? terminal.err : terminal.out)(conformanceText(judged));
    const date = new Date().toISOString().slice(0, 10);
    const head = { server: options.name, version, date };
    markdown?.write(conformanceMarkdown(head, judged));
    json?.write(`${JSON.stringify(conformanceReport(head, judged))}\n`);
    if (signal.aborted) return EXIT.interrupted;
    return judged.some(({ finding }) => finding.verdict === "fail") ? EXIT.failed : EXIT.ok;
  } finally {
    json?.close();
    markdown?.close();
    end();
    api.close();
  }
}

function shortOf(situation: Situation): string {
  return situation.replace("conformance-", "");
}

function situationOf(name: string): Situation {
  const found = SITUATIONS.find((situation) => shortOf(situation) === name);
  if (found !== undefined) return found;
  throw new InvalidArgumentError(`expected one of ${SITUATIONS.map(shortOf).join(", ")}`);
}
