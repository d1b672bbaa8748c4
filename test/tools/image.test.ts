import { generateKeyPairSync } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import { CommanderError } from "commander";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { NodeSigner } from "#hal/node/signer.ts";
import { InputError } from "#tools/errors.ts";
import { imageSchema } from "#tools/image/schema.ts";
import { buildProgram } from "#tools/program.ts";
import type { RunParts } from "#tools/run/command.ts";
import { publishedText } from "#tools/schema-text.ts";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "fuota-image-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

const path = (name: string) => join(folder, name);
function file(name: string, content: string | Uint8Array): string {
  writeFileSync(path(name), content);
  return path(name);
}
const bytesOf = (name: string) => new Uint8Array(readFileSync(path(name)));

interface Outcome {
  readonly status: number;
  readonly out: string;
  /** What went wrong, for status 2. */
  readonly problem: string;
}

/** Runs `fuota image …` as the program does, up to where its message would be printed. */
async function image(...args: readonly string[]): Promise<Outcome> {
  let out = "";
  let err = "";
  const refuse = () => {
    throw new RangeError("not part of this test");
  };
  const parts: RunParts = {
    simulate: refuse,
    firmwareSizesOf: refuse,
    terminal: {
      out: (text) => {
        out += text;
      },
      err: (text) => {
        err += text;
      },
      isInteractive: false,
      rows: 24,
      hasColor: false,
      columns: 80,
    },
    version: "9.9.9",
    now: () => 0,
    interruption: refuse,
  };
  const words = ["image", ...args];
  process.exitCode = undefined;
  try {
    const program = await buildProgram(parts, words);
    await program.parseAsync(words, { from: "user" });
    return { status: Number(process.exitCode ?? 0), out, problem: "" };
  } catch (error) {
    if (error instanceof CommanderError) return { status: 2, out, problem: err.trimEnd() };
    if (error instanceof InputError) return { status: 2, out, problem: error.message };
    throw error;
  } finally {
    process.exitCode = undefined;
  }
}

async function done(...args: readonly string[]): Promise<string> {
  const { status, out, problem } = await image(...args);
  expect(problem).toBe("");
  expect(status).toBe(0);
  return out;
}

const payload = Uint8Array.from({ length: 1000 }, (_, index) => 7 * index + 3);
const signer = NodeSigner.fromSeed("ed25519", new Uint8Array(32).fill(1));

beforeAll(async () => {
  file("payload.bin", payload);
  file("key.pem", signer.privatePem());
  file("pub.pem", signer.publicPem());
  file("other.pem", NodeSigner.fromSeed("ed25519", new Uint8Array(32).fill(2)).publicPem());
  file("ec.pem", NodeSigner.fromSeed("ecdsa-p256", new Uint8Array(32).fill(1)).privatePem());
  await done(
    "make",
    ...inOut("payload.bin", "image.bin"),
    "--version",
    "1.2.3",
    "--key",
    path("key.pem"),
  );
});

const inOut = (input: string, output: string) => ["--in", path(input), "--out", path(output)];
const make = (output: string, ...args: string[]) =>
  image(
    "make",
    ...inOut("payload.bin", output),
    "--version",
    "1.2.3",
    "--key",
    path("key.pem"),
    ...args,
  );

