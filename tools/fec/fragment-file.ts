/**
 * Fragments as text: a first line that names the session, then one `N hex` per line in the order of
 * reception. Lines may be deleted, repeated and shuffled to play loss.
 */
import { N_MAX, type ParityVariant } from "#agent/fec/rows.ts";
import { InputError } from "../errors.ts";
import { variantOf } from "./check-rows.ts";

export interface FragmentFile {
  readonly variant: ParityVariant;
  readonly nbFrag: number;
  /** Bytes. */
  readonly fragSize: number;
  /** Bytes at the end of the last fragment that are not data. */
  readonly padding: number;
  readonly fragments: readonly Fragment[];
}

export interface Fragment {
  readonly n: number;
  readonly data: Uint8Array;
}

export const FRAGMENT_FILE_BYTES_MAX = 64 * 1024 * 1024;

const HEADER = /^# variant=(\S+) nbFrag=(\d{1,5}) fragSize=(\d{1,3}) padding=(\d{1,3})$/;
const LINE = /^(\d{1,5}) ((?:[0-9a-fA-F]{2})*)$/;

export function formatFragments(file: FragmentFile): string {
  const { variant, nbFrag, fragSize, padding } = file;
  const header = `# variant=${variant} nbFrag=${nbFrag} fragSize=${fragSize} padding=${padding}`;
  const lines = file.fragments.map(({ n, data }) => `${n} ${Buffer.from(data).toString("hex")}`);
  return `${[header, ...lines].join("\n")}\n`;
}

/** Throws {@link InputError} with the line number. Fragments of a wrong size are kept. */
export function parseFragments(text: string): FragmentFile {
  const [first = "", ...lines] = text.split(/\r?\n/);
  const header = HEADER.exec(first);
  if (header === null) {
    throw new InputError("line 1 is not `# variant=… nbFrag=… fragSize=… padding=…`");
  }
  const variant = variantOf(header[1] ?? "");
  if (variant === undefined) throw new InputError(`line 1: unknown variant ${header[1]}`);
  const nbFrag = Number(header[2]);
  const fragSize = Number(header[3]);
  const padding = Number(header[4]);
  if (nbFrag < 1 || nbFrag > N_MAX) throw new InputError(`line 1: nbFrag is not 1..${N_MAX}`);
  if (fragSize < 1 || fragSize > 255) throw new InputError("line 1: fragSize is not 1..255");
  if (padding > nbFrag * fragSize) throw new InputError("line 1: padding exceeds the block");

  const fragments: Fragment[] = [];
  lines.forEach((line, index) => {
    if (line === "" || line.startsWith("#")) return;
    const match = LINE.exec(line);
    if (match === null) throw new InputError(`line ${index + 2} is not \`N hex\``);
    fragments.push({ n: Number(match[1]), data: Buffer.from(match[2] ?? "", "hex") });
  });
  return { variant, nbFrag, fragSize, padding, fragments };
}
