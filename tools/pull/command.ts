import { Command, InvalidArgumentError } from "commander";
import type { PullConfig } from "#agent/pull/config.ts";
import type { PullNote } from "#agent/pull/events.ts";
import type { PackageKind } from "#agent/pull/thingsboard.ts";
import { ThingsBoardHttp } from "#agent/pull/thingsboard-http.ts";
import { HttpClient } from "#hal/net/http-client.ts";
import { EXIT, InputError, RefusedError } from "#tools/errors.ts";
import { readPublicKey } from "#tools/public-key.ts";
import { integer, type RunParts } from "#tools/run/command.ts";
import { openDevice } from "./device-folder.ts";
import { LiveDevice } from "./live-device.ts";
import { noteText } from "./note-text.ts";

interface PullOptions {
  readonly url: string;
  readonly token?: string;
  readonly state: string;
  readonly key?: string;
  readonly bank: number;
  readonly title: string;
  readonly software?: true;
  readonly chunk: number;
  readonly poll: number;
  readonly longPoll?: true;
  readonly timeout: number;
  readonly once?: true;
}

const SECTOR_BYTES = 4096;
const BANK_BYTES_MAX = 16 * 1024 * 1024;
const CHUNK_BYTES_MAX = 1024 * 1024;
const GRANULE_BYTES = 8;
/** With `--once`: failures in a row that end it. */
const FAILURES_MAX = 5;

export function pullCommand(parts: RunParts): Command {
  return new Command("pull")
    .description("one device that takes its updates from a ThingsBoard, in chunks over HTTP")
    .requiredOption("--url <url>", "the server: http://host:port or https://host:port", serverUrl)
    .option("--token <token>", "the device's access token; else FUOTA_TOKEN")
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
    .option("--chunk <bytes>", "asked for at once, a multiple of 8", chunkBytes, 16_384)
    .option("--poll <s>", "between two questions what is assigned", integer(1, 86_400), 60)
    .option("--long-poll", "asks the server to tell of changes instead")
    .option("--timeout <ms>", "for an answer", integer(10, 600_000), 10_000)
    .option("--once", "ends when there is nothing left to do, or nothing came of it")
    .action(async (options: PullOptions) => {
      process.exitCode = await pull(options, parts);
    });
}

async function pull(options: PullOptions, parts: RunParts): Promise<number> {
  const { terminal, now } = parts;
  const token = options.token ?? process.env["FUOTA_TOKEN"] ?? "";
  if (token === "") throw new InputError("--token is missing, and FUOTA_TOKEN is not set");
  const stored = openDevice(options.state, () => {
    if (options.key !== undefined) {
      return { keys: [readPublicKey(options.key)], bankBytes: options.bank };
    }
    throw new InputError(`${options.state} holds no device yet: --key says who signs its images`);
  });
  const kind: PackageKind = options.software === true ? "sw" : "fw";
  const longPolls = options.longPoll === true && options.once !== true;
  const http = new HttpClient(options.url);
  const { signal, end } = parts.interruption();
  const startedMs = now();
  const say = (text: string) =>
    terminal.out(`${((now() - startedMs) / 1000).toFixed(1).padStart(7)} s  ${text}\n`);
  try {
    return await new Promise<number>((resolve, reject) => {
      const ending = new Ending(options, resolve, reject);
      const device = new LiveDevice(
        stored,
        configOf(options, stored.keys),
        () => new ThingsBoardHttp({ token, kind, longPolls }),
        http,
        {
          onNote: (note) => {
            say(noteText(note));
            ending.heard(note);
          },
          onIdle: () => ending.idle(),
          onBug: reject,
        },
      );
      ending.device = device;
      signal.addEventListener("abort", () => resolve(EXIT.interrupted));
      device.powerOn();
    });
  } finally {
    end();
    http.close();
    stored.flash.close();
  }
}

/** Decides when a device has come to its end, and how. */
class Ending {
  device: LiveDevice | undefined;
  readonly #options: PullOptions;
  readonly #resolve: (status: number) => void;
  readonly #reject: (error: Error) => void;
  #isRefused = false;
  #failures = 0;

  constructor(
    options: PullOptions,
    resolve: (status: number) => void,
    reject: (error: Error) => void,
  ) {
    this.#options = options;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  heard(note: PullNote): void {
    const { url, once } = this.#options;
    if (note.type === "noAnswer") this.#failures += 1;
    else if (note.type !== "denied") this.#failures = 0;
    if (note.type === "refused" || note.type === "offeredAgain") this.#isRefused = true;
    if (note.type === "denied" && note.cause === "credentials") {
      this.#end(() => this.#reject(new RefusedError(`${url}: ${note.detail}`)));
    } else if (note.type === "noAnswer" && once === true && this.#failures >= FAILURES_MAX) {
      this.#end(() => this.#reject(new RefusedError(`${url}: ${note.detail}`)));
    }
  }

  idle(): void {
    if (this.#options.once !== true) return;
    this.#end(() => this.#resolve(this.#isRefused ? EXIT.failed : EXIT.ok));
  }

  #end(how: () => void): void {
    this.device?.powerOff();
    how();
  }
}

function configOf(options: PullOptions, keys: PullConfig["image"]["keys"]): PullConfig {
  return {
    title: options.title,
    chunkBytes: options.chunk,
    answerTimeoutMs: options.timeout,
    backOff: { firstMs: 1000, maxMs: 300_000 },
    pollS: options.poll,
    startDelayMaxS: 0,
    trialDeadlineS: 600,
    image: { keys },
  };
}

function serverUrl(text: string): string {
  if (/^https?:\/\//.test(text) && URL.canParse(text)) return text;
  throw new InvalidArgumentError("expected http://host:port or https://host:port");
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
