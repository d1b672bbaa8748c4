import { Command, Option } from "commander";
import { explainCommands, plural } from "./decode/explain.ts";
import { explainFrame } from "./decode/frame.ts";
import {
  type CommandLanguage,
  type Direction,
  MAC_COMMANDS,
  PACKAGES,
  type PackageVersion,
  packageVersions,
} from "./decode/packages.ts";
import { EXIT, InputError } from "./errors.ts";
import type { Terminal } from "./terminal.ts";

interface DecodeOptions {
  readonly port?: number;
  readonly direction: Direction;
  readonly version: PackageVersion;
  readonly appSKey?: Uint8Array;
  readonly nwkSKey?: Uint8Array;
  readonly fCntHigh: number;
}

/** The longest PHYPayload there is. */
const BYTES_MAX = 255;
const KEY_BYTES = 16;

/** `fuota decode`: a frame, or a payload of TS003 to TS006, in words. */
export function decodeCommand(terminal: Terminal): Command {
  return new Command("decode")
    .description("explains a LoRaWAN frame or a TS003-TS006 payload in words")
    .argument("<hex...>", "a PHYPayload; with --port an application payload in clear")
    .option("--port <n>", "the bytes are the payload of this FPort", integer("--port", 255))
    .addOption(
      new Option("--direction <way>", "of a payload: down is to the device")
        .choices(["down", "up"])
        .default("down"),
    )
    .addOption(
      new Option("--version <v>", "of TS004 and TS005; chirpstack is v2 as ChirpStack v4 wants it")
        .choices(packageVersions)
        .default("v2"),
    )
    .option("--app-s-key <hex>", "decrypts; McAppSKey for a multicast frame", key("--app-s-key"))
    .option("--nwk-s-key <hex>", "checks the MIC; McNwkSKey for multicast", key("--nwk-s-key"))
    .option(
      "--f-cnt-high <n>",
      "upper 16 bits of the frame counter",
      integer("--f-cnt-high", 65_535),
      0,
    )
    .action((words: string[], options: DecodeOptions) => {
      const bytes = hexBytes(words.join(""), "HEX");
      if (options.port === undefined) decodeFrame(bytes, options, terminal);
      else decodePayload(bytes, languageOf(options.port), options.direction, options, terminal);
    });
}

function decodeFrame(phy: Uint8Array, options: DecodeOptions, terminal: Terminal): void {
  const { appSKey, nwkSKey, fCntHigh } = options;
  const frame = explainFrame(phy, { appSKey, nwkSKey, fCntHigh });
  terminal.out(`${frame.lines.join("\n")}\n`);
  if (frame.isMicWrong) process.exitCode = EXIT.failed;
  const { direction, fOpts, payload } = frame;
  if (fOpts.length > 0) decodePayload(fOpts, MAC_COMMANDS, direction, options, terminal);
  const language = payload && PACKAGES.get(payload.fPort);
  if (payload === undefined || language === undefined) return;
  decodePayload(payload.bytes, language, direction, options, terminal);
}

/** Says what it understood before it complains about the rest. */
function decodePayload(
  payload: Uint8Array,
  language: CommandLanguage,
  direction: Direction,
  { version }: DecodeOptions,
  terminal: Terminal,
): void {
  const { lines, problem } = explainCommands(payload, language.setOf(direction, version));
  const way = direction === "up" ? "device to server" : "server to device";
  const title = `${language.title}, ${way}, ${plural(payload.length, "byte")}`;
  if (lines.length > 0) terminal.out(`${[title, ...lines].join("\n")}\n`);
  if (problem !== undefined) throw problem;
}

function languageOf(fPort: number): CommandLanguage {
  const language = PACKAGES.get(fPort);
  if (language !== undefined) return language;
  const known = [...PACKAGES.keys()].join(", ");
  throw new InputError(`--port: nothing is known of FPort ${fPort}; known are ${known}`);
}

function hexBytes(text: string, name: string): Uint8Array {
  const digits = text.replace(/[\s:,-]|0x/gi, "");
  if (digits === "") throw new InputError(`${name}: no bytes`);
  if (!/^[0-9a-f]*$/i.test(digits)) throw new InputError(`${name}: not hexadecimal`);
  if (digits.length % 2 !== 0) throw new InputError(`${name}: an odd number of digits`);
  if (digits.length > 2 * BYTES_MAX) {
    throw new InputError(`${name}: more than the ${BYTES_MAX} bytes a frame can have`);
  }
  return Uint8Array.from(Buffer.from(digits, "hex"));
}

function key(name: string): (text: string) => Uint8Array {
  return (text) => {
    const bytes = hexBytes(text, name);
    if (bytes.length === KEY_BYTES) return bytes;
    throw new InputError(`${name}: ${plural(bytes.length, "byte")}, a key has ${KEY_BYTES}`);
  };
}

function integer(name: string, max: number): (text: string) => number {
  return (text) => {
    const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
    if (value <= max) return value;
    throw new InputError(`${name}: ${JSON.stringify(text)} is not an integer in 0..${max}`);
  };
}
