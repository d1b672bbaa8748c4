import { Command, InvalidArgumentError, Option } from "commander";
import { resolveScenario } from "#scenarios/defaults.ts";
import { REGIONS } from "#scenarios/regions/regions.ts";
import type { LorawanScenario, Scenario } from "#scenarios/schema.ts";
import { EXIT, InputError } from "#tools/errors.ts";
import { writeOutputFile } from "#tools/files.ts";
import { integer, type RunParts } from "#tools/run/command.ts";
import { readFirmwareFile } from "#tools/run/firmware-file.ts";
import { commandPrefix } from "#tools/run/replay-text.ts";
import { inputsOf, requireSeparate } from "#tools/run/separate-files.ts";
import { openSink } from "#tools/run/sink.ts";
import { shellWord } from "#tools/run/words.ts";
import { checkRegion } from "#tools/scenario/check-region.ts";
import { type LoadedScenario, loadScenario, parseScenario } from "#tools/scenario/load.ts";
import { lorawanOf } from "#tools/scenario/lorawan-only.ts";
import { yamlText } from "#tools/scenario/yaml.ts";
import { makePlan } from "./plan.ts";
import { planText } from "./plan-text.ts";
import { planDocument } from "./schema.ts";

interface PlanOptions {
  readonly size?: number;
  readonly firmware?: string;
  readonly key?: string;
  readonly region?: Scenario["region"];
  readonly dr?: number;
  readonly fragSize?: number;
  readonly redundancy?: number;
  readonly loss?: number;
  readonly burst?: number;
  readonly devices?: number;
  readonly packages?: "v1" | "v2";
  readonly margin?: number;
  readonly dutyCycle?: number;
  readonly target: number;
  readonly trials: number;
  readonly seed?: number;
  readonly json?: string;
  readonly scenario?: string;
}

const TRIALS = 20_000;
const TARGET = 0.99;

export function planCommand(parts: RunParts): Command {
  return new Command("plan")
    .description("says what a campaign will take, and how it will end")
    .argument("[scenario]", "scenario file, or the name of a shipped one, to be planned as it is")
    .option("--size <bytes>", "size of the signed image", integer(1024, 3_900_000))
    .option("--firmware <file>", "plan for this file instead of a generated image")
    .option("--key <pem>", "public key that has signed --firmware")
    .addOption(new Option("--region <name>", "region").choices(REGIONS.map(({ name }) => name)))
    .option("--dr <n>", "multicast data rate", integer(0, 15))
    .option("--frag-size <bytes>", "else chosen", integer(1, 239))
    .option("--redundancy <percent>", "else chosen for the target", integer(0, 1000))
    .option("--loss <share>", "share of the fragments that a device loses, like 0.1", lossShare)
    .option(
      "--burst <frames>",
      "mean length of a run of losses; else they are independent",
      number(1, 10_000),
    )
    .option("--devices <n>", "fleet size", integer(1, 1_000_000))
    .addOption(new Option("--packages <v>", "TS003, TS004, TS005").choices(["v1", "v2"]))
    .option("--margin <s>", "time between two fragments", integer(1, 60))
    .option("--duty-cycle <percent>", "of the gateway", number(0.01, 100))
    .option("--target <chance>", "that the whole fleet finishes", share, TARGET)
    .option("--trials <n>", "simulated devices behind each chance", integer(100, 1_000_000), TRIALS)
    .option("--seed <n>", "decides every draw", integer(0, 4_294_967_295))
    .option("--json <file>", "writes the plan; - is standard output")
    .option("--scenario <file>", "writes a scenario that runs what is planned")
    .action((source: string | undefined, options: PlanOptions) => {
      process.exitCode = runPlan(source, options, parts);
    });
}

