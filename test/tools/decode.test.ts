import fc from "fast-check";
import { afterEach, describe, expect, test } from "vitest";
import { COMMAND_WORDS } from "#tools/decode/command-words.ts";
import { decodeCommand } from "#tools/decode.ts";
import { InputError } from "#tools/errors.ts";
import { clockSyncVectors } from "../agent/packages/clock-sync-vectors.ts";
import { firmwareVectors } from "../agent/packages/firmware-vectors.ts";
import { fragmentationVectors } from "../agent/packages/fragmentation-vectors.ts";
import { multicastVectors } from "../agent/packages/multicast-vectors.ts";
import { packageVersionVectors } from "../agent/packages/package-version-vectors.ts";

interface Outcome {
  readonly out: string;
  readonly problem: string | undefined;
  readonly status: number;
}

afterEach(() => {
  process.exitCode = undefined;
});

/** What the command prints, says and ends with. Anything but an `InputError` is a bug. */
function decode(...args: string[]): Outcome {
  let out = "";
  const terminal = {
    out: (text: string) => {
      out += text;
    },
    err: () => {},
    isInteractive: false,
    rows: 24,
    hasColor: false,
    columns: 80,
  };
  process.exitCode = undefined;
  const command = decodeCommand(terminal)
    .exitOverride()
    .configureOutput({ writeErr: () => {} });
  try {
    command.parse(args, { from: "user" });
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return { out, problem: error.message, status: 2 };
  }
  return { out, problem: undefined, status: Number(process.exitCode ?? 0) };
}

const FRAGMENT_1 = "60FEFFFF01000000C9AC35C864BDFCC7AC98D89E9C60BDDE9D1A";
const FRAGMENT_11 = "60FEFFFF01000100C9A0240BF47D95D6F24E939322529B48E81F";
const KEYS = [
  "--app-s-key",
  "AD54E08FA9FD780B74CFA5CC2AC0B441",
  "--nwk-s-key",
  "DA54CA65D178B09869558373C6DD9643",
];

describe("a frame", () => {
  test("without keys: what is in clear, and what is missing", () => {
    const { out, status } = decode(FRAGMENT_1);
    expect(out).toMatch(/unconfirmed data, server to device, 26 bytes/);
    expect(out).toMatch(/DevAddr +01FFFFFE/);
    expect(out).toMatch(/FPort +201/);
    expect(out).toMatch(/not checked: give --nwk-s-key/);
    expect(out).toMatch(/encrypted: give the key/);
    expect(out).not.toMatch(/DataFragment/);
    expect(status).toBe(0);
  });

  test("with keys: checked, decrypted, explained", () => {
    const { out, status } = decode(FRAGMENT_1, ...KEYS);
    expect(out).toMatch(/BDDE9D1A +valid/);
    expect(out).toMatch(/08010000010203040506070809 +in clear/);
    expect(out).toMatch(/DataFragment .*one fragment\n +n +1\n/);
    expect(status).toBe(0);
  });

  test("of a long session: the upper half of the counter is needed", () => {
    expect(decode(FRAGMENT_11, ...KEYS)).toMatchObject({ status: 1 });
    expect(decode(FRAGMENT_11, ...KEYS).out).toMatch(/WRONG.*--f-cnt-high/);
    expect(decode(FRAGMENT_11, ...KEYS).out).not.toMatch(/DataFragment/);
    const { out, status } = decode(FRAGMENT_11, ...KEYS, "--f-cnt-high", "1");
    expect(out).toMatch(/FCnt +65537\n/);
    expect(out).toMatch(/n +11\n/);
    expect(status).toBe(0);
  });

  test("a join request, a join accept", () => {
    const joinRequest = "00 0807060504030201 1817161514131211 0102 DEADBEEF";
    expect(decode(joinRequest).out).toMatch(/JoinEUI +0102030405060708\n.*DevEUI +11121314/);
    expect(decode(`20${"00".repeat(16)}`).out).toMatch(/join accept/);
  });

  test("MAC commands in FOpts", () => {
    expect(decode("40 01020304 03 0100 020506 DEADBEEF").out).toMatch(/MAC commands/);
    const status = decode("60 01020304 01 0100 06 DEADBEEF");
    expect(status.out).toMatch(/DevStatusReq \(CID 0x06, 1 byte\)/);
  });
});

