import { InputError } from "#tools/errors.ts";
import { readInputFile, writeOutputFile } from "#tools/files.ts";

/** What a device needs to be let in by a server that knows it. */
export interface ListedDevice {
  readonly name: string;
  /** A secret; empty where none is needed. */
  readonly token: string;
}

const FILE_BYTES_MAX = 16 * 1024 * 1024;
const DEVICES_MAX = 10_000;
/** A name is that of a folder, too. */
const NAME = /^[\p{L}\p{N}_][\p{L}\p{N} _.-]{0,99}$/u;
const TOKEN = /^[\x21-\x7e]{1,200}$/;

/** A list of objects with name and, if it is needed, token. Throws `InputError`. */
export function readDeviceList(path: string, needsToken = true): readonly ListedDevice[] {
  const text = new TextDecoder().decode(readInputFile(path, FILE_BYTES_MAX));
  const list = parsed(path, text);
  if (!Array.isArray(list) || list.length === 0) {
    throw new InputError(`${path}: expected a list of objects with name and token`);
  }
  if (list.length > DEVICES_MAX) throw new InputError(`${path}: more than ${DEVICES_MAX} devices`);
  const names = new Set<string>();
  return list.map((entry: unknown, index) => {
    const place = `${path}: device ${index + 1}`;
    const { name, token = needsToken ? undefined : "" } = Object(entry);
    if (typeof name !== "string" || !NAME.test(name)) {
      throw new InputError(`${place}: its name is missing, or none that a folder can have`);
    }
    if (typeof token !== "string" || !(TOKEN.test(token) || !needsToken)) {
      throw new InputError(`${place}: its token is missing, or has characters that none has`);
    }
    if (names.has(name)) throw new InputError(`${place}: ${name} is there twice`);
    names.add(name);
    return { name, token };
  });
}

/** For the eyes of its owner: tokens are secrets. Throws `InputError`. */
export function writeDeviceList(path: string, devices: readonly ListedDevice[]): void {
  const text = `${JSON.stringify(devices, null, 2)}\n`;
  writeOutputFile(path, text, { mode: 0o600 });
}

function parsed(path: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new InputError(`${path}: is not JSON`);
  }
}
