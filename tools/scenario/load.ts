import { createHash } from "node:crypto";
import type { Scenario } from "#scenarios/schema.ts";
import { InputError } from "#tools/errors.ts";
import { readInputFile } from "#tools/files.ts";
import { accepts, readSchema } from "#tools/json-schema.ts";
import { closest, explain, type Problem, printable } from "./explain.ts";
import { type Setting, withSetting } from "./settings.ts";
import { shippedNames, shippedPathOf } from "./shipped.ts";
import { parseYaml, type YamlPath, yamlText } from "./yaml.ts";

/** A scenario file that its schema accepts. */
export interface LoadedScenario {
  readonly scenario: Scenario;
  /** The file, to the letter. */
  readonly text: string;
  /** Of the text, hex. */
  readonly sha256: string;
  /** How the user called it. */
  readonly source: string;
  /** `FILE:LINE: path text`, for a problem that is found later. */
  readonly locate: (problem: Problem) => string;
}

const scenarioSchema = readSchema(new URL("../../scenarios/scenario.schema.json", import.meta.url));

function isScenario(value: unknown): value is Scenario {
  return accepts(scenarioSchema, value);
}

const SCENARIO_BYTES_MAX = 1_048_576;

/** Reads a file, or a scenario that comes with the package by its name. Throws `InputError`. */
export function loadScenario(nameOrPath: string): LoadedScenario {
  const path = shippedPathOf(nameOrPath) ?? nameOrPath;
  const hint = isWord(nameOrPath) ? hintFor(nameOrPath) : "";
  const bytes = readInputFile(path, SCENARIO_BYTES_MAX, hint);
  return parseScenario(textOf(bytes, nameOrPath), nameOrPath);
}

/** The same scenario with other values: read again, like a file of its own. Throws `InputError`. */
export function withSettings(loaded: LoadedScenario, settings: readonly Setting[]): LoadedScenario {
  if (settings.length === 0) return loaded;
  const yaml = parseYaml(loaded.text);
  const document = settings.reduce(withSetting, yaml.ok ? yaml.value : undefined);
  return { ...parseScenario(yamlText(document), `${loaded.source} as set`), source: loaded.source };
}

function isWord(name: string): boolean {
  return /^[\w-]+$/.test(name);
}

function hintFor(name: string): string {
  const names = shippedNames();
  const meant = closest(name, names);
  return meant === undefined ? `shipped are ${names.join(", ")}` : `did you mean ${meant}?`;
}

function textOf(bytes: Uint8Array, source: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new InputError(`${source}: is not UTF-8 text`);
  }
}

/** Throws `InputError` with one line that names file, line, path, value and what was expected. */
export function parseScenario(text: string, source: string): LoadedScenario {
  if (text.length > SCENARIO_BYTES_MAX) throw new InputError(`${source}: is larger than 1 MiB`);
  const yaml = parseYaml(text);
  if (!yaml.ok) throw new InputError(`${source}:${yaml.line}: ${printable(yaml.message)}`);
  if (yaml.value === null) throw new InputError(`${source}: is empty, expected a scenario`);
  const locate = (problem: Problem) => located(source, yaml.lineOf, problem);
  const { value } = yaml;
  if (!isScenario(value)) {
    const problem = explain(scenarioSchema, value);
    throw new InputError(locate(problem ?? { path: [], text: "is not a scenario" }));
  }
  const gap = gapOf(value);
  if (gap !== undefined) throw new InputError(locate(gap));
  const sha256 = createHash("sha256").update(text).digest("hex");
  return { scenario: value, text, sha256, source, locate };
}

/** LoRaWAN devices take two keys, pulling ones another; there have to be devices. */
function gapOf({ devices, campaign, pull }: Scenario): Problem | undefined {
  if (devices === undefined && campaign === undefined) {
    const text = "is missing, expected devices and a campaign, or devices that pull";
    return pull === undefined ? { path: ["devices"], text } : undefined;
  }
  const what = "for devices behind a gateway";
  if (devices === undefined)
    return { path: ["devices"], text: `is missing, but there is a campaign ${what}` };
  if (campaign === undefined)
    return { path: ["campaign"], text: `is missing, expected one ${what}` };
  return undefined;
}

function located(source: string, lineOf: (path: YamlPath) => number, problem: Problem): string {
  const { path, text } = problem;
  const name = path.length === 0 ? "the file" : printable(pathText(path));
  return `${source}:${lineOf(path)}: ${name} ${text}`;
}

/** `faults[0].when.atS` */
function pathText(path: YamlPath): string {
  return path
    .map((step, index) => {
      if (typeof step === "number") return `[${step}]`;
      const short = step.length <= 60 ? step : `${step.slice(0, 60)}…`;
      return index === 0 ? short : `.${short}`;
    })
    .join("");
}
