import { IMAGE_BYTES_MAX } from "#agent/image/verify.ts";
import { NodeSigner } from "#hal/node/signer.ts";
import { InputError } from "#tools/errors.ts";
import { readInputFile } from "#tools/files.ts";
import { parseIntelHex } from "#tools/hex.ts";

/** A byte takes two digits, and a record of a single byte eleven characters more. */
const HEX_CHARACTERS_PER_BYTE_MAX = 8;
const PEM_BYTES_MAX = 16_384;

export function isHexName(path: string): boolean {
  return /\.i?hex$/i.test(path);
}

export interface BinaryFile {
  readonly bytes: Uint8Array;
  /** Of the first byte, where Intel HEX says so. */
  readonly address?: number;
}

/** Reads a payload or an image, raw or (by its extension) in Intel HEX. */
export function readBinary(path: string, bytesMax = IMAGE_BYTES_MAX): BinaryFile {
  const isHex = isHexName(path);
  const file = readInputFile(path, isHex ? HEX_CHARACTERS_PER_BYTE_MAX * bytesMax : bytesMax);
  if (file.length === 0) throw new InputError(`${path}: is empty`);
  if (!isHex) return { bytes: file };
  try {
    return parseIntelHex(Buffer.from(file).toString("latin1"), bytesMax);
  } catch (error) {
    if (error instanceof InputError) throw new InputError(`${path}: ${error.message}`);
    throw error;
  }
}

/** The bytes of {@link readBinary} alone. */
export function readBinaryFile(path: string): Uint8Array {
  return readBinary(path).bytes;
}

/** Reads a private key. */
export function readSigner(path: string): NodeSigner {
  const pem = Buffer.from(readInputFile(path, PEM_BYTES_MAX)).toString("latin1");
  const result = NodeSigner.fromPem(pem);
  if (!result.ok) throw new InputError(`${path}: ${result.detail}`);
  return result.signer;
}
