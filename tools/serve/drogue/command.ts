import { Command, InvalidArgumentError } from "commander";
import { DROGUE_COAP_OPTION } from "#agent/pull/drogue.wire.ts";
import { CoapListener } from "#hal/net/coap-server.ts";
import { HttpListener } from "#hal/net/http-server.ts";
import { MqttListener } from "#hal/net/mqtt-server.ts";
import { NodeCrypto } from "#hal/node/crypto.ts";
import { SystemEntropy } from "#hal/node/entropy.ts";
import { Engine } from "#sim/kernel/engine.ts";
import { DrogueCloud } from "#sim/server/drogue/cloud.ts";
import { drogueCoapEndpoint } from "#sim/server/drogue/coap-endpoint.ts";
import { DrogueHttpEndpoint } from "#sim/server/drogue/http-endpoint.ts";
import { DrogueMqttEndpoint } from "#sim/server/drogue/mqtt-endpoint.ts";
import {
  DRGDFU_QUIRKS,
  DROGUE_QUIRKS,
  type DrgdfuQuirk,
  type DrogueQuirk,
} from "#sim/server/drogue/quirks.ts";
import type { NewDevice } from "#sim/server/drogue/registry.ts";
import { DrogueRegistryApi, REGISTRY_ROOT } from "#sim/server/drogue/registry-api.ts";
import { type Firmware, makeFirmware, UpdateService } from "#sim/server/drogue/update-service.ts";
import type { MqttConnection } from "#sim/server/thingsboard/mqtt-session.ts";
import { EXIT, InputError } from "#tools/errors.ts";
import { readInputFile } from "#tools/files.ts";
import { WallClock } from "#tools/fleet/wall-clock.ts";
import { type LineTarget, lineTarget } from "#tools/line.ts";
import { integer, type RunParts } from "#tools/run/command.ts";
import { type ListeningOptions, withListeningOptions } from "../listening.ts";
import { refusable } from "../refusable.ts";
import { FIRMWARE_BYTES_MAX, findInIndex, writeFileIndex } from "./file-index.ts";
import { SerialServer } from "./serial-server.ts";
import { storyOf } from "./story.ts";
import { joinBroker } from "./update-broker.ts";

type AnyQuirk = DrogueQuirk | DrgdfuQuirk;
const ANY_QUIRK = Object.keys({ ...DROGUE_QUIRKS, ...DRGDFU_QUIRKS }) as readonly AnyQuirk[];

interface DrogueOptions extends ListeningOptions {
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
  readonly user: string;
  readonly userToken: string;
  readonly without?: readonly AnyQuirk[];
}

export function drogueCommand(parts: RunParts): Command {
  return withListeningOptions(new Command("drogue"))
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
    } else answerFrom(cloud, firmware, options);
    const urls: string[] = [];
    for (const listener of await listen(options, cloud, clock)) {
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
): void {
  const quirks = Object.fromEntries(without.map((name) => [name, false]));
  const find = index === undefined ? {} : { find: (name: string) => findInIndex(index, name) };
  const service = new UpdateService(cloud, { quirks, ...find });
  if (firmware !== undefined) service.publish(firmware);
}

async function listen(
  { host, port, mqtt, coap, user, userToken }: DrogueOptions,
  cloud: DrogueCloud,
  clock: WallClock,
): Promise<readonly (HttpListener | MqttListener | CoapListener)[]> {
  const endpoint = new DrogueHttpEndpoint(cloud);
  const registry = new DrogueRegistryApi(cloud.registry, { user, token: userToken });
  const open: (HttpListener | MqttListener | CoapListener)[] = [];
  try {
    const http = HttpListener.open(host, port, (request, respond) => {
      clock.sync();
      const isRegistry = request.path.startsWith(REGISTRY_ROOT);
      return (isRegistry ? registry : endpoint).handle(request, respond);
    });
    open.push(await refusable(http));
    if (mqtt !== undefined) {
      const newSession = (connection: MqttConnection) => {
        clock.sync();
        return new DrogueMqttEndpoint(cloud, connection);
      };
      open.push(await refusable(MqttListener.open(host, mqtt, newSession)));
    }
    if (coap !== undefined) open.push(await refusable(listenForCoap(host, coap, cloud, clock)));
    return open;
  } catch (error) {
    for (const one of open) await one.close();
    throw error;
  }
}

function listenForCoap(host: string, port: number, cloud: DrogueCloud, clock: WallClock) {
  const newHearer: Parameters<typeof CoapListener.open>[2] = (say) => {
    const endpoint = drogueCoapEndpoint(cloud, new SystemEntropy(), say);
    return (from, message) => {
      clock.sync();
      endpoint.receive(from, message);
    };
  };
  return CoapListener.open(host, port, newHearer, [DROGUE_COAP_OPTION.authorization]);
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
