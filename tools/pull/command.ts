import { Command, InvalidArgumentError, Option } from "commander";
import type { PullConfig } from "#agent/pull/config.ts";
import { DROGUE_FRAME_PIECE_BYTES } from "#agent/pull/drogue-frame.ts";
import type { CoapBlockBytes, PullNote } from "#agent/pull/events.ts";
import { noteText } from "#sim/pull/note-text.ts";
import { InputError } from "#tools/errors.ts";
import { isLine, lineTarget } from "#tools/line.ts";
import { readPublicKey } from "#tools/public-key.ts";
import { integer, type RunParts } from "#tools/run/command.ts";
import { type ConnectionOptions, connectionOf, gatewayOf } from "./connection.ts";
import { openDevice, type StoredDevice } from "./device-folder.ts";
import { type ListedDevice, readDeviceList } from "./device-list.ts";
import { runErrand, STATUSES } from "./ending.ts";
import { pullFleet } from "./fleet.ts";

interface PullOptions extends ConnectionOptions {
  readonly state: string;
  readonly devices?: string;
  readonly key?: string;
  readonly bank: number;
  readonly title: string;
  readonly chunk?: number;
  readonly poll: number;
  readonly timeout: number;
  readonly backOff: number;
  readonly once?: true;
  readonly needsChecksum?: true;
}

const URL_HELP =
  "the server: http:, https:, mqtt:, mqtts: or coap://host:port; or drgdfu's line: serial:/dev/ttyUSB0, tcp://host:port, pty:/tmp/link";
const SECTOR_BYTES = 4096;
const BANK_BYTES_MAX = 16 * 1024 * 1024;
const CHUNK_BYTES_MAX = 1024 * 1024;
const CHUNK_BYTES_DEFAULT = 16_384;
const MQTT_CHUNK_BYTES_MAX = 65_536;
const COAP_CHUNK_BYTES_MAX = 1024;
const BLOCK_BYTES: readonly CoapBlockBytes[] = [16, 32, 64, 128, 256, 512, 1024];
const GRANULE_BYTES = 8;
const BACK_OFF_MAX_MS = 300_000;

export function pullCommand(parts: RunParts): Command {
  const command = new Command("pull")
    .description(
      "one device that takes its updates from a ThingsBoard or a Drogue, in chunks over HTTP, MQTT, CoAP or a serial line",
    )
    .requiredOption("--url <url>", URL_HELP, serverUrl)
    .addOption(
      new Option(
        "--dialect <name>",
        "whose language the server speaks: documented is ThingsBoard's as a document has it",
      )
        .choices(["thingsboard", "documented", "drogue"])
        .default("thingsboard"),
    )
    .option("--token <token>", "the device's access token; else FUOTA_TOKEN")
    .option(
      "--devices <file>",
      "many devices, listed by fuota provision thingsboard --list; of Drogue, children of this gateway",
    )
    .requiredOption("--state <folder>", "the device: its flash and keys; made when it is not there")
    .option("--key <pem>", "for a new device: the public key that signs its images")
    .option(
      "--bank <bytes>",
      "for a new device: size of each of its two banks",
      bankBytes,
      2_097_152,
    )
    .option("--title <title>", "of its packages on the server", "fw")
    .option("--software", "takes software packages (sw_) instead of firmware")
    .option(
      "--chunk <bytes>",
      "asked for at once, a multiple of 8 (default: 16384; 1024 by CoAP without --block; 968 on a line)",
      chunkBytes,
    )
    .option("--block <bytes>", "by CoAP: takes chunks in blocks of 16, 32, … or 1024", blockBytes)
    .option(
      "--username <name>",
      "by MQTT: instead of a token, with FUOTA_PASSWORD; to Drogue: device@application",
    )
    .option("--client-id <id>", "by MQTT: instead of a token, or beside a user name")
    .option("--cert <pem>", "by mqtts: the device's certificate, instead of a token")
    .option("--cert-key <pem>", "its private key")
    .option("--ca <pem>", "by mqtts: whom the device trusts instead of the system's authorities")
    .option("--as <device>", "to Drogue: on behalf of this device, as its gateway")
    .addOption(
      new Option("--cbor <spelling>", "to Drogue: how fields are called")
        .choices(["packed", "named"])
        .default("packed"),
    )
    .option("--baud <rate>", "of a serial line", integer(300, 4_000_000), 115_200)
    .option("--needs-checksum", "refuses firmware of which Drogue tells no checksum")
    .option("--once", "ends when there is nothing left to do, or nothing came of it")
    .action(async (options: PullOptions) => {
      process.exitCode = await pull(options, parts);
    });
  return withWaitingOptions(command);
}

