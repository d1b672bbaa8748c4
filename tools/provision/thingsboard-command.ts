import { basename } from "node:path";
import { Command, InvalidArgumentError, Option } from "commander";
import { CHECKSUM_BYTES, type ChecksumAlgorithm } from "#agent/pull/checksum.ts";
import { ThingsBoardApi } from "#hal/net/thingsboard-api.ts";
import { EXIT, InputError } from "#tools/errors.ts";
import { readInputFile } from "#tools/files.ts";
import { writeDeviceList } from "#tools/pull/device-list.ts";
import { integer, type RunParts } from "#tools/run/command.ts";
import { orRefused } from "./api-refusal.ts";
import {
  type PackageType,
  type ProvisionedDevice,
  ThingsBoardFleet,
  type WantedPackage,
} from "./thingsboard.ts";
import { fleetDevices, profileNameOf } from "./thingsboard-names.ts";
import { TOLD } from "./thingsboard-told.ts";
import { statesBefore, watchStates } from "./thingsboard-watch.ts";

interface ThingsBoardOptions {
  readonly api: string;
  readonly user: string;
  readonly fleet: string;
  readonly devices: number;
  readonly seed: number;
  readonly list?: string;
  readonly package?: string;
  readonly packageUrl?: string;
  readonly version?: string;
  readonly title: string;
  readonly tag?: string;
  readonly checksum: ChecksumAlgorithm;
  readonly software?: true;
  readonly to: "profile" | "devices";
  readonly dialect: keyof typeof TOLD;
  readonly watch?: true;
  readonly watchTimeout: number;
  readonly remove?: true;
}

const PACKAGE_BYTES_MAX = 64 * 1024 * 1024;
const WATCH_INTERVAL_MS = 2000;

export function thingsBoardProvisionCommand(parts: RunParts): Command {
  return new Command("thingsboard")
    .description("device profile, devices and a package on a ThingsBoard, and what becomes of it")
    .option(
      "--api <url>",
      "the server: http: or https://host:port",
      apiUrl,
      "http://localhost:8080",
    )
    .option(
      "--user <name>",
      "of a tenant's administrator; the password is in FUOTA_PASSWORD",
      "tenant@thingsboard.org",
    )
    .option("--fleet <name>", "in the names of profile and devices", fleetName, "lab")
    .option("--devices <n>", "how many", integer(1, 10_000), 1)
    .option("--seed <n>", "decides the access tokens", integer(0, 4_294_967_295), 1)
    .option("--list <file>", "writes names and tokens there, for fuota pull --devices")
    .option("--package <file>", "assigns a package with these bytes, as they are")
    .option("--package-url <url>", "assigns a package whose bytes lie there")
    .option("--version <version>", "of the package")
    .option("--title <title>", "of the package", "fw")
    .option("--tag <tag>", "of the package")
    .option(
      "--checksum <algorithm>",
      `one of ${Object.keys(CHECKSUM_BYTES).join(", ")}`,
      algorithm,
      "SHA256",
    )
    .option("--software", "it is a software package (sw_)")
    .option(
      "--to <whom>",
      "assigns it to the profile, or to its devices one by one",
      whom,
      "profile",
    )
    .addOption(
      new Option("--dialect <name>", "in which the devices say how it goes, as of fuota pull")
        .choices(Object.keys(TOLD))
        .default("thingsboard"),
    )
    .option("--watch", "follows what the devices say until each has updated or failed")
    .option("--watch-timeout <s>", "at most so long", integer(1, 86_400), 600)
    .option("--remove", "takes all of it away again")
    .action(async (options: ThingsBoardOptions) => {
      process.exitCode = await provision(options, parts);
    });
}

async function provision(options: ThingsBoardOptions, parts: RunParts): Promise<number> {
  const { terminal } = parts;
  const password = process.env["FUOTA_PASSWORD"];
  if (password === undefined)
    throw new InputError(`FUOTA_PASSWORD is not set: the password of ${options.user}`);
  const wanted = packageOf(options);
  if (options.watch === true && wanted === undefined)
    throw new InputError("--watch needs --package or --package-url");
  const api = new ThingsBoardApi(options.api);
  const fleet = new ThingsBoardFleet(api, profileNameOf(options.fleet));
  const onProgress = progressOn(parts, "devices");
  return await orRefused(async () => {
    await api.logIn(options.user, password);
    if (options.remove === true) {
      const wasThere = await fleet.remove(onProgress);
      terminal.out(wasThere ? `${options.fleet} removed\n` : `${options.fleet} was not there\n`);
      return EXIT.ok;
    }
    const profileId = await fleet.profile();
    const listed = fleetDevices(options.fleet, options.seed, options.devices);
    const devices = await fleet.devices(profileId, listed, onProgress);
    terminal.out(`${devices.length} devices in profile ${profileNameOf(options.fleet)}\n`);
    if (options.list !== undefined) writeDeviceList(options.list, listed);
    if (wanted === undefined) return EXIT.ok;
    const assigning = () => assign(fleet, profileId, wanted, devices, options, parts);
    if (options.watch === true) {
      return await watch(fleet, wanted, devices, assigning, options, parts);
    }
    await assigning();
    return EXIT.ok;
  });
}

