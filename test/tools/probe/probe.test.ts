import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { Ajv2020 } from "ajv/dist/2020.js";
import { afterAll, describe, expect, test } from "vitest";
import { probe } from "#tools/probe/probe.ts";
import { probeText } from "#tools/probe/probe-text.ts";
import { probeDocument, probeSchema } from "#tools/probe/schema.ts";
import { publishedText } from "#tools/schema-text.ts";
import {
  type Script,
  ScriptedModem,
  type ScriptedOptions,
  tableScript,
} from "../../hal/serial/scripted-modem.ts";
import { CommandBench } from "../run/command-bench.ts";
import { fakeSimulate } from "../run/fake-fleet.ts";

const KEY = "00112233445566778899AABBCCDDEEFF";
const groups = `C:01020304:${KEY}:${KEY}:869525000:00:0,0:00000000:${KEY}:${KEY}:000000000:00:0`;

const rui3 = (version: string, more: Readonly<Record<string, readonly string[]>> = {}): Script =>
  tableScript(
    {
      AT: ["OK"],
      "AT+VER=?": [`AT+VER=${version}`, "OK"],
      "AT+DEVEUI=?": ["AT+DEVEUI=AC1F09FFFE04891A", "OK"],
      "AT+NWM=?": ["AT+NWM=1", "OK"],
      "AT+BAND=?": ["AT+BAND=4", "OK"],
      "AT+LSTMULC=?": [groups, "OK"],
      ...more,
    },
    ["AT_COMMAND_NOT_FOUND"],
  );

const v1 = tableScript(
  { AT: ["", "OK"], "AT+VER=?": ["V1.0.4", "", "OK"], "AT+BAND=?": ["4", "", "OK"] },
  ["AT_ERROR"],
);
const e5 = tableScript(
  {
    AT: ["+AT: OK"],
    "AT+VER=?": ["+VER: 4.0.11"],
    "AT+ID": [
      "+ID: DevAddr, 32:30:9B:A2",
      "+ID: DevEui, 2C:F7:F1:20:24:90:03:63",
      "+ID: AppEui, 80:00:00:00:00:00:00:07",
    ],
    "AT+MODE": ["+MODE: LWABP"],
    "AT+CLASS": ["+CLASS: A"],
    "AT+DR": ["+DR: DR0", "+DR: EU868 DR0  SF12 BW125K"],
  },
  ["+AT: ERROR(-10)"],
);
const classic = tableScript(
  {
    "at+version": ["OK V3.2.0.14"],
    "at+get_config=device:status": ["OK Board Core:RAK4200", "MCU:STM32L071KB"],
    "at+get_config=lora:status": [
      "OK Work Mode: LoRaWAN",
      "Region: US915",
      `AppKey: ${KEY}`,
      "Class: A",
    ],
  },
  ["ERROR: 1"],
);
const rn2483 = tableScript(
  { "sys get ver": ["RN2483 1.0.5 Oct 31 2018 15:06:52"], "sys get hweui": ["0004A30B001BA639"] },
  ["invalid_param"],
);
const st = tableScript({ AT: ["OK"], "AT+VER=?": ["APP_VERSION:        V1.2.0", "OK"] }, [
  "AT_ERROR",
]);
const murata = tableScript({ AT: ["+OK"] }, ["+ERR=-1"]);

async function probed(script: Script, options: ScriptedOptions = {}) {
  let modem: ScriptedModem | undefined;
  const result = await probe({
    port: "/dev/ttyX",
    open: async (_, events) => {
      modem = new ScriptedModem(script, events, options);
      return modem.transport;
    },
  });
  return { result, text: probeText(result), heard: modem?.heard ?? [], modem };
}

describe.concurrent("each is recognised, and judged", () => {
  test.each<[string, Script, RegExp]>([
    ["RUI3 4.2", rui3("RUI_4.2.1_RAK3172-E"), /RUI3, firmware RUI_4\.2\.1[\s\S]*for FUOTA +yes/],
    [
      "RUI3 3.2",
      rui3("3.2.0-p2_22q1_final.87"),
      /their end is not told[\s\S]*with limits[\s\S]*update it to 4\.2/,
    ],
    [
      "RUI 5",
      rui3("RUI_5.0.0_RAK3172-E"),
      /writes the fragments over it[\s\S]*for FUOTA +no: RUI 5 answers the ports 200, 201 and 202/,
    ],
    ["a look-alike", rui3("RUI_comp_1.0.0_RAK4631"), /for FUOTA/],
    [
      "P2P mode",
      rui3("RUI_4.2.1_X", { "AT+NWM=?": ["AT+NWM=0", "OK"] }),
      /no: it is in P2P mode; AT\+NWM=1/,
    ],
    ["before RUI3", v1, /before RUI3[\s\S]*band EU868[\s\S]*with limits: .*9600 baud/],
    [
      "LoRa-E5",
      e5,
      /LoRa-E5, firmware 4\.0\.11[\s\S]*2C:F7:F1[\s\S]*join mode LWABP, class A, band EU868[\s\S]*1 group/,
    ],
    ["classic", classic, /classic[\s\S]*model RAK4200[\s\S]*RX2 only[\s\S]*118 bytes/],
    ["RN2483", rn2483, /RN2483[\s\S]*0004A30B001BA639[\s\S]*for FUOTA +no/],
    ["ST", st, /ST AT_Slave[\s\S]*no: its commands have no multicast groups/],
    ["Murata", murata, /for FUOTA +no: a Murata/],
  ])("%s", async (_, script, words) => {
    const { text, heard, modem } = await probed(script);
    expect(text).toMatch(words);
    expect(text).not.toContain(KEY);
    expect(modem?.isClosed).toBe(true);
    // Questions only.
    expect(
      heard.filter((line) => /=(?!\?$)|^AT[ZRE]/.test(line) && !/get_config=/.test(line)),
    ).toEqual([]);
    expect(heard.join()).not.toMatch(/KEY/i);
  });
});

