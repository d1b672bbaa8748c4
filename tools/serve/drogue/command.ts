import { Command, InvalidArgumentError } from "commander";
import { HttpListener } from "#hal/net/http-server.ts";
import { NodeCrypto } from "#hal/node/crypto.ts";
import { Engine } from "#sim/kernel/engine.ts";
import { DrogueCloud } from "#sim/server/drogue/cloud.ts";
import { DrogueHttpEndpoint } from "#sim/server/drogue/http-endpoint.ts";
import { DROGUE_QUIRKS, type DrogueQuirk, isDrogueQuirk } from "#sim/server/drogue/quirks.ts";
import type { NewDevice } from "#sim/server/drogue/registry.ts";
import { makeFirmware, UpdateService } from "#sim/server/drogue/update-service.ts";
import { EXIT } from "#tools/errors.ts";
import { readInputFile } from "#tools/files.ts";
import { WallClock } from "#tools/fleet/wall-clock.ts";
import { integer, type RunParts } from "#tools/run/command.ts";
import { refusable } from "../refusable.ts";
import { storyOf } from "./story.ts";

interface DrogueOptions {
  readonly host: string;
  readonly port: number;
  readonly application: string;
  readonly device?: readonly NewDevice[];
  readonly devices: number;
  readonly package: string;
  readonly version: string;
  readonly name: string;
  readonly group?: string;
  readonly rollOutAfter: number;
  readonly checksum: boolean;
  readonly without?: readonly DrogueQuirk[];
}

const PACKAGE_BYTES_MAX = 64 * 1024 * 1024;

export function drogueCommand(parts: RunParts): Command {
  return new Command("drogue")
    .description("Drogue's endpoints and registry, with one firmware rolled out")
    .requiredOption("--package <file>", "bytes of the firmware, as they are")
    .requiredOption("--version <version>", "of the firmware")
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
    .option("--host <address>", "where to listen", "127.0.0.1")
    .option("--port <n>", "where to listen; 0 is any that is free", integer(0, 65_535), 8080)
    .option("--without <quirk>", `turns off one of ${Object.keys(DROGUE_QUIRKS).join(", ")}`, quirk)
    .action(async (options: DrogueOptions) => {
      process.exitCode = await serveDrogue(options, parts);
    });
}

async function serveDrogue(options: DrogueOptions, parts: RunParts): Promise<number> {
  const { terminal, now } = parts;
  const data = readInputFile(options.package, PACKAGE_BYTES_MAX);
  const startedMs = now();
  const say = (text: string) =>
    terminal.out(`${((now() - startedMs) / 1000).toFixed(1).padStart(7)} s  ${text}\n`);
  const engine = new Engine();
  const clock = new WallClock(engine, 0);
  const cloud = new DrogueCloud({ scheduler: engine, originUnixMs: Date.now() });
  const devices = devicesOf(options);
  for (const one of devices) cloud.registry.addDevice(options.application, one);
  const service = new UpdateService(cloud, {
    quirks: Object.fromEntries((options.without ?? []).map((name) => [name, false])),
    onStatus: storyOf(say),
  });
  const { name, version, group, application } = options;
  const made = makeFirmware({ name, version, data }, new NodeCrypto());
  service.publish(options.checksum ? made : { ...made, checksum: new Uint8Array(0) });
  const endpoint = new DrogueHttpEndpoint(cloud);
  const listener = await refusable(
    HttpListener.open(options.host, options.port, (request, respond) => {
      clock.sync();
      return endpoint.handle(request, respond);
    }),
  );
  const { signal, end } = parts.interruption();
  try {
    terminal.out(
      `Drogue's endpoints at ${listener.url} for ${devices.length} devices of ${application}\n`,
    );
    terminal.out(`${name} ${version}, ${data.length} bytes\n`);
    const rollOut = () => cloud.registry.rollOut(application, { file: { name } }, group);
    engine.schedule(options.rollOutAfter * 1_000_000, rollOut);
    const stopped = new Promise<void>((resolve) => {
      signal.addEventListener("abort", () => resolve());
    });
    await Promise.race([stopped, clock.run()]);
    return EXIT.interrupted;
  } finally {
    end();
    clock.stop();
    await listener.close();
  }
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

function quirk(text: string, before: readonly DrogueQuirk[] = []): readonly DrogueQuirk[] {
  if (isDrogueQuirk(text)) return [...before, text];
  throw new InvalidArgumentError(`expected one of ${Object.keys(DROGUE_QUIRKS).join(", ")}`);
}
