import type { Command } from "commander";
import { readerOf } from "#agent/image/reader.ts";
import { type ImagePolicy, verifyImage } from "#agent/image/verify.ts";
import { NodeCrypto } from "#hal/node/crypto.ts";
import { EXIT, InputError } from "#tools/errors.ts";
import { readPublicKey } from "#tools/public-key.ts";
import type { Terminal } from "#tools/terminal.ts";
import { readBinary } from "./input.ts";
import { integer } from "./integer.ts";
import { classOf, versionOption } from "./make.ts";
import { structureOf } from "./structure.ts";
import { vendorIdOf } from "./uuid.ts";

interface VerifyFlags {
  readonly key: readonly string[];
  readonly securityCounterMin: number;
  readonly versionMin?: ImagePolicy["versionMin"];
  readonly bankAddress?: number;
  readonly vid?: string;
  readonly cid?: string;
  readonly erasedVal: 0xff | 0x00;
}

const U32_MAX = 0xffff_ffff;

/** `fuota image verify`. */
export function addVerifyCommand(image: Command, terminal: Terminal): void {
  const number = (name: string) => integer(name, 0, U32_MAX);
  image
    .command("verify")
    .description("checks an image as a device does; exit status 1 when it would refuse it")
    .argument("<file>", "image, raw or .hex")
    .requiredOption(
      "--key <pem>",
      "public key the device trusts; may be given again",
      (path: string, before: readonly string[] = []) => [...before, path],
    )
    .option(
      "--security-counter-min <n>",
      "the device's own counter",
      number("--security-counter-min"),
      0,
    )
    .option("--version-min <v>", "the device takes no older one", versionOption("--version-min"))
    .option("--bank-address <n>", "where the image is to run", number("--bank-address"))
    .option("--vid <id>", "the device's vendor: a UUID, or a domain name")
    .option("--cid <id>", "the device's class: a UUID, or a name that --vid makes unique")
    .option("--erased-val <n>", "what the device's erased flash reads", erasedVal, 0xff)
    .action((path: string, flags: VerifyFlags) => verifyCommand(path, flags, terminal));
}

function erasedVal(text: string): 0xff | 0x00 {
  if (/^(?:0x0{1,2}|0)$/i.test(text)) return 0x00;
  if (/^(?:0xff|255)$/i.test(text)) return 0xff;
  throw new InputError(`--erased-val: ${text} is not 0 or 0xff`);
}

function verifyCommand(path: string, flags: VerifyFlags, terminal: Terminal): void {
  const policy = policyOf(flags);
  const file = readBinary(path);
  structureOf(path, file);
  const verdict = verifyImage(readerOf(file.bytes), policy, new NodeCrypto());
  if (!verdict.ok) {
    terminal.out(`${path}: refused: ${verdict.reason}: ${verdict.detail}\n`);
    process.exitCode = EXIT.failed;
    return;
  }
  const { version, securityCounter, sizeBytes } = verdict.image;
  terminal.out(
    `${path}: good: version ${version}, security counter ${securityCounter}, ${sizeBytes} bytes\n`,
  );
}

function policyOf(flags: VerifyFlags): ImagePolicy {
  const { securityCounterMin, versionMin, bankAddress, vid, cid, erasedVal } = flags;
  const vendorId = vid === undefined ? undefined : vendorIdOf(vid);
  const classId = cid === undefined ? undefined : classOf(cid, vendorId);
  return {
    keys: flags.key.map(readPublicKey),
    securityCounterMin,
    erasedByte: erasedVal,
    ...(versionMin === undefined ? {} : { versionMin }),
    ...(bankAddress === undefined ? {} : { bankAddress }),
    ...(vendorId === undefined ? {} : { vendorId }),
    ...(classId === undefined ? {} : { classId }),
  };
}