/** When it asks, and how long it waits. */
function withWaitingOptions(command: Command): Command {
  return command
    .option("--poll <s>", "between two questions what is assigned", integer(1, 86_400), 60)
    .option("--long-poll", "by HTTP: asks the server to tell of changes instead")
    .option("--observe", "by CoAP: observes what is assigned instead")
    .option("--timeout <ms>", "for an answer", integer(10, 600_000), 10_000)
    .option(
      "--back-off <ms>",
      "after a failure; doubled after each one more, up to five minutes",
      integer(1, BACK_OFF_MAX_MS),
      1000,
    );
}

async function pull(options: PullOptions, parts: RunParts): Promise<number> {
  const chunkBytes = chunkBytesOf(options);
  const fresh = () => {
    if (options.key !== undefined) {
      return { keys: [readPublicKey(options.key)], bankBytes: options.bank };
    }
    throw new InputError(`${options.state} holds no device yet: --key says who signs its images`);
  };
  const { url, state: folder, once = false } = options;
  const configFor = ({ keys }: StoredDevice) => configOf(options, chunkBytes, keys);
  if (options.devices !== undefined && isLine(url)) {
    throw new InputError("--devices: a line has one device");
  }
  if (options.devices !== undefined) {
    const isDrogue = options.dialect === "drogue";
    const gateway = isDrogue ? gatewayOf(options) : undefined;
    const devices = readDeviceList(options.devices, !isDrogue);
    const { poll: pollS } = options;
    const fleet = { url, once, pollS, folder, devices, fresh, configOf: configFor };
    const ofDevice = ({ name, token }: ListedDevice) =>
      gateway === undefined ? connectionOf({ ...options, token }) : gateway(name);
    return await pullFleet({ ...fleet, connectionOf: ofDevice }, parts);
  }
  const { terminal, now } = parts;
  const connection = connectionOf(options);
  const stored = openDevice(folder, fresh);
  const interruption = parts.interruption();
  const { signal } = interruption;
  const startedMs = now();
  const say = (text: string) =>
    terminal.out(`${((now() - startedMs) / 1000).toFixed(1).padStart(7)} s  ${text}\n`);
  try {
    const onNote = (note: PullNote) => say(noteText(note));
    const config = configFor(stored);
    const end = await runErrand({ url, once, stored, config, connection, signal, onNote });
    if (end === "untold") say("the server offers nothing");
    return STATUSES[end];
  } finally {
    interruption.end();
    connection.close();
    stored.flash.close();
  }
}

/** Throws `InputError`. */
function chunkBytesOf({ dialect, url, block, chunk }: PullOptions): number {
  const fullBytes = isLine(url) ? DROGUE_FRAME_PIECE_BYTES : CHUNK_BYTES_DEFAULT;
  if (dialect === "drogue") return chunk ?? fullBytes;
  const isDatagram = /^coap/.test(url) && block === undefined;
  const { max, how } = isDatagram
    ? { max: COAP_CHUNK_BYTES_MAX, how: "CoAP without --block" }
    : { max: MQTT_CHUNK_BYTES_MAX, how: "MQTT" };
  const bytes = chunk ?? (isDatagram ? COAP_CHUNK_BYTES_MAX : CHUNK_BYTES_DEFAULT);
  if (bytes <= max || !(isDatagram || /^mqtt/.test(url))) return bytes;
  throw new InputError(`--chunk: at most ${max} bytes by ${how}`);
}

function configOf(
  options: PullOptions,
  chunkBytes: number,
  keys: PullConfig["image"]["keys"],
): PullConfig {
  return {
    title: options.title,
    chunkBytes,
    answerTimeoutMs: options.timeout,
    backOff: { firstMs: options.backOff, maxMs: BACK_OFF_MAX_MS },
    pollS: options.poll,
    startDelayMaxS: 0,
    trialDeadlineS: 600,
    image: { keys },
    ...(options.needsChecksum === undefined ? {} : { needsChecksum: options.needsChecksum }),
  };
}

function serverUrl(text: string): string {
  if (isLine(text)) {
    lineTarget(text);
    return text;
  }
  if (/^((http|mqtt)s?|coap):\/\/[^/]/.test(text) && URL.canParse(text)) return text;
  throw new InvalidArgumentError("expected http:, https:, mqtt:, mqtts: or coap://host:port");
}

function bankBytes(text: string): number {
  const bytes = integer(SECTOR_BYTES, BANK_BYTES_MAX)(text);
  if (bytes % SECTOR_BYTES === 0) return bytes;
  throw new InvalidArgumentError(`expected a multiple of ${SECTOR_BYTES}`);
}

function chunkBytes(text: string): number {
  const bytes = integer(GRANULE_BYTES, CHUNK_BYTES_MAX)(text);
  if (bytes % GRANULE_BYTES === 0) return bytes;
  throw new InvalidArgumentError(`expected a multiple of ${GRANULE_BYTES}`);
}

function blockBytes(text: string): CoapBlockBytes {
  const found = BLOCK_BYTES.find((bytes) => String(bytes) === text);
  if (found !== undefined) return found;
  throw new InvalidArgumentError(`expected one of ${BLOCK_BYTES.join(", ")}`);
}
