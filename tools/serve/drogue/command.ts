import { Command, InvalidArgumentError } from "commander";
import { NodeCrypto } from "#hal/node/crypto.ts";
import { Engine } from "#sim/kernel/engine.ts";
import { DrogueFaults } from "#sim/pull/drogue-faults.ts";
import { DrogueCloud } from "#sim/server/drogue/cloud.ts";
import {
  DRGDFU_QUIRKS,
  DROGUE_QUIRKS,
  type DrgdfuQuirk,
  type DrogueQuirk,
} from "#sim/server/drogue/quirks.ts";
import type { NewDevice } from "#sim/server/drogue/registry.ts";
import { type Firmware, makeFirmware, UpdateService } from "#sim/server/drogue/update-service.ts";
import { EXIT, InputError } from "#tools/errors.ts";
import { readInputFile } from "#tools/files.ts";
import { WallClock } from "#tools/fleet/wall-clock.ts";
import { type LineTarget, lineTarget } from "#tools/line.ts";
import { integer, type RunParts } from "#tools/run/command.ts";
import { type FaultOptions, withFaultOptions } from "../fault-option.ts";
import { type ListeningOptions, withListeningOptions } from "../listening.ts";
import { listenForDevices, type RegistryUser } from "./endpoints.ts";
import { FIRMWARE_BYTES_MAX, findInIndex, writeFileIndex } from "./file-index.ts";
import { SerialServer } from "./serial-server.ts";
import { storyOf } from "./story.ts";
import { joinBroker } from "./update-broker.ts";

type AnyQuirk = DrogueQuirk | DrgdfuQuirk;
const ANY_QUIRK = Object.keys({ ...DROGUE_QUIRKS, ...DRGDFU_QUIRKS }) as readonly AnyQuirk[];

interface DrogueOptions extends ListeningOptions, FaultOptions, RegistryUser {
  readonly application: string;
  readonly device?: readonly NewDevice[];
  readonly devices: number;
  readonly package?: string;
  readonly version?: string;
  readonly name: string;
  readonly group?: string;
  readonly rollOutAfter: number;
  readonly checksum: boolean;
  readonly serial?: LineTarget;
  readonly baud: number;
  readonly serialDevice?: string;
  readonly serialPause: number;
  readonly broker?: string;
  readonly index?: string;
  readonly without?: readonly AnyQuirk[];
}

export function drogueCommand(parts: RunParts): Command {
  return withFaultOptions(withListeningOptions(new Command("drogue")), "in the offsets of devices")
    .description("Drogue's endpoints and registry, with one firmware rolled out")
    .option("--package <file>", "bytes of the firmware, as they are")
    .option("--version <version>", "of the firmware")
    .option("--name <name>", "under which the registry refers to it", "app")
    .option("--no-checksum", "the server tells no checksum, as an index without one does")
    .option("--application <name>", "whose devices they are", "app1")
    .option(
      "--device <name[:password[:group[:gateway]]]>",
      "a device; without a password its name is it; again for more",
      device,
    )
    .option("--devices <n>", "more devices: device-1, device-2, …", integer(0, 100_000), 0)
    .option("--group <group>", "rolls out to the devices of this group only")
    .option("--roll-out-after <s>", "so long after the start", integer(0, 86_400), 0)
    .option(
      "--serial <port>",
      "is drgdfu there, too: /dev/ttyUSB0, tcp://host:port, or pty: and a path to make one",
      lineTarget,
    )
    .option("--baud <rate>", "of that line", integer(300, 4_000_000), 115_200)
    .option("--serial-device <name>", "which device is on that line; else the first")
    .option("--serial-pause <ms>", "between two commands on it", integer(1, 60_000), 1000)
    .option("--broker <url>", "leaves the answers to a drogue-ajour at this MQTT broker")
    .option(
      "--index <folder>",
      "drogue-ajour's file index: writes the firmware there, and gives all that lies in it",
    )
    .option("--user <name>", "who may read and write the registry", "admin")
    .option("--user-token <token>", "and how that is proved", "admin")
    .option("--without <quirk>", `turns off one of ${ANY_QUIRK.join(", ")}`, quirk)
    .action(async (options: DrogueOptions) => {
      process.exitCode = await serveDrogue(options, parts);
    });
}

