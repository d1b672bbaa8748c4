import { createHash } from "node:crypto";
import { closeSync, openSync, readSync, writeFileSync } from "node:fs";
import { Command, Option } from "commander";
import { Decoder } from "#agent/fec/decoder.ts";
import { Encoder } from "#agent/fec/encoder.ts";
import {
  N_MAX,
  type ParityVariant,
  parityRow,
  parityVariants,
  rowIndices,
} from "#agent/fec/rows.ts";
import { EXIT, InputError, systemCodeOf } from "./errors.ts";
import { checkVectors } from "./fec/check.ts";
import { FRAGMENT_FILE_BYTES_MAX, formatFragments, parseFragments } from "./fec/fragment-file.ts";
import { MemoryStore } from "./fec/memory-store.ts";
import { parseVectors, VECTOR_FILE_BYTES_MAX } from "./fec/vectors.ts";

interface VariantOption {
  readonly variant: ParityVariant;
}

/** `fuota fec …`: the parity code of TS004 on files. */
export function fecCommand(): Command {
  const fec = new Command("fec").description(
    "parity rows, encoder, decoder and test vectors (TS004)",
  );
  fec
    .command("rows")
    .description("the uncoded fragments in each coded fragment, 0-based")
    .argument("<nbFrag>", "uncoded fragments", integer("nbFrag", 1, N_MAX - 1))
    .option("--from <k>", "first coded fragment, from 1", integer("--from", 1, N_MAX), 1)
    .option("--count <n>", "coded fragments", integer("--count", 1, N_MAX), 10)
    .addOption(variantOption())
    .option("--json", "one JSON object per line")
    .action(printRows);
  fec
    .command("encode")
    .description("a file as fragments, one `N hex` per line")
    .argument("<file>", "any file of up to 16383 fragments")
    .requiredOption("--frag-size <bytes>", "bytes per fragment", integer("--frag-size", 1, 255))
    .option("--coded <n>", "coded fragments", integer("--coded", 0, N_MAX), 0)
    .option("--out <file>", "default: standard output")
    .addOption(variantOption())
    .action(encode);
  fec
    .command("decode")
    .description("rebuilds a file from fragments in any order; exit status 1 when too few")
    .argument("<file>", "the output of encode, less what was lost")
    .option("--out <file>", "where the rebuilt data goes")
    .action(decode);
  fec
    .command("check")
    .description("runs a file of test vectors; exit status 1 when one fails")
    .argument("<file>", "format lorawan-ts004-fec-vectors/1")
    .action(check);
  return fec;
}

function variantOption(): Option {
  return new Option("--variant <name>", "parity matrix")
    .choices(parityVariants)
    .default("ts004-v1");
}

function integer(name: string, min: number, max: number): (text: string) => number {
  return (text) => {
    const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= min && value <= max) return value;
    throw new InputError(`${name}: ${text} is not an integer in ${min}..${max}`);
  };
}

function printRows(
  nbFrag: number,
  options: VariantOption & { readonly from: number; readonly count: number; readonly json?: true },
): void {
  const { variant, from, count } = options;
  const last = Math.min(from + count - 1, N_MAX - nbFrag);
  const lines: string[] = [];
  for (let k = from; k <= last; k++) {
    const set = rowIndices(parityRow(variant, nbFrag, nbFrag + k));
    const row = { variant, M: nbFrag, k, N: nbFrag + k, set };
    lines.push(options.json ? JSON.stringify(row) : `${nbFrag + k}: ${set.join(" ")}`);
  }
  if (lines.length === 0) throw new InputError(`--from: no fragment beyond ${N_MAX}`);
  process.stdout.write(`${lines.join("\n")}\n`);
}

