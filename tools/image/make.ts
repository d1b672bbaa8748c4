import type { Command } from "commander";
import { IMAGE_MAGIC } from "#agent/image/format.ts";
import { type MakeOptions, makeImage, type Signer } from "#agent/image/make.ts";
import { IMAGE_BYTES_MAX } from "#agent/image/verify.ts";
import { formatVersion, type ImageVersion, parseVersion } from "#agent/image/version.ts";
import { NodeCrypto } from "#hal/node/crypto.ts";
import { InputError } from "#tools/errors.ts";
import { integer } from "./integer.ts";
import { classIdOf, vendorIdOf } from "./uuid.ts";

/** Options of a payload that becomes an image. */
export interface PayloadFlags {
  readonly version?: ImageVersion;
  readonly securityCounter?: number | "auto";
  readonly vid?: string;
  readonly cid?: string;
  readonly headerSize?: number;
  readonly headerRoom?: true;
  readonly slotSize?: number;
}

const HEADER_BYTES_MIN = 32;
const HEADER_BYTES_MAX = 0xffff;

export function addPayloadOptions(command: Command): Command {
  const counter = integer("--security-counter", 0, 0xffff_ffff);
  return command
    .option("--version <v>", "major.minor.revision+build", versionOption("--version"))
    .option(
      "--security-counter <n>",
      "lowest counter a device may have seen; auto derives it from the version",
      (text) => (text === "auto" ? text : counter(text)),
    )
    .option("--vid <id>", "vendor: a UUID, or a domain name")
    .option("--cid <id>", "class of devices: a UUID, or a name that --vid makes unique")
    .option(
      "--header-size <bytes>",
      "where the payload starts, from 32",
      integer("--header-size", HEADER_BYTES_MIN, HEADER_BYTES_MAX),
    )
    .option("--header-room", "the file begins with --header-size zero bytes for the header")
    .option(
      "--slot-size <bytes>",
      "refuses an image that is larger",
      integer("--slot-size", 1, IMAGE_BYTES_MAX),
    );
}

/** Parser of an option that is a version. Throws `InputError`. */
export function versionOption(name: string): (text: string) => ImageVersion {
  return (text) => {
    const parsed = parseVersion(text);
    if (parsed !== undefined) return parsed;
    throw new InputError(
      `${name}: ${text} is not major.minor.revision+build (at most 255.255.65535+4294967295)`,
    );
  };
}

/** Reads `--cid`. Throws `InputError`. */
export function classOf(text: string, vendorId: Uint8Array | undefined): Uint8Array {
  const classId = classIdOf(text, vendorId);
  if (classId !== undefined) return classId;
  throw new InputError(`--cid: ${text} is not a UUID; a name needs --vid beside it`);
}

/** Whether a file begins like an MCUboot image. */
export function isImage(bytes: Uint8Array): boolean {
  return bytes.length >= 4 && Buffer.from(bytes).readUInt32LE(0) === IMAGE_MAGIC;
}

/** Wraps a payload read from `path`. Throws `InputError`. */
export function imageOfPayload(
  payload: Uint8Array,
  path: string,
  flags: PayloadFlags,
  signer: Signer,
): Uint8Array {
  if (flags.version === undefined) throw new InputError("--version is missing, such as 1.0.0");
  const headerBytes = flags.headerSize ?? HEADER_BYTES_MIN;
  const payloadHasRoom = flags.headerRoom === true;
  if (payloadHasRoom) requireRoom(payload, path, headerBytes);
  const vendorId = flags.vid === undefined ? undefined : vendorIdOf(flags.vid);
  const classId = flags.cid === undefined ? undefined : classOf(flags.cid, vendorId);
  const options: MakeOptions = {
    version: formatVersion(flags.version),
    headerBytes,
    payloadHasRoom,
    ...(flags.securityCounter === undefined ? {} : { securityCounter: flags.securityCounter }),
    ...(vendorId === undefined ? {} : { vendorId }),
    ...(classId === undefined ? {} : { classId }),
  };
  return makeImage(payload, options, signer, new NodeCrypto());
}

function requireRoom(payload: Uint8Array, path: string, headerBytes: number): void {
  const isRoom = payload.subarray(0, headerBytes).every((byte) => byte === 0);
  if (isRoom && payload.length > headerBytes) return;
  throw new InputError(
    `${path}: does not begin with ${headerBytes} zero bytes; drop --header-room or set --header-size`,
  );
}