test("left groups and known bugs are told, keys are not", async () => {
  const { text, result } = await probed(
    rui3("RUI_4.0.4_RAK3172", { "AT+LPM=?": ["AT+LPM=1", "OK"] }),
  );
  expect(result.modem?.mcGroups).toEqual(["01020304"]);
  expect(text).toMatch(/holds groups +01020304/);
  expect(text).toMatch(/49\.7 days[\s\S]*first byte after sleep/);
  expect(text).not.toMatch(/ATZ until/);
});

describe.concurrent("lines come in any way", () => {
  test.each<[string, ScriptedOptions]>([
    ["byte by byte", { chunkBytes: 1 }],
    ["with echo", { echo: true }],
    ["with LF CR", { lineEnd: "\n\r" }],
  ])("%s", async (_, options) => {
    const { result } = await probed(rui3("RUI_4.2.1_RAK3172-E"), options);
    expect(result.verdict.fuota).toBe("yes");
  });

  test("at 9600 baud", async () => {
    expect((await probed(v1, { baudRate: 9600 })).result.baudRate).toBe(9600);
  });
});

describe.concurrent("what cannot be probed says why", () => {
  test.each<[string, Script, ScriptedOptions, RegExp]>([
    ["nobody", () => [], {}, /^\/dev\/ttyX does not answer: check power, and that TX and RX/],
    [
      "nobody at a known rate",
      () => ["OK"],
      { baudRate: 300 },
      /sent \d+ bytes and no answer to AT at 115200, 9600, 57600, 19200 baud/,
    ],
    [
      "a stranger",
      tableScript({ AT: ["OK"] }, ["\u001b[31mwhat?"]),
      {},
      /no dialect known here: \?\[31mwhat\?$/,
    ],
    ["gone at once", rui3("RUI_4.2.1"), { hangsUpAt: "AT" }, /^the modem is gone$/],
    ["gone in the middle", rui3("RUI_4.2.1"), { hangsUpAt: "AT+BAND=?" }, /^the modem is gone$/],
  ])("%s", async (_, script, options, words) => {
    await expect(probed(script, options)).rejects.toThrow(words);
  });
});

test("the findings are what the schema says, and it is published", async () => {
  const { result } = await probed(rui3("RUI_4.2.1_RAK3172-E"));
  const document = probeDocument(result, "0.1.0");
  const validate = new Ajv2020({ strict: true }).compile(JSON.parse(publishedText(probeSchema)));
  expect(validate(document), JSON.stringify(validate.errors)).toBe(true);
  const published = new URL("../../../docs/probe.schema.json", import.meta.url);
  expect(readFileSync(published, "utf8")).toBe(publishedText(probeSchema));
});

describe("the command", () => {
  const bench = new CommandBench();
  const servers: Server[] = [];
  afterAll(() => {
    bench.remove();
    for (const server of servers) server.close();
  });

  /** A modem behind a TCP port. */
  async function served(script: Script): Promise<string> {
    const server = createServer((socket) => {
      const modem = new ScriptedModem(script, {
        onData: (bytes) => socket.write(bytes),
        onClosed: () => {},
      });
      const { transport } = modem;
      socket.on("data", (bytes) => void transport.write(bytes));
      socket.on("error", () => {});
    }).listen(0, "127.0.0.1");
    servers.push(server);
    await new Promise((resolve) => server.once("listening", resolve));
    const address = server.address();
    return `tcp://127.0.0.1:${typeof address === "object" ? address?.port : 0}`;
  }

  test("over TCP, with findings as JSON", async () => {
    const port = await served(rui3("RUI_4.2.1_RAK3172-E"));
    expect(
      await bench.fuota(fakeSimulate(0), "probe", port, "--json", bench.at("probe.json")),
    ).toBe(0);
    expect(JSON.parse(bench.read("probe.json"))).toMatchObject({ port, baudRate: null });
  });

  test("a modem that will not do ends with 1", async () => {
    expect(await bench.fuota(fakeSimulate(0), "probe", await served(rui3("RUI_5.0.0_X")))).toBe(1);
  });

  test("a dialect that it has not is refused", async () => {
    const port = await served(e5);
    const run = bench.fuota(fakeSimulate(0), "probe", port, "--dialect", "rui3");
    await expect(run).rejects.toThrow(/is a modem of dialect e5 \(4\.0\.11\), not rui3/);
  });

  test.each([
    ["/dev/does-not-exist", "no such port"],
    ["/dev/null", "is not a serial port"],
    [".", "is not a serial port"],
    ["tcp://127.0.0.1:1", "nobody listens there"],
  ])("%s: %s", async (port, words) => {
    await expect(bench.fuota(fakeSimulate(0), "probe", port)).rejects.toThrow(words);
  });

  test.each([["tcp://x"], ["tcp://x:0"], ["tcp://x:70000"], ["udp://x:1"]])(
    "%s is no port",
    async (port) => {
      expect(await bench.complaint(fakeSimulate(0), "probe", port)).toMatch(/tcp:\/\/host:port/);
    },
  );
});