describe("make", () => {
  test("what it says is what imgtool's image of this payload hashes to", async () => {
    expect((await make("image.bin")).out).toBe(
      `${path("image.bin")}: 1176 bytes, version 1.2.3+0, image hash ` +
        "c0c5884bec8c3eb2719b7cad6d494f3aa6fc056978e864d8ab2979773ac0d97b\n",
    );
  });

  test("Intel HEX is the same payload", async () => {
    const lines = [":020000040800F2"];
    for (let at = 0; at < payload.length; at += 250) {
      const body = [250, at >> 8, at & 0xff, 0, ...payload.subarray(at, at + 250)];
      const sum = body.reduce((total, byte) => total + byte, 0);
      lines.push(`:${Buffer.from([...body, -sum & 0xff]).toString("hex")}`);
    }
    file("payload.hex", [...lines, ":00000001FF", ""].join("\n"));
    const key = ["--version", "1.2.3", "--key", path("key.pem")];
    await done("make", ...inOut("payload.hex", "from-hex.bin"), ...key);
    expect(bytesOf("from-hex.bin")).toEqual(bytesOf("image.bin"));
  });

  test("without --key it makes a pair, keeps the private half private, and never replaces it", async () => {
    const args = ["make", ...inOut("payload.bin", "new.bin"), "--version", "2.0.0"];
    expect(await done(...args)).toContain(`no --key: made ${path("new.key.pem")}`);
    expect(statSync(path("new.key.pem")).mode & 0o077).toBe(0);
    expect((await image("verify", path("new.bin"), "--key", path("new.pub.pem"))).status).toBe(0);
    const before = bytesOf("new.bin");
    expect((await image(...args)).problem).toBe(
      `cannot write ${path("new.key.pem")}: exists already; give it with --key to sign with it`,
    );
    expect(bytesOf("new.bin")).toEqual(before);
  });

  test("security counter, vendor, class and header size stand in the image", async () => {
    const options = ["--security-counter", "auto", "--vid", "example.com", "--cid", "board"];
    await make("full.bin", ...options, "--header-size", "0x200");
    const out = await done("info", path("full.bin"));
    expect(out).toContain("header 512 bytes");
    expect(out).toContain(`security counter ${0x0102_0003}`);
    // uuid5 of the DNS namespace, and of the vendor.
    expect(out).toContain("vendor cfbff0d1-9375-5685-968c-48ce8b15ae17");
    expect(out).toContain("class d9c03f90-568d-5553-b0aa-28b24df90fcc");
    await make("raw-id.bin", "--cid", "d9c03f90568d5553b0aa28b24df90fcc");
    expect(await done("info", path("raw-id.bin"))).toContain(
      "class d9c03f90-568d-5553-b0aa-28b24df90fcc",
    );
  });

  test("a header goes into the room that a linker left for it", async () => {
    const room = new Uint8Array(64 + payload.length);
    room.set(payload, 64);
    file("room.bin", room);
    const args = ["--version", "1.2.3", "--key", path("key.pem"), "--header-room"];
    await done("make", ...inOut("room.bin", "laid-over.bin"), ...args, "--header-size", "64");
    expect(bytesOf("laid-over.bin").subarray(64, 1064)).toEqual(payload);
    expect((await image("make", ...inOut("payload.bin", "x.bin"), ...args)).problem).toBe(
      `${path("payload.bin")}: does not begin with 32 zero bytes; drop --header-room or set --header-size`,
    );
  });

  test("a slot that is large enough, and one that is not", async () => {
    expect((await make("fits.bin", "--slot-size", "1176")).status).toBe(0);
    expect((await make("not.bin", "--slot-size", "1175")).problem).toBe(
      `${path("payload.bin")}: makes an image of 1176 bytes, --slot-size 1175`,
    );
    expect(existsSync(path("not.bin"))).toBe(false);
  });
});

describe("sign", () => {
  test("an image gets another key; header, payload and protected TLVs stay", async () => {
    await make("counted.bin", "--security-counter", "7");
    const out = ["sign", ...inOut("counted.bin", "ec.bin"), "--key", path("ec.pem")];
    await done(...out);
    expect(bytesOf("ec.bin").subarray(0, 1044)).toEqual(bytesOf("counted.bin").subarray(0, 1044));
    expect(await done("verify", path("ec.bin"), "--key", path("ec.pem"))).toContain(
      "security counter 7",
    );
    const back = ["sign", ...inOut("ec.bin", "back.bin"), "--key", path("key.pem")];
    await done(...back);
    expect(bytesOf("back.bin")).toEqual(bytesOf("counted.bin"));
  });

  test("an unsigned image of imgtool's gets its first", async () => {
    const text = readFileSync(new URL("../vectors/image.json", import.meta.url), "utf8");
    const { entries }: { entries: { name: string; image: string }[] } = JSON.parse(text);
    const unsigned = entries.find(({ name }) => name === "unsigned")?.image ?? "";
    file("unsigned.bin", Buffer.from(unsigned, "hex"));
    const verify = ["verify", path("unsigned.bin"), "--key", path("pub.pem")];
    expect(await image(...verify)).toMatchObject({
      status: 1,
      out: `${path("unsigned.bin")}: refused: signature: is not signed\n`,
    });
    await done("sign", ...inOut("unsigned.bin", "unsigned.bin"), "--key", path("key.pem"));
    expect((await image(...verify)).status).toBe(0);
  });

  test("a payload is made an image of", async () => {
    const args = ["--key", path("key.pem"), "--version", "1.2.3"];
    await done("sign", ...inOut("payload.bin", "signed.bin"), ...args);
    expect(bytesOf("signed.bin")).toEqual(bytesOf("image.bin"));
  });
});