function encode(
  path: string,
  options: VariantOption & {
    readonly fragSize: number;
    readonly coded: number;
    readonly out?: string;
  },
): void {
  const { variant, fragSize, coded } = options;
  const data = readInput(path, N_MAX * 255);
  const nbFrag = Math.ceil(data.length / fragSize);
  if (nbFrag < 1) throw new InputError(`${path}: empty`);
  if (nbFrag + coded > N_MAX) {
    throw new InputError(
      `${path}: ${nbFrag} + ${coded} fragments, at most ${N_MAX}: raise --frag-size`,
    );
  }
  const block = new Uint8Array(nbFrag * fragSize);
  block.set(data);
  const encoder = new Encoder(variant, fragSize, block);
  const fragments = Array.from({ length: nbFrag + coded }, (_, index) => ({
    n: index + 1,
    data: encoder.fragment(index + 1),
  }));
  const padding = block.length - data.length;
  const text = formatFragments({ variant, nbFrag, fragSize, padding, fragments });
  if (options.out === undefined) process.stdout.write(text);
  else writeOutput(options.out, text);
}

function decode(path: string, options: { readonly out?: string }): void {
  const text = readInput(path, FRAGMENT_FILE_BYTES_MAX).toString("utf8");
  const { variant, nbFrag, fragSize, padding, fragments } = naming(path, () =>
    parseFragments(text),
  );
  const store = new MemoryStore(nbFrag, fragSize, nbFrag);
  const caps = { matrixRowsMax: nbFrag, scratchFragmentsMax: nbFrag };
  const decoder = new Decoder({ variant, nbFrag, fragSize, ...caps }, store);
  const used = fragments.findIndex(({ n, data }) => decoder.accept(n, data) === "complete") + 1;
  if (decoder.inconsistent) {
    process.stdout.write(
      "contradiction: another parity variant, another session, or corrupt data\n",
    );
    process.exitCode = EXIT.failed;
  }
  if (!decoder.complete) {
    process.stdout.write(`incomplete: ${decoder.missing} independent fragments are missing\n`);
    process.exitCode = EXIT.failed;
    return;
  }
  const data = store.block.subarray(0, store.block.length - padding);
  const digest = createHash("sha256").update(data).digest("hex");
  process.stdout.write(
    `complete after ${used} fragments: ${data.length} bytes, sha256 ${digest}\n`,
  );
  if (options.out !== undefined) writeOutput(options.out, data);
}

function check(path: string): void {
  const text = readInput(path, VECTOR_FILE_BYTES_MAX).toString("utf8");
  const file = naming(path, () => parseVectors(text));
  const { passed, failures } = checkVectors(file);
  for (const { entry, problem } of failures) {
    process.stdout.write(`FAIL ${printable(entry)}: ${printable(problem)}\n`);
  }
  process.stdout.write(`${passed} passed, ${failures.length} failed\n`);
  if (failures.length > 0) process.exitCode = EXIT.failed;
}

/** File contents may hold anything, a terminal should not see it. */
function printable(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, "?").slice(0, 300);
}

function naming<T>(path: string, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (error instanceof InputError) throw new InputError(`${path}: ${printable(error.message)}`);
    throw error;
  }
}

/** Reads no further than the limit, so that a device file or a pipe cannot fill the memory. */
function readInput(path: string, sizeBytesMax: number): Buffer {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  try {
    const file = openSync(path, "r");
    try {
      for (;;) {
        const chunk = Buffer.alloc(1 << 20);
        const count = readSync(file, chunk);
        if (count === 0) return Buffer.concat(chunks);
        sizeBytes += count;
        if (sizeBytes > sizeBytesMax) break;
        chunks.push(chunk.subarray(0, count));
      }
    } finally {
      closeSync(file);
    }
  } catch (error) {
    throw new InputError(`${path}: cannot be read (${systemCodeOf(error) ?? "unknown error"})`);
  }
  throw new InputError(`${path}: larger than ${sizeBytesMax} bytes`);
}

function writeOutput(path: string, content: string | Uint8Array): void {
  try {
    writeFileSync(path, content);
  } catch (error) {
    throw new InputError(`${path}: cannot be written (${systemCodeOf(error) ?? "unknown error"})`);
  }
}