async function serveDrogue(options: DrogueOptions, parts: RunParts): Promise<number> {
  const { terminal, now } = parts;
  const { application } = options;
  const firmware = firmwareOf(options);
  const faults = faultsOf(options);
  const startedMs = now();
  const say = (text: string) =>
    terminal.out(`${((now() - startedMs) / 1000).toFixed(1).padStart(7)} s  ${text}\n`);
  const engine = new Engine();
  const clock = new WallClock(engine, 0);
  const cloud = new DrogueCloud({ scheduler: engine, originUnixMs: Date.now() });
  const devices = devicesOf(options);
  for (const one of devices) cloud.registry.addDevice(application, one);
  cloud.onEvent(storyOf(say));
  const open: { close(): Promise<void> }[] = [];
  const { signal, end } = parts.interruption();
  try {
    if (options.broker !== undefined) {
      open.push(await joinBroker(options.broker, application, cloud));
    } else answerFrom(cloud, firmware, options, faults);
    const urls: string[] = [];
    for (const listener of await listenForDevices(options, { cloud, faults, clock })) {
      open.push(listener);
      urls.push(listener.url);
    }
    if (options.serial !== undefined) {
      const line = lineOptions(options, options.serial, cloud, devices);
      const server = await SerialServer.open(cloud, clock, line, say);
      open.push(server);
      urls.push(server.url);
    }
    const at = urls.join(" and ");
    terminal.out(`Drogue's endpoints at ${at} for ${devices.length} devices of ${application}\n`);
    if (firmware !== undefined) {
      const { name, version, data } = firmware;
      terminal.out(`${name} ${version}, ${data.length} bytes\n`);
      engine.schedule(options.rollOutAfter * 1_000_000, () => {
        cloud.registry.rollOut(application, { file: { name } }, options.group);
      });
    }
    const stopped = new Promise<void>((resolve) => {
      signal.addEventListener("abort", () => resolve());
    });
    await Promise.race([stopped, clock.run()]);
    return EXIT.interrupted;
  } finally {
    end();
    clock.stop();
    for (const one of open) await one.close();
  }
}

/** Throws `InputError`. */
function faultsOf({ broker, fault = [], chunk: chunkBytes }: DrogueOptions): DrogueFaults {
  if (broker !== undefined && fault.length > 0) {
    throw new InputError("--fault: with --broker it is a drogue-ajour that gives the firmware");
  }
  return new DrogueFaults({ server: { chunkFaults: fault }, chunkBytes });
}

/** Undefined: there is none but what lies in the index. Throws `InputError`. */
function firmwareOf(options: DrogueOptions): Firmware | undefined {
  const { name, version, package: path, index, checksum } = options;
  if (path === undefined && version === undefined && index !== undefined) return undefined;
  if (path === undefined || version === undefined) {
    throw new InputError("--package and --version go together; without them it takes --index");
  }
  const data = readInputFile(path, FIRMWARE_BYTES_MAX);
  const made = makeFirmware({ name, version, data }, new NodeCrypto());
  const firmware = checksum ? made : { ...made, checksum: new Uint8Array(0) };
  if (index !== undefined) writeFileIndex(index, firmware);
  return firmware;
}

function answerFrom(
  cloud: DrogueCloud,
  firmware: Firmware | undefined,
  { without = [], index }: DrogueOptions,
  faults: DrogueFaults,
): void {
  const quirks = Object.fromEntries(without.map((name) => [name, false]));
  const find = index === undefined ? {} : { find: (name: string) => findInIndex(index, name) };
  const onCommand: typeof faults.spoil = (...said) => faults.spoil(...said);
  const service = new UpdateService(cloud, { quirks, onCommand, ...find });
  if (firmware !== undefined) service.publish(firmware);
}

/** Throws `InputError`. */
function lineOptions(
  { application, baud, serialDevice, serialPause, without = [] }: DrogueOptions,
  target: LineTarget,
  { registry }: DrogueCloud,
  [first]: readonly NewDevice[],
) {
  const name = serialDevice ?? first?.name ?? "";
  const device = registry.device(application, name);
  if (device === undefined) throw new InputError(`--serial-device: there is no device ${name}`);
  const streams = !without.includes("streamsLine");
  return { target, baudRate: baud, device, streams, pauseMs: serialPause };
}

function devicesOf({ device: given = [], devices }: DrogueOptions): readonly NewDevice[] {
  const numbered = Array.from({ length: devices }, (_, index) => named(`device-${index + 1}`));
  const isGiven = ({ name }: NewDevice) => given.some((other) => other.name === name);
  const all = [...given, ...numbered.filter((one) => !isGiven(one))];
  return all.length === 0 ? [named("device-1")] : all;
}

function named(name: string): NewDevice {
  return { name, password: name };
}

function device(text: string, before: readonly NewDevice[] = []): readonly NewDevice[] {
  const [name = "", password = name, group = "", gateway = "", ...rest] = text.split(":");
  if (name === "" || /@/.test(name) || rest.length > 0) {
    throw new InvalidArgumentError(
      "expected name, name:password, name:password:group or …:gateway",
    );
  }
  if (before.some((other) => other.name === name)) throw new InvalidArgumentError("given twice");
  const made: NewDevice = {
    name,
    password: password === "" ? name : password,
    ...(group === "" ? {} : { group }),
    ...(gateway === "" ? {} : { gateways: [gateway] }),
  };
  return [...before, made];
}

function quirk(text: string, before: readonly AnyQuirk[] = []): readonly AnyQuirk[] {
  const found = ANY_QUIRK.find((name) => name === text);
  if (found !== undefined) return [...before, found];
  throw new InvalidArgumentError(`expected one of ${ANY_QUIRK.join(", ")}`);
}