describe("info", () => {
  test("explains an image", async () => {
    const lines = (await done("info", path("image.bin"))).split("\n");
    expect(lines).toEqual([
      "MCUboot image of 1176 bytes, version 1.2.3+0",
      "  header 32 bytes, payload 1000 bytes, no flags",
      "  TLVs, 144 bytes",
      "    SHA256 (0x10), 32 bytes: hash of header, payload and protected TLVs: matches",
      "      c0c5884bec8c3eb2719b7cad6d494f3aa6fc056978e864d8ab2979773ac0d97b",
      "    KEYHASH (0x01), 32 bytes: hash of the public key that signed",
      expect.stringMatching(/^ {6}[0-9a-f]{64}$/),
      "    ED25519 (0x24), 64 bytes: signature; image verify checks it",
      expect.stringMatching(/^ {6}[0-9a-f]{128}$/),
      "  then nothing: the file ends with the image",
      expect.stringMatching(/^ {2}MCUboot, next boot: no swap is requested/),
      "",
    ]);
  });

  test("--json holds to its published schema, which is the source's", async () => {
    const published = new URL("../../docs/image.schema.json", import.meta.url);
    expect(readFileSync(published, "utf8")).toBe(publishedText(imageSchema));
    const validate = new Ajv2020({ strict: false }).compile(imageSchema);
    const text = readFileSync(new URL("../vectors/image.json", import.meta.url), "utf8");
    const { entries }: { entries: { name: string; image: string }[] } = JSON.parse(text);
    for (const entry of entries) {
      file("vector.bin", Buffer.from(entry.image, "hex"));
      const description = JSON.parse(await done("info", path("vector.bin"), "--json"));
      expect([entry.name, validate(description), validate.errors]).toEqual([
        entry.name,
        true,
        null,
      ]);
      expect(await done("info", path("vector.bin"))).not.toContain("undefined");
    }
  });

  test("says what differs and what no device takes", async () => {
    const bad = bytesOf("image.bin");
    bad[40] = 0;
    file("bad.bin", Buffer.concat([bad, Buffer.from([1])]));
    const out = await done("info", path("bad.bin"));
    expect(out).toContain("DIFFERS, they hash to ");
    expect(out).toContain("then 1 bytes that are neither blank nor a boot trailer, from byte 1176");
    bad[16] = 0x30;
    file("flags.bin", bad);
    expect(await done("info", path("flags.bin"))).toMatch(
      /nonBootable, ramLoad[\s\S]*no device takes it: imageFormat: is marked as not bootable/,
    );
  });
});

describe("verify", () => {
  test("good, and by which of several keys does not matter", async () => {
    const keys = ["--key", path("other.pem"), "--key", path("pub.pem")];
    expect(await done("verify", path("image.bin"), ...keys)).toBe(
      `${path("image.bin")}: good: version 1.2.3+0, security counter 0, 1176 bytes\n`,
    );
    expect((await image("verify", ...keys, path("image.bin"))).status).toBe(0);
  });

  test.each<[string, () => string, string[], string]>([
    [
      "another key",
      () => path("image.bin"),
      ["other.pem"],
      "signature: is signed by a key that is not trusted",
    ],
    [
      "another byte",
      () => {
        const bad = bytesOf("image.bin");
        bad[500] = 0;
        return file("byte.bin", bad);
      },
      ["pub.pem"],
      "digest: the hash of the content differs from the hash it carries",
    ],
  ])("%s: status 1", async (_, input, keys, verdict) => {
    const name = input();
    expect(await image("verify", name, ...keys.flatMap((key) => ["--key", path(key)]))).toEqual({
      status: 1,
      out: `${name}: refused: ${verdict}\n`,
      problem: "",
    });
  });

  test("a downgrade: status 1", async () => {
    const counter = ["--security-counter-min", "1"];
    const { status, out } = await image(
      "verify",
      path("image.bin"),
      "--key",
      path("pub.pem"),
      ...counter,
    );
    expect([status, out]).toEqual([
      1,
      `${path("image.bin")}: refused: downgrade: security counter 0, at least 1\n`,
    ]);
  });
});

