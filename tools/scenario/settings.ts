import { InputError } from "#tools/errors.ts";
import { parseYaml } from "./yaml.ts";

/** One key of a scenario and what it is to be. */
export interface Setting {
  /** As in the file: `campaign.redundancyPercent`, `faults.0.share`. */
  readonly path: string;
  readonly value: unknown;
}

/** Short names of what is varied most. Of a loss, a number is a share of independent losses. */
const ALIASES: Readonly<Record<string, string>> = {
  loss: "air.multicastLoss",
  sharedLoss: "air.sharedLoss",
  unicastLoss: "air.unicastLoss",
  redundancy: "campaign.redundancyPercent",
  fragSize: "campaign.fragSize",
  dr: "campaign.dr",
  retries: "campaign.maxRetries",
  devices: "devices.count",
  packages: "devices.defaults.packages",
  size: "firmware.sizeBytes",
};
const LOSSES = /^air\.(multicast|shared|unicast)Loss$/;
/** Keys that are no keys of a file. */
const FORBIDDEN = ["__proto__", "prototype", "constructor"];

/** `path=value`, the value in YAML. Throws `InputError`. */
export function parseSetting(text: string): Setting {
  const [name, value] = partsOf(text);
  return { path: pathOf(name), value: settingValue(pathOf(name), value) };
}

/** `path=value,value,…`: one setting for each; commas in brackets belong to their value. */
export function parseSettings(text: string): readonly Setting[] {
  const [name, values] = partsOf(text);
  const path = pathOf(name);
  return splitOutside(values).map((value) => ({ path, value: settingValue(path, value) }));
}

/** A copy of a parsed scenario with that key changed; what is on the way to it is made. */
export function withSetting(document: unknown, { path, value }: Setting): unknown {
  return changed(document, path.split("."), value, path);
}

/** As it was written on the command line. */
export function valueText(value: unknown): string {
  if (isLossOf(value)) return String(value.probability);
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

function isLossOf(value: unknown): value is { readonly probability: number } {
  if (typeof value !== "object" || value === null || !("model" in value)) return false;
  return value.model === "bernoulli" && "probability" in value;
}

function partsOf(text: string): readonly [string, string] {
  const at = text.indexOf("=");
  if (at > 0) return [text.slice(0, at), text.slice(at + 1)];
  throw new InputError(`${text}: expected KEY=VALUE, like campaign.redundancyPercent=30`);
}

function pathOf(name: string): string {
  const path = ALIASES[name] ?? name;
  const isPath = path.split(".").every((step) => /^\w+$/.test(step) && !FORBIDDEN.includes(step));
  if (isPath) return path;
  throw new InputError(`${name}: is no key of a scenario, like air.multicastLoss`);
}

function settingValue(path: string, text: string): unknown {
  const yaml = parseYaml(text);
  if (!yaml.ok) throw new InputError(`${path}=${text}: ${yaml.message}`);
  const { value } = yaml;
  if (!LOSSES.test(path) || typeof value !== "number") return value;
  return { model: "bernoulli", probability: value };
}

function splitOutside(text: string): readonly string[] {
  const parts: string[] = [];
  let depth = 0;
  let part = "";
  for (const character of text) {
    if ("[{".includes(character)) depth += 1;
    if ("]}".includes(character)) depth -= 1;
    if (character === "," && depth === 0) {
      parts.push(part);
      part = "";
    } else part += character;
  }
  return [...parts, part];
}

function changed(at: unknown, steps: readonly string[], value: unknown, path: string): unknown {
  const [step, ...rest] = steps;
  if (step === undefined) return value;
  if (Array.isArray(at)) {
    const index = /^\d+$/.test(step) ? Number(step) : Number.NaN;
    if (index < at.length) return at.with(index, changed(at[index], rest, value, path));
    throw new InputError(`${path}: a list of ${at.length} has no item ${step}`);
  }
  if (at !== undefined && at !== null && typeof at !== "object") {
    throw new InputError(`${path}: ${step} is in what is ${JSON.stringify(at)}`);
  }
  const map = new Map<string, unknown>(Object.entries(at ?? {}));
  map.set(step, changed(map.get(step), rest, value, path));
  return Object.fromEntries(map);
}
