import { createHash } from "node:crypto";
import { Command } from "commander";
import { isPatch } from "#agent/delta/container.ts";
import { hashedBytesOf, refusalOfFlags } from "#agent/image/header.ts";
import { type Signer, signImage } from "#agent/image/make.ts";
import { formatVersion } from "#agent/image/version.ts";
import { NodeCrypto } from "#hal/node/crypto.ts";
import { NodeSigner } from "#hal/node/signer.ts";
import { InputError } from "./errors.ts";
import { writeOutputFile } from "./files.ts";
import { describeImage } from "./image/describe.ts";
import { explanationOf } from "./image/explain.ts";
import { isHexName, readBinary, readBinaryFile, readSigner } from "./image/input.ts";
import { addPayloadOptions, imageOfPayload, isImage, type PayloadFlags } from "./image/make.ts";
import { addPatchCommands } from "./image/patch-commands.ts";
import { patchExplanation } from "./image/patch-file.ts";
import { structureOf } from "./image/structure.ts";
import { addVerifyCommand } from "./image/verify.ts";
import { processTerminal, type Terminal } from "./terminal.ts";

interface OutputFlags extends PayloadFlags {
  readonly in: string;
  readonly out: string;
  readonly key?: string;
}

/** `fuota image …`: MCUboot-format images as files. */
export function imageCommand(terminal: Terminal = processTerminal()): Command {
  const image = new Command("image").description("signed firmware images (MCUboot format)");
  const make = image
    .command("make")
    .description("a payload becomes a signed image")
    .requiredOption("--in <file>", "raw, or Intel HEX when its name ends in .hex")
    .requiredOption("--out <file>", "the image")
    .option("--key <pem>", "private key, Ed25519 or P-256; without it a new one is made");
  addPayloadOptions(make).action((flags: OutputFlags) => makeCommand(flags, terminal));
  const sign = image
    .command("sign")
    .description("signs an image anew, or a payload as make does")
    .requiredOption("--in <file>", "image or payload, raw or .hex")
    .requiredOption("--out <file>", "the signed image")
    .requiredOption("--key <pem>", "private key, Ed25519 or P-256");
  addPayloadOptions(sign).action((flags: OutputFlags & { readonly key: string }) =>
    signCommand(flags, terminal),
  );
  image
    .command("info")
    .description("explains header, TLVs and trailer of an image, or what a patch is")
    .argument("<file>", "image, raw or .hex; or a patch")
    .option("--json", "as JSON (docs/image.schema.json)")
    .action((path: string, { json }: { json?: true }) => {
      const file = readBinary(path);
      const { bytes } = file;
      if (isPatch(bytes)) {
        if (json) throw new InputError(`${path}: is a patch; --json explains images`);
        terminal.out(patchExplanation(path, bytes));
        return;
      }
      const description = describeImage(path, file, structureOf(path, file));
      terminal.out(json ? `${JSON.stringify(description, null, 2)}\n` : explanationOf(description));
    });
  addVerifyCommand(image, terminal);
  addPatchCommands(image, terminal);
  return image;
}

function makeCommand(flags: OutputFlags, terminal: Terminal): void {
  requireRawName(flags.out);
  const payload = readBinaryFile(flags.in);
  if (isImage(payload)) {
    throw new InputError(`${flags.in}: is an MCUboot image already; use image sign`);
  }
  if (flags.key !== undefined) {
    const signer = readSigner(flags.key);
    writeImage(imageOfPayload(payload, flags.in, flags, signer), flags, terminal);
    return;
  }
  const signer = NodeSigner.generate("ed25519");
  const image = imageOfPayload(payload, flags.in, flags, signer);
  requireFit(image, flags);
  const stem = flags.out.replace(/\.(bin|img)$/i, "");
  const [keyPath, publicPath] = [`${stem}.key.pem`, `${stem}.pub.pem`];
  const secret = { mode: 0o600, keepsExisting: true };
  writeOutputFile(keyPath, signer.privatePem(), secret, "give it with --key to sign with it");
  writeOutputFile(publicPath, signer.publicPem());
  writeImage(image, flags, terminal);
  terminal.out(`no --key: made ${keyPath} (keep it secret) and ${publicPath}, Ed25519\n`);
}

function signCommand(flags: OutputFlags & { readonly key: string }, terminal: Terminal): void {
  requireRawName(flags.out);
  const bytes = readBinaryFile(flags.in);
  const signer = readSigner(flags.key);
  const image = isImage(bytes)
    ? signedAnew(bytes, flags, signer)
    : imageOfPayload(bytes, flags.in, flags, signer);
  writeImage(image, flags, terminal);
}

/** Keeps header, payload and protected TLVs; hash, key hash and signature are new. */
function signedAnew(bytes: Uint8Array, flags: OutputFlags, signer: Signer): Uint8Array {
  const { version, securityCounter, vid, cid, headerSize, headerRoom } = flags;
  const given = [version, securityCounter, vid, cid, headerSize, headerRoom];
  if (given.some((flag) => flag !== undefined)) {
    throw new InputError(`${flags.in}: is an image; its header stays as it is, only --key is new`);
  }
  const structure = structureOf(flags.in, { bytes });
  const problem = refusalOfFlags(structure.header);
  if (problem !== undefined) throw new InputError(`${flags.in}: ${problem.detail}`);
  return signImage(bytes.subarray(0, hashedBytesOf(structure.header)), signer, new NodeCrypto());
}

function requireFit(image: Uint8Array, { in: path, slotSize }: OutputFlags): void {
  if (slotSize === undefined || image.length <= slotSize) return;
  throw new InputError(`${path}: makes an image of ${image.length} bytes, --slot-size ${slotSize}`);
}

function requireRawName(path: string): void {
  if (!isHexName(path)) return;
  throw new InputError(`--out: ${path} would be Intel HEX; images are written raw (.bin)`);
}

function writeImage(image: Uint8Array, flags: OutputFlags, terminal: Terminal): void {
  requireFit(image, flags);
  const { header } = structureOf(flags.in, { bytes: image });
  writeOutputFile(flags.out, image);
  const hash = createHash("sha256")
    .update(image.subarray(0, hashedBytesOf(header)))
    .digest("hex");
  const version = formatVersion(header.version);
  terminal.out(`${flags.out}: ${image.length} bytes, version ${version}, image hash ${hash}\n`);
}