/** Eight bytes of something else, a gap, and the start of the image. */
function joinedHex(): string {
  const record = (offset: number, type: number, ...data: number[]) => {
    const body = [data.length, offset >> 8, offset & 0xff, type, ...data];
    const sum = body.reduce((total, byte) => total + byte, 0);
    return `:${Buffer.from([...body, -sum & 0xff]).toString("hex")}`;
  };
  return [
    record(0, 4, 0x08, 0x00),
    record(0, 0, 0, 0, 4, 0x20, 1, 0, 0, 8),
    record(16, 0, ...bytesOf("image.bin").subarray(0, 64)),
    ":00000001FF",
  ].join("\n");
}

describe("verify as a device of its own", () => {
  test.each<[string, string[], string]>([
    [
      "an older version than it takes",
      ["--version-min", "1.2.4"],
      "downgrade: version 1.2.3+0, at least 1.2.4+0",
    ],
    ["a vendor", ["--vid", "vendor.example"], "wrongHardware: names no vendor of devices"],
    [
      "a class",
      ["--cid", "00000000-0000-0000-0000-000000000000"],
      "wrongHardware: names no class of devices",
    ],
  ])("%s", async (_, options, refusal) => {
    const args = ["verify", path("image.bin"), "--key", path("pub.pem"), ...options];
    expect(await image(...args)).toMatchObject({
      status: 1,
      out: `${path("image.bin")}: refused: ${refusal}\n`,
    });
  });

  test("fixtures of imgtool: bank address, vendor and class, what erased flash reads", async () => {
    const fixture = (name: string) =>
      new URL(`../vectors/images/${name}`, import.meta.url).pathname;
    const seed = Uint8Array.from({ length: 32 }, (_, index) => index);
    const key = ["--key", file("imgtool.pem", NodeSigner.fromSeed("ed25519", seed).publicPem())];
    const status = async (name: string, ...options: string[]) =>
      (await image("verify", fixture(name), ...key, ...options)).status;
    expect(await status("rom-fixed.bin", "--bank-address", "0x8008000")).toBe(0);
    expect(await status("rom-fixed.bin", "--bank-address", "0x8010000")).toBe(1);
    expect(await status("uuid-names.bin", "--vid", "vendor.example", "--cid", "sensor")).toBe(0);
    expect(await status("uuid-names.bin", "--vid", "vendor.example", "--cid", "actor")).toBe(1);
    expect(await status("erased-0-padded.bin", "--erased-val", "0")).toBe(0);
    expect(await status("erased-0-padded.bin", "--erased-val", "0xff")).toBe(1);
    expect(await status("hex-confirm.hex")).toBe(0);
  });
});

