import { Command, Option } from "commander";
import type { DialectName } from "#hal/serial/dialect.ts";
import { DIALECTS } from "#hal/serial/dialects/by-name.ts";
import type { RegionName } from "#scenarios/regions/region.ts";
import { REGIONS, regionOf } from "#scenarios/regions/regions.ts";
import { bytesFrom } from "#sim/modem/hex-text.ts";
import { EXIT, InputError } from "#tools/errors.ts";
import { readInputFile } from "#tools/files.ts";
import { hexBytes } from "#tools/modem/hex-option.ts";
import { openerOf, type PortTarget, portTarget } from "#tools/probe/port-target.ts";
import { readPublicKey } from "#tools/public-key.ts";
import { collected, integer, type RunParts } from "#tools/run/command.ts";
import { openDeviceState } from "./device-state.ts";
import { hardResetOf } from "./hard-reset.ts";
import { openLineLog } from "./line-log.ts";
import { Operator } from "./operator.ts";
import { RunningDevice } from "./run-device.ts";
import { selfTestOf } from "./self-test.ts";

interface DeviceOptions {
  readonly port: PortTarget;
  readonly state: string;
  readonly key: readonly string[];
  readonly firmware?: string;
  readonly bankKib: number;
  readonly baud?: number;
  readonly dialect?: DialectName;
  readonly region: RegionName;
  readonly dr?: number;
  readonly devEui: Uint8Array;
  readonly joinEui: Uint8Array;
  readonly packages: "v1" | "v2";
  readonly heartbeat: number;
  readonly exec?: string;
  readonly resetExec?: string;
  readonly log?: string;
}

const FIRMWARE_BYTES_MAX = 8_388_608;

export function deviceCommand(parts: RunParts): Command {
  return new Command("device")
    .description("a reference end device on a LoRa modem")
    .requiredOption("--port <port>", "serial port of the modem, or tcp://host:port", portTarget)
    .requiredOption("--state <folder>", "flash and boot record: what it remembers")
    .requiredOption("--dev-eui <hex>", "as the network knows it", hexBytes(8))
    .requiredOption("--join-eui <hex>", "of its network", hexBytes(8))
    .requiredOption("--key <pem>", "public key of images that it takes; again for more", collected)
    .option("--firmware <file>", "signed image that it starts with; needed once")
    .option("--bank-kib <n>", "room for an image, when the state is made", integer(8, 8192), 256)
    .option("--baud <rate>", "of the port; else found", integer(1200, 4_000_000))
    .addOption(new Option("--dialect <name>", "refuse every other").choices(Object.keys(DIALECTS)))
    .addOption(
      new Option("--region <name>", "where it is")
        .choices(REGIONS.map(({ name }) => name))
        .default("EU868"),
    )
    .option("--dr <n>", "data rate of uplinks; else the region's usual one", integer(0, 15))
    .addOption(
      new Option("--packages <v>", "TS003, TS004, TS005").choices(["v1", "v2"]).default("v1"),
    )
    .option("--heartbeat <s>", "between two uplinks of its own", integer(10, 86_400), 60)
    .option("--exec <command>", "self-test of a new image: FUOTA_IMAGE is its file")
    .option("--reset-exec <command>", "resets a dead modem by its reset pin or its power")
    .option("--log <file>", "appends what happens as JSON lines; - for standard output")
    .addHelpText(
      "after",
      "\nFUOTA_APP_KEY is its AppKey, FUOTA_GEN_APP_KEY its GenAppKey; without it, AppKey is.",
    )
    .action(async (options: DeviceOptions) => {
      process.exitCode = await runDevice(options, parts);
    });
}

async function runDevice(options: DeviceOptions, parts: RunParts): Promise<number> {
  const { state: folder, firmware, port, baud, dialect, region: name } = options;
  const appKey = keyFrom("FUOTA_APP_KEY");
  if (appKey === undefined) throw new InputError("FUOTA_APP_KEY is not set: it is the AppKey");
  const region = regionOf(name);
  const dr = options.dr ?? region.usual.uplinkDr;
  if (region.uplinkRates[dr] === undefined) throw new InputError(`${name} has no DR${dr}`);
  const keys = options.key.map(readPublicKey);
  const state = openDeviceState({
    folder,
    keys,
    firmware: firmware === undefined ? undefined : readInputFile(firmware, FIRMWARE_BYTES_MAX),
    bankBytes: options.bankKib * 1024,
  });
  const { terminal } = parts;
  const complain = (text: string) => terminal.err(`fuota: ${text}\n`);
  const log =
    options.log === undefined ? undefined : openLineLog(options.log, terminal.out, complain);
  const packages = options.packages === "v1" ? 1 : 2;
  const operator = new Operator({ terminal, packages, log, showsLines: options.log !== "-" });
  const { say, watch } = operator;
  const { signal, end } = parts.interruption();
  try {
    const device = new RunningDevice({
      state,
      keys,
      settings: { devEui: options.devEui, joinEui: options.joinEui, appKey, band: name, dr },
      rootSecret: keyFrom("FUOTA_GEN_APP_KEY") ?? appKey,
      regional: { region, subBand: undefined, dwell: { uplink: false, downlink: false } },
      packages,
      heartbeatS: options.heartbeat,
      link: {
        port: port.type === "tcp" ? `tcp://${port.host}:${port.port}` : port.path,
        open: openerOf(port, say),
        ...(options.resetExec !== undefined && {
          hardReset: hardResetOf(options.resetExec, say, signal),
        }),
        ...(baud !== undefined && { bauds: [baud] }),
        ...(dialect !== undefined && { dialect }),
      },
      selfTest: selfTestOf(options.exec, folder, state, say, signal),
      say,
      watch,
    });
    operator.start();
    await device.run(signal);
    return EXIT.ok;
  } finally {
    operator.stop();
    log?.close();
    end();
  }
}

/** Keys come by the environment: a command line can be read by everybody. */
function keyFrom(variable: string): Uint8Array | undefined {
  const text = process.env[variable];
  if (text === undefined || text === "") return undefined;
  const key = bytesFrom(text.replace(/[: -]/g, ""), 16);
  if (key === undefined) throw new InputError(`${variable} is not 32 hex digits`);
  return key;
}