describe("a payload", () => {
  const ports = { clockSync: "202", mc: "200", frag: "201", fw: "203" };
  const optionsOf = (set: string): readonly string[] => {
    const port = Object.entries(ports).find(([name]) => set.startsWith(name))?.[1] ?? "";
    const direction = set.includes("Uplink") ? "up" : "down";
    const isChirpstack = set.endsWith("Chirpstack");
    const version = isChirpstack ? "chirpstack" : set.endsWith("V1") ? "v1" : "v2";
    return ["--port", port, "--direction", direction, "--version", version];
  };

  test.each([
    ...clockSyncVectors,
    ...firmwareVectors,
    ...fragmentationVectors,
    ...multicastVectors,
    ...packageVersionVectors,
  ])("$set $bytes: $command.name, in words", ({ set, bytes, command }) => {
    const { out, problem } = decode(...optionsOf(set), bytes);
    expect(problem).toBeUndefined();
    expect(out).toContain(command.name);
    expect(out).toContain(COMMAND_WORDS[command.name]);
    expect(out).not.toMatch(/undefined|\[object|NaN/);
  });

  test.each([
    {
      port: "200",
      bytes: "04 00 927B8056 08 D2AD84 00",
      words: /2026-01-01T00:00:00Z\n.*lasts 256 s\n.*869\.525 MHz/,
    },
    {
      port: "200",
      bytes: "05 00 807B8056 23 000000 00",
      words: /lasts 1024 s\n.*32 ping slots.*\n.*default of the region/,
    },
    {
      port: "201",
      bytes: "02 00 0A00 0A 42 05 01020304 0700 BBFAD00C",
      words: /unicast only.*within 64 s/s,
    },
    { port: "202", bytes: "02 07", words: /every 16384 s/ },
    { port: "203", bytes: "02 FFFFFFFF", words: /cancel/ },
    { port: "203", bytes: "03 000000", words: /at once/ },
  ])("$port: $bytes", ({ port, bytes, words }) => {
    expect(decode("--port", port, bytes).out).toMatch(words);
  });

  test.each([
    { version: "v1", words: /notEnoughMatrixMemory +yes/ },
    { version: "v2", words: /nbFragReceived +128\n/ },
  ])("a status answer of $version", ({ version, words }) => {
    const args = ["--port", "201", "--direction", "up", "--version", version, "01 00 80 00 01"];
    expect(decode(...args).out).toMatch(words);
  });

  test("the heartbeat of our own device goes up only", () => {
    const heartbeat = "01 05 2C01";
    const { out } = decode("--port", "1", "--direction", "up", heartbeat);
    expect(out).toMatch(/session +1 +receiving\n +clockSynced +yes\n +trial +no\n +missing +300/);
    expect(decode("--port", "1", heartbeat).problem).toMatch(/0x01 is no command here/);
  });

  test("spaces, colons and 0x are for the reader", () => {
    const plain = decode("--port", "200", "0302").out;
    expect(decode("--port", "200", "03", "02").out).toBe(plain);
    expect(decode("--port", "200", "0x03:02").out).toBe(plain);
  });

  test("what was understood is printed before the complaint", () => {
    const { out, problem, status } = decode("--port", "200", "03 02 7f 00");
    expect(out).toMatch(/McGroupDeleteReq/);
    expect(problem).toBe("byte 2: 0x7F is no command here; a device ignores the rest");
    expect(status).toBe(2);
  });
});

describe("unusable input: one line that says what", () => {
  test.each([
    { args: [""], problem: /HEX: no bytes/ },
    { args: ["zz"], problem: /HEX: not hexadecimal/ },
    { args: ["123"], problem: /odd number/ },
    { args: ["00".repeat(256)], problem: /more than the 255 bytes/ },
    { args: ["00"], problem: /not a LoRaWAN frame.*--port/ },
    { args: [FRAGMENT_1.slice(0, 20)], problem: /not a LoRaWAN frame/ },
    { args: ["E0".padEnd(30, "0")], problem: /message type/ },
    { args: ["--port", "2", "00"], problem: /FPort 2; known are 0, 1, 200/ },
    { args: ["--port", "256", "00"], problem: /--port: "256"/ },
    { args: ["--port", "-1", "00"], problem: /--port: "-1"/ },
    { args: ["--port", "200", "02 00"], problem: /byte 0: command 0x02 is cut short/ },
    { args: ["--port", "201", "01 01 08 00 00"], problem: /byte 2: .* must be alone/ },
    { args: ["--app-s-key", "00", FRAGMENT_1], problem: /--app-s-key: 1 byte, a key has 16/ },
    { args: ["--f-cnt-high", "65536", FRAGMENT_1], problem: /--f-cnt-high/ },
  ])("$problem", ({ args, problem }) => {
    const outcome = decode(...args);
    expect(outcome.problem).toMatch(problem);
    expect(outcome.problem).not.toMatch(/\n/);
    expect(outcome.status).toBe(2);
  });

  test("every cut of a frame", () => {
    for (let digits = 2; digits < FRAGMENT_1.length; digits += 2) {
      const { problem, status } = decode(FRAGMENT_1.slice(0, digits), ...KEYS);
      expect(problem !== undefined || status === 1).toBe(true);
    }
  });

  test("no bytes crash it", () => {
    const bytes = fc.uint8Array({ minLength: 1, maxLength: 255 });
    fc.assert(
      fc.property(bytes, (frame) => {
        decode(Buffer.from(frame).toString("hex"), ...KEYS);
      }),
      { seed: 1, numRuns: 200 },
    );
  });
});