describe("unusable input is status 2 and one line", () => {
  const key = () => ["--key", path("pub.pem")];
  const pair = generateKeyPairSync("rsa", { modulusLength: 1024 });
  const rsaPem = String(pair.privateKey.export({ type: "pkcs8", format: "pem" }));

  test.each<[string, () => readonly string[], string | RegExp]>([
    ["no such file", () => ["info", path("none.bin")], /none\.bin: no such file$/],
    ["a folder", () => ["info", folder], /: is a directory$/],
    ["an empty file", () => ["verify", file("empty.bin", ""), ...key()], /empty\.bin: is empty$/],
    [
      "no image",
      () => ["info", path("payload.bin")],
      /is no whole MCUboot image: does not begin with the magic of an MCUboot image$/,
    ],
    [
      "a truncated image",
      () => ["verify", file("cut.bin", bytesOf("image.bin").subarray(0, 1170)), ...key()],
      /cut\.bin: is no whole MCUboot image: TLV area of 144 bytes, there are 138$/,
    ],
    [
      "more than 16 MiB",
      () => ["info", file("huge.bin", new Uint8Array(16 * 1024 * 1024 + 1))],
      /huge\.bin: is larger than 16777216 bytes$/,
    ],
    [
      "a bad line of hex",
      () => ["info", file("bad.hex", ":0100000007F8\n:0100010007F8\n")],
      /bad\.hex: line 2 has checksum f8, expected f7$/,
    ],
    [
      "a HEX file of a bootloader and an image",
      () => ["info", file("joined.hex", joinedHex())],
      /joined\.hex: is no whole MCUboot image: .*; the file begins at 0x8000000, an image at 0x8000010: take a file of the image alone$/,
    ],
    [
      "an erased value that no flash has",
      () => ["verify", path("image.bin"), ...key(), "--erased-val", "2"],
      "--erased-val: 2 is not 0 or 0xff",
    ],
    [
      "no key",
      () => ["verify", path("image.bin")],
      "fuota: required option '--key <pem>' not specified",
    ],
    [
      "a key that is none",
      () => ["verify", path("image.bin"), "--key", path("payload.bin")],
      /payload\.bin: is not a key in PEM form$/,
    ],
    [
      "a public key to sign with",
      () => ["sign", ...inOut("image.bin", "x.bin"), ...key()],
      /pub\.pem: is a public key; signing needs the private one$/,
    ],
    [
      "an RSA key to sign with",
      () => ["sign", ...inOut("image.bin", "x.bin"), "--key", file("rsa.pem", rsaPem)],
      /rsa\.pem: is a key of type rsa, expected Ed25519 or P-256$/,
    ],
    [
      "an image to make an image of",
      () => ["make", ...inOut("image.bin", "x.bin"), "--version", "1.0.0"],
      /image\.bin: is an MCUboot image already; use image sign$/,
    ],
    [
      "another version for an image",
      () => ["sign", ...inOut("image.bin", "x.bin"), "--key", path("key.pem"), "--version", "2"],
      /image\.bin: is an image; its header stays as it is, only --key is new$/,
    ],
    [
      "no version",
      () => ["make", ...inOut("payload.bin", "x.bin")],
      "--version is missing, such as 1.0.0",
    ],
    [
      "a version that is none",
      () => ["make", ...inOut("payload.bin", "x.bin"), "--version", "1.999"],
      /^--version: 1\.999 is not major\.minor\.revision\+build/,
    ],
    [
      "a security counter that is none",
      () => ["make", ...inOut("payload.bin", "x.bin"), "--security-counter", "soon"],
      "--security-counter: soon is not an integer in 0..4294967295",
    ],
    [
      "a header that is too small",
      () => ["make", ...inOut("payload.bin", "x.bin"), "--header-size", "31"],
      "--header-size: 31 is not an integer in 32..65535",
    ],
    [
      "a class without its vendor",
      () => ["make", ...inOut("payload.bin", "x.bin"), "--version", "1", "--cid", "board"],
      "--cid: board is not a UUID; a name needs --vid beside it",
    ],
    [
      "Intel HEX to write",
      () => ["make", ...inOut("payload.bin", "x.hex"), "--version", "1"],
      /x\.hex would be Intel HEX; images are written raw \(\.bin\)$/,
    ],
    [
      "a folder to write to that is none",
      () => ["sign", ...inOut("image.bin", "none/x.bin"), "--key", path("key.pem")],
      /^cannot write .*none\/x\.bin: no such file$/,
    ],
    ["an unknown option", () => ["info", "--yaml", "x"], "fuota: unknown option '--yaml'"],
    ["an unknown verb", () => ["burn"], "fuota: unknown command 'burn'"],
  ])("%s", async (_, args, expected) => {
    const { status, out, problem } = await image(...args());
    expect(problem).toMatch(expected);
    expect(problem.split("\n")).toHaveLength(1);
    expect([status, out]).toEqual([2, ""]);
    expect(existsSync(path("x.bin")) || existsSync(path("x.key.pem"))).toBe(false);
  });

  test("every truncation of an image", async () => {
    const whole = bytesOf("image.bin");
    for (let length = 0; length < whole.length; length += length > 60 && length < 1000 ? 47 : 1) {
      const name = file("part.bin", whole.subarray(0, length));
      expect((await image("info", name)).status).toBe(2);
      expect((await image("verify", name, ...key())).status).toBe(2);
    }
  });
});