async function assign(
  fleet: ThingsBoardFleet,
  profileId: string,
  wanted: WantedPackage,
  devices: readonly ProvisionedDevice[],
  { to }: ThingsBoardOptions,
  parts: RunParts,
): Promise<void> {
  const { type, title, version, content } = wanted;
  const packageId = await fleet.package(profileId, wanted);
  const what = "url" in content ? `at ${content.url}` : `${content.bytes.length} bytes`;
  parts.terminal.out(`package ${title} ${version}, ${what}, assigned to ${TARGETS[to]}\n`);
  if (to === "profile") await fleet.assignToProfile(profileId, type, packageId);
  else {
    const ids = devices.map(({ id }) => id);
    await fleet.assignToDevices(ids, type, packageId, progressOn(parts, "assignments"));
  }
}

const TARGETS = { profile: "the profile", devices: "each device" } as const;

async function watch(
  fleet: ThingsBoardFleet,
  { type, version }: WantedPackage,
  devices: readonly ProvisionedDevice[],
  assigning: () => Promise<void>,
  { watchTimeout: timeoutS, dialect }: ThingsBoardOptions,
  parts: RunParts,
): Promise<number> {
  const { terminal, now } = parts;
  const about = { kind: type === "FIRMWARE" ? "fw" : "sw", ask: TOLD[dialect], version } as const;
  const before = await statesBefore(fleet, devices, about);
  await assigning();
  const startedMs = now();
  const seconds = () => ((now() - startedMs) / 1000).toFixed(1);
  const { signal, end } = parts.interruption();
  try {
    const { updated, failed, open } = await watchStates(fleet, devices, {
      ...about,
      before,
      timeoutS,
      intervalMs: WATCH_INTERVAL_MS,
      now,
      signal,
      onState: ({ name }, state, error) => {
        const why = state === "FAILED" && error !== "" ? `: ${oneLine(error)}` : "";
        terminal.out(`${seconds().padStart(7)} s  ${name}  ${oneLine(state)}${why}\n`);
      },
      onProgress: (states) => {
        const counts = [...states].map(([state, count]) => `${count} ${oneLine(state)}`).join(", ");
        if (terminal.isInteractive) terminal.err(`\r\u001b[K${counts}`);
      },
    });
    if (terminal.isInteractive) terminal.err("\r\u001b[K");
    const rest = open === 0 ? "" : `, ${open} neither`;
    terminal.out(
      `after ${seconds()} s the server has ${updated} of ${devices.length} updated, ${failed} failed${rest}\n`,
    );
    if (signal.aborted) return EXIT.interrupted;
    return updated === devices.length ? EXIT.ok : EXIT.failed;
  } finally {
    end();
  }
}

/** What a device says is anybody's. */
function oneLine(text: string): string {
  return text.replace(/\p{C}/gu, "?").slice(0, 200);
}

function packageOf(options: ThingsBoardOptions): WantedPackage | undefined {
  const { package: path, packageUrl: url, version, title, tag, checksum, software } = options;
  if (path !== undefined && url !== undefined)
    throw new InputError("--package or --package-url, not both");
  if (path === undefined && url === undefined) return undefined;
  if (version === undefined) throw new InputError("a package needs a --version");
  const type: PackageType = software === true ? "SOFTWARE" : "FIRMWARE";
  const facts = { type, title, version, tag };
  if (url !== undefined) return { ...facts, content: { url } };
  const bytes = readInputFile(path ?? "", PACKAGE_BYTES_MAX);
  if (bytes.length === 0) throw new InputError(`${path}: is empty`);
  return { ...facts, content: { bytes, fileName: basename(path ?? ""), algorithm: checksum } };
}

function progressOn({ terminal }: RunParts, what: string): (done: number, all: number) => void {
  return (done, all) => {
    if (!terminal.isInteractive) return;
    terminal.err(done === all ? "\r\u001b[K" : `\r\u001b[K${done} of ${all} ${what}`);
  };
}

export function apiUrl(text: string): string {
  if (/^https?:\/\//.test(text) && URL.canParse(text)) return new URL(text).origin;
  throw new InvalidArgumentError("expected http: or https://host:port");
}

function fleetName(text: string): string {
  if (/^[\w.-]{1,40}$/.test(text)) return text;
  throw new InvalidArgumentError("expected 1 to 40 letters, digits, dots and dashes");
}

function algorithm(text: string): ChecksumAlgorithm {
  const names = Object.keys(CHECKSUM_BYTES) as ChecksumAlgorithm[];
  const found = names.find((name) => name === text);
  if (found !== undefined) return found;
  throw new InvalidArgumentError(`expected one of ${names.join(", ")}`);
}

function whom(text: string): "profile" | "devices" {
  if (text === "profile" || text === "devices") return text;
  throw new InvalidArgumentError("expected profile or devices");
}
