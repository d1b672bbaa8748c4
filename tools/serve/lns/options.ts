import type { Command } from "commander";
import type { LnsAddress } from "#hal/net/lns-events.ts";
import { NodeCrypto } from "#hal/node/crypto.ts";
import type { ResolvedScenario } from "#scenarios/defaults.ts";
import { makeFirmware } from "#sim/fleet/firmware.ts";
import { InputError } from "#tools/errors.ts";
import { readInputFile } from "#tools/files.ts";
import { collected, integer, type RunParts } from "#tools/run/command.ts";
import { signerOf } from "#tools/run/images.ts";
import { prepare } from "#tools/run/prepare.ts";
import { preparedRun } from "#tools/run/prepared.ts";
import { loadScenario, withSettings } from "#tools/scenario/load.ts";
import { parseSetting } from "#tools/scenario/settings.ts";
import { checkServed } from "./check.ts";

export interface LnsOptions {
  readonly devices: string;
  readonly firmware?: string;
  readonly key?: string;
  readonly asIs?: boolean;
  readonly seed?: number;
  readonly set?: readonly string[];
  readonly udp?: number;
  readonly station?: number;
  readonly host: string;
  readonly power: number;
  readonly startAfter?: number;
  readonly sessionCnt: number;
  /** Commander: true unless --no-questions. */
  readonly questions: boolean;
  readonly json?: string;
}

const UDP_PORT = 1700;
const FIRMWARE_BYTES_MAX = 8_388_608;

export function withLnsOptions(command: Command): Command {
  return command
    .argument("<scenario>", "region and campaign: a scenario file, or the name of a shipped one")
    .requiredOption("--devices <file>", "their keys, as fuota provision csv or json writes them")
    .option("--firmware <file>", "send this file instead of a generated image")
    .option("--key <pem>", "public key that has signed --firmware; without it, it is signed here")
    .option("--as-is", "send --firmware whatever it is, byte for byte")
    .option("--seed <n>", "decides the generated image and its key", integer(0, 4_294_967_295))
    .option("--set <key=value>", "changes a key of the scenario; again for more", collected)
    .option("--udp <port>", "for gateways that speak Semtech UDP; 1700 if no port is named", port)
    .option("--station <port>", "for LoRa Basics Stations: ws://HOST:PORT", port)
    .option("--host <address>", "address to listen on; 0.0.0.0 is all of them", "127.0.0.1")
    .option("--power <dbm>", "what Semtech UDP gateways send with", integer(0, 30), 14)
    .option(
      "--start-after <s>",
      "starts the campaign then; else when all have joined and know the time, or on Enter",
      integer(0, 86_400),
    )
    .option("--no-questions", "does not ask the devices what a campaign never asks")
    .option("--session-cnt <n>", "SessionCnt to begin with (TS004 v2)", integer(0, 65_535), 0)
    .option("--json <file>", "writes the grades; - is standard output");
}

const port = integer(0, 65_535);

export interface PreparedLns {
  readonly scenario: ResolvedScenario;
  /** What is sent. */
  readonly image: Uint8Array;
  readonly udp: LnsAddress | undefined;
  readonly station: LnsAddress | undefined;
}

/** Throws `InputError`. */
export function prepareLns(source: string, options: LnsOptions, parts: RunParts): PreparedLns {
  const loaded = withSettings(loadScenario(source), (options.set ?? []).map(parseSetting));
  const { asIs = false, firmware: file } = options;
  const run = asIs
    ? prepare(loaded, { ...parts, firmware: opaque(file, options.key) })
    : preparedRun(loaded, { ...ofFirmware(options), repeat: 1 }, parts);
  const { resolved } = run;
  const problem = checkServed(resolved);
  if (problem !== undefined) throw new InputError(loaded.locate(problem));
  const { firmware, seed } = resolved;
  const signer = signerOf(seed, firmware.signature);
  const image =
    asIs && run.firmware !== undefined
      ? run.firmware.bytes
      : makeFirmware(firmware, seed, signer, new NodeCrypto(), run.firmware).sent;
  return { scenario: resolved, image, ...addressesOf(options) };
}

function ofFirmware({ firmware, key, seed }: LnsOptions) {
  return {
    ...(firmware === undefined ? {} : { firmware }),
    ...(key === undefined ? {} : { key }),
    ...(seed === undefined ? {} : { seed }),
  };
}

/** Nobody looks into it. */
function opaque(source: string | undefined, key: string | undefined) {
  if (source === undefined) throw new InputError("--as-is says how to send --firmware; give both");
  if (key !== undefined) throw new InputError("--as-is and --key: nobody looks for a signature");
  const bytes = readInputFile(source, FIRMWARE_BYTES_MAX);
  if (bytes.length === 0) throw new InputError(`${source}: is empty`);
  const supplied = { bytes, trusted: [] };
  return { source, form: "payload", supplied, imageBytes: bytes.length } as const;
}

function addressesOf({ udp, station, host }: LnsOptions) {
  const at = (port: number | undefined) => (port === undefined ? undefined : { host, port });
  if (udp === undefined && station === undefined) return { udp: at(UDP_PORT), station: undefined };
  return { udp: at(udp), station: at(station) };
}