function runPlan(source: string | undefined, options: PlanOptions, parts: RunParts): number {
  const { terminal, firmwareSizesOf, version } = parts;
  const sources = source === undefined ? [] : [source];
  requireSeparate([options.json, options.scenario], inputsOf(options, sources));
  const loaded = source === undefined ? undefined : loadScenario(source);
  const isOpen = loaded === undefined;
  const choosesRedundancy = isOpen && options.redundancy === undefined;
  const scenario = wished(loaded, options);
  const firmware = readFirmwareFile(options, scenario, firmwareSizesOf, terminal);
  const { imageBytes, sentBytes } = firmwareSizesOf(scenario, firmware?.supplied);
  const { target, trials } = options;
  const plan = makePlan({
    ...{ scenario, imageBytes, sentBytes, isOpen, choosesRedundancy },
    ...{ target, trials },
  });
  const sink = options.json === undefined ? undefined : openSink(options.json, terminal.out);
  const say = options.json === "-" ? terminal.err : terminal.out;
  say(planText(plan));
  sink?.write(`${JSON.stringify(planDocument(plan, version), undefined, 2)}\n`);
  sink?.close();
  if (plan.problem !== undefined) return EXIT.failed;
  const { scenario: path } = options;
  if (path !== undefined) {
    writeOutputFile(path, yamlText(plan.scenario));
    say(`run it: ${commandPrefix()} run ${shellWord(path)}\n`);
  }
  return EXIT.ok;
}

/** The scenario with what the command line says; checked like a file. */
function wished(loaded: LoadedScenario | undefined, options: PlanOptions): LorawanScenario {
  const { region, devices, seed, size, packages } = options;
  const base: LorawanScenario = (loaded && lorawanOf(loaded)) ?? {
    name: "planned",
    devices: { count: 100 },
    campaign: { redundancyPercent: 0 },
    expect: { updated: "all" },
  };
  const loss = lossOf(options);
  const scenario: LorawanScenario = {
    ...base,
    ...(region === undefined ? {} : { region }),
    ...(seed === undefined ? {} : { seed }),
    devices: {
      ...base.devices,
      ...(devices === undefined ? {} : { count: devices }),
      ...(packages === undefined ? {} : { defaults: { ...base.devices.defaults, packages } }),
    },
    ...(size === undefined ? {} : { firmware: { ...base.firmware, sizeBytes: size } }),
    campaign: { ...base.campaign, ...campaignOf(options) },
    ...(loss === undefined ? {} : { air: { ...base.air, multicastLoss: loss } }),
  };
  requireAir(
    scenario,
    loaded?.locate ?? (({ path, text }) => `the plan: ${path.join(".")} ${text}`),
  );
  return lorawanOf(parseScenario(yamlText(scenario), loaded?.source ?? "the plan"));
}

/** Without a data rate there is no plan; a fragment that is too long for it has one. */
function requireAir(scenario: Scenario, locate: LoadedScenario["locate"]): void {
  const problem = checkRegion(resolveScenario(scenario));
  if (problem === undefined || problem.path.join(".") === "campaign.fragSize") return;
  throw new InputError(locate(problem));
}

function campaignOf({ dr, fragSize, redundancy, margin, dutyCycle }: PlanOptions) {
  return {
    ...(dr === undefined ? {} : { dr }),
    ...(fragSize === undefined ? {} : { fragSize }),
    ...(redundancy === undefined ? {} : { redundancyPercent: redundancy }),
    ...(margin === undefined ? {} : { marginS: margin }),
    ...(dutyCycle === undefined ? {} : { dutyCyclePercent: dutyCycle }),
  };
}

function lossOf({ loss, burst }: PlanOptions) {
  if (loss === undefined) {
    if (burst === undefined) return undefined;
    throw new InputError("--burst says how losses come together; give --loss too");
  }
  if (burst === undefined) return { model: "bernoulli", probability: loss } as const;
  const badToGood = 1 / burst;
  const goodToBad = (badToGood * loss) / (1 - loss);
  if (goodToBad <= 1) return { model: "gilbertElliott", goodToBad, badToGood } as const;
  throw new InputError(`--burst ${burst}: bursts so short cannot lose ${loss} of the frames`);
}

function lossShare(text: string): number {
  return /^0*(\.0+|0)$/.test(text) ? 0 : share(text);
}

function share(text: string): number {
  const value = /^\d*\.?\d+$/.test(text) ? Number(text) : Number.NaN;
  if (value > 0 && value < 1) return value;
  throw new InvalidArgumentError("expected a number between 0 and 1, like 0.1");
}

function number(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = /^\d*\.?\d+$/.test(text) ? Number(text) : Number.NaN;
    if (value >= min && value <= max) return value;
    throw new InvalidArgumentError(`expected a number from ${min} to ${max}`);
  };
}
