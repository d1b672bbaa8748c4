import { InputError } from "#tools/errors.ts";
import { readInputFile } from "#tools/files.ts";

const API_KEY_BYTES_MAX = 4096;

/** A JSON web token, as ChirpStack makes them: the key itself, where a file's name is asked. */
const TOKEN = /^[\w-]{10,}\.[\w-]{10,}\.[\w-]+$/;

/** ChirpStack's API key, from `file` or the environment. Throws `InputError`. */
export function apiKeyOf(file: string | undefined): string {
  if (file !== undefined && TOKEN.test(file)) {
    throw new InputError("--api-key takes a file that holds the key; FUOTA_API_KEY takes the key");
  }
  const text =
    file === undefined
      ? (process.env["FUOTA_API_KEY"] ?? "")
      : Buffer.from(readInputFile(file, API_KEY_BYTES_MAX)).toString();
  const key = text.trim();
  if (/^[\w.~+/=-]+$/.test(key)) return key;
  const from = file ?? "FUOTA_API_KEY";
  const mend = "make one with: chirpstack -c DIR create-api-key --name fuota";
  throw new InputError(`${from}: holds no API key; ${mend}`);
}
