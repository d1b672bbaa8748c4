import { IMAGE_BYTES_MAX } from "#agent/image/verify.ts";
import { NodeSigner } from "#hal/node/signer.ts";
import { InputError } from "#tools/errors.ts";
import { readInputFile } from "#tools/files.ts";
import { parseIntelHex } from "#tools/hex.ts";

/** A byte takes two digits, and a record of a single byte eleven characters more. */
const HEX_CHARACTERS_MAX = 8 * IMAGE_BYTES_MAX;
const PEM_BYTES_MAX = 16_384;

export function isHexName(path: string): boolean {
  return /\.i?hex$/i.test(path);
}

/** Reads a payload or an image, raw or (by its extension) in Intel HEX, of at most 16 MiB. */
export function readBinaryFile(path: string): Uint8Array {
  const isHex = isHexName(path);
  const file = readInputFile(path, isHex ? HEX_CHARACTERS_MAX : IMAGE_BYTES_MAX);
  if (file.length === 0) throw new InputError(`${path}: is empty`);
  if (!isHex) return file;
  try {
    return parseIntelHex(Buffer.from(file).toString("latin1"), IMAGE_BYTES_MAX).bytes;
  } catch (error) {
    if (error instanceof InputError) throw new InputError(`${path}: ${error.message}`);
    throw error;
  }
}

/** Reads a private key. */
export function readSigner(path: string): NodeSigner {
  const pem = Buffer.from(readInputFile(path, PEM_BYTES_MAX)).toString("latin1");
  const result = NodeSigner.fromPem(pem);
  if (!result.ok) throw new InputError(`${path}: ${result.detail}`);
  return result.signer;
}
