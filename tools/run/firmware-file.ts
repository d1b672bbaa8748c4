import { readerOf } from "#agent/image/reader.ts";
import { readStructure } from "#agent/image/structure.ts";
import type { Scenario } from "#scenarios/schema.ts";
import { InputError } from "#tools/errors.ts";
import { readInputFile } from "#tools/files.ts";
import { readPublicKey } from "#tools/public-key.ts";
import type { Terminal } from "#tools/terminal.ts";
import type { FirmwareSizes, SuppliedFirmware } from "./simulation.ts";

export interface FirmwareFile {
  /** As the user called it. */
  readonly source: string;
  readonly form: "payload" | "image";
  readonly supplied: SuppliedFirmware;
  /** Size of the image that is sent: that of the file, or more when it is wrapped. */
  readonly imageBytes: number;
}

/** Sizes of the signed image of a run, and of what is sent of it. */
export type FirmwareSizesOf = (
  scenario: Scenario,
  supplied: SuppliedFirmware | undefined,
) => FirmwareSizes;

export interface FirmwareOptions {
  readonly firmware?: string;
  readonly key?: string;
}

/** The largest bank a scenario can have. */
const FIRMWARE_BYTES_MAX = 8_388_608;
/** First word of an MCUboot image header, little-endian. */
const MCUBOOT_MAGIC = 0x96f3_b83d;

/** Undefined when no firmware file was named. Throws `InputError`. */
export function readFirmwareFile(
  { firmware: source, key }: FirmwareOptions,
  scenario: Scenario,
  firmwareSizesOf: FirmwareSizesOf,
  terminal: Terminal,
): FirmwareFile | undefined {
  if (source === undefined) {
    if (key !== undefined) throw new InputError("--key says who signed --firmware; give both");
    return undefined;
  }
  const bytes = readInputFile(source, FIRMWARE_BYTES_MAX);
  if (bytes.length === 0) throw new InputError(`${source}: is empty`);
  const isImage = bytes.length >= 4 && Buffer.from(bytes).readUInt32LE(0) === MCUBOOT_MAGIC;
  if (key !== undefined) {
    if (!isImage) throw new InputError(`${source}: is not an MCUboot image, so --key has no use`);
    if (scenario.firmware?.deltaPercent !== undefined) requireWhole(source, bytes);
    const supplied = { bytes, trusted: [readPublicKey(key)] };
    return { source, form: "image", supplied, imageBytes: bytes.length };
  }
  if (isImage) {
    terminal.err(
      `fuota: ${source} is an MCUboot image of an unknown signer; it is wrapped and signed as an ` +
        "opaque payload (give its public key with --key to send it as it is)\n",
    );
  }
  const supplied = { bytes, trusted: [] };
  const { imageBytes } = firmwareSizesOf(scenario, supplied);
  return { source, form: "payload", supplied, imageBytes };
}

function requireWhole(source: string, bytes: Uint8Array): void {
  const parsed = readStructure(readerOf(bytes));
  if (parsed.ok) return;
  throw new InputError(
    `${source}: no patch can be made to it (firmware.deltaPercent): ${parsed.detail}`,
  );
}
