import type { Command } from "commander";
import { PATCH_HEADER_BYTES } from "#agent/delta/container.ts";
import { makePatch } from "#agent/delta/make.ts";
import { readerOf } from "#agent/image/reader.ts";
import { readStructure } from "#agent/image/structure.ts";
import { formatVersion } from "#agent/image/version.ts";
import { NodeCrypto } from "#hal/node/crypto.ts";
import { EXIT, InputError } from "#tools/errors.ts";
import { writeOutputFile } from "#tools/files.ts";
import type { Terminal } from "#tools/terminal.ts";
import { isHexName, readBinaryFile } from "./input.ts";
import { compressionText, imageFromPatch, patchHeaderOf, percentOf } from "./patch-file.ts";

/** `image diff` and `image patch`: updates sent as the difference to what runs. */
export function addPatchCommands(image: Command, terminal: Terminal): void {
  image
    .command("diff")
    .description("makes the patch that turns one image into another (docs/delta.md)")
    .argument("<old>", "the image that the devices run, raw or .hex")
    .argument("<new>", "the image that they are to run")
    .requiredOption("-o, --out <file>", "the patch")
    .action((oldPath: string, newPath: string, { out }: { readonly out: string }) => {
      terminal.out(diff(oldPath, newPath, out));
    });
  image
    .command("patch")
    .description("applies a patch as a device does; exit status 1 when it would refuse it")
    .argument("<old>", "the image that the device runs, raw or .hex")
    .argument("<patch>", "the patch")
    .requiredOption("-o, --out <file>", "the new image")
    .action((oldPath: string, patchPath: string, { out }: { readonly out: string }) => {
      patch(oldPath, patchPath, out, terminal);
    });
}

function diff(oldPath: string, newPath: string, out: string): string {
  requireRawName(out);
  const from = readBinaryFile(oldPath);
  const to = readBinaryFile(newPath);
  if (isSameImage(from, to)) {
    throw new InputError(`${oldPath} and ${newPath}: are the same image, there is nothing to send`);
  }
  const made = makePatch(from, to, new NodeCrypto());
  if (!made.ok) {
    const path = made.which === "base" ? oldPath : newPath;
    throw new InputError(`${path}: is no whole MCUboot image: ${made.detail}`);
  }
  writeOutputFile(out, made.patch);
  const { targetBytes } = patchHeaderOf(out, made.patch);
  const { length } = made.patch;
  const compression = compressionText(made.patch.subarray(PATCH_HEADER_BYTES));
  const versions = `${versionOf(from)} to ${versionOf(to)}`;
  const gain = length < targetBytes ? "" : "; sending the image itself is shorter";
  return `${out}: ${length} bytes, ${percentOf(length, targetBytes)} of the image of ${targetBytes} bytes, ${versions}, ${compression}${gain}\n`;
}

function patch(oldPath: string, patchPath: string, out: string, terminal: Terminal): void {
  requireRawName(out);
  const bytes = readBinaryFile(patchPath);
  patchHeaderOf(patchPath, bytes);
  const made = imageFromPatch({ path: oldPath, bytes: readBinaryFile(oldPath) }, bytes);
  if (!made.ok) {
    terminal.out(`${patchPath}: refused: ${made.reason}: ${made.detail}\n`);
    process.exitCode = EXIT.failed;
    return;
  }
  writeOutputFile(out, made.image);
  terminal.out(`${out}: ${made.image.length} bytes, version ${versionOf(made.image)}\n`);
}

/** Up to where they end: what follows is not sent. */
function isSameImage(a: Uint8Array, b: Uint8Array): boolean {
  const [first, second] = [a, b].map((bytes) => {
    const parsed = readStructure(readerOf(bytes));
    return parsed.ok ? bytes.subarray(0, parsed.structure.sizeBytes) : bytes;
  });
  return Buffer.compare(first ?? a, second ?? b) === 0;
}

function versionOf(image: Uint8Array): string {
  const parsed = readStructure(readerOf(image));
  return parsed.ok ? formatVersion(parsed.structure.header.version) : "none";
}

function requireRawName(path: string): void {
  if (!isHexName(path)) return;
  throw new InputError(`--out: ${path} would be Intel HEX; it is written raw (.bin)`);
}
