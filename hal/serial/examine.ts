import type { CommandEngine, Reply, RequestOptions } from "./command-engine.ts";
import type { DialectName } from "./dialect.ts";
import { TransportError } from "./transport.ts";

/** What a modem says of itself. Keys are never asked for, and never kept. */
export interface Examination {
  /** Of the hardware: model, serial number, … */
  readonly identity: Readonly<Record<string, string>>;
  /** What it is set to: band, class, … */
  readonly settings: Readonly<Record<string, string>>;
  /** Addresses of the multicast groups that it holds; undefined: it cannot say. */
  readonly mcGroups: readonly string[] | undefined;
}

interface Query {
  readonly command: string;
  readonly options?: RequestOptions;
  readonly facts: readonly Fact[];
}

interface Fact {
  readonly name: string;
  readonly of: "identity" | "settings";
  /** Of a line of the reply; its group is the value. */
  readonly line: RegExp;
  readonly words?: Readonly<Record<string, string>>;
}

const RUI3_BANDS = [
  ["0", "EU433"],
  ["1", "CN470"],
  ["2", "RU864"],
  ["3", "IN865"],
  ["4", "EU868"],
  ["5", "US915"],
  ["6", "AU915"],
  ["7", "KR920"],
  ["8", "AS923-1"],
  ["9", "AS923-2"],
  ["10", "AS923-3"],
  ["11", "AS923-4"],
  ["12", "LA915"],
] as const;

/** `AT+NAME=value`, or the bare value of older firmware. */
const query = (
  command: string,
  name: string,
  of: Fact["of"],
  words?: Readonly<Record<string, string>>,
): Query => ({
  command: `AT+${command}=?`,
  facts: [
    {
      name,
      of,
      line: new RegExp(`^(?:AT\\+${command}=)?(.{1,80})$`, "i"),
      ...(words && { words }),
    },
  ],
});

const rak: readonly Query[] = [
  query("HWMODEL", "model", "identity"),
  query("SN", "serialNumber", "identity"),
  query("UID", "uid", "identity"),
  query("CLIVER", "commandSet", "identity"),
  query("DEVEUI", "devEui", "identity"),
  query("APPEUI", "joinEui", "identity"),
  query("NWM", "networkMode", "settings", { "0": "P2P", "1": "LoRaWAN", "2": "FSK" }),
  query("NJM", "joinMode", "settings", { "0": "ABP", "1": "OTAA" }),
  query("BAND", "band", "settings", Object.fromEntries(RUI3_BANDS)),
  query("CLASS", "class", "settings"),
  query("DR", "dr", "settings"),
  query("ADR", "adr", "settings", { "0": "off", "1": "on" }),
  query("LPM", "lpm", "settings"),
  query("NJS", "joined", "settings", { "0": "no", "1": "yes" }),
];

const e5Line = (pattern: string) => new RegExp(`^\\+\\w+: ${pattern}$`, "i");
const SILENCE: RequestOptions = { silenceMs: 200 };

const queries: Readonly<Record<DialectName, readonly Query[]>> = {
  rui3: rak,
  rak3172v1: rak,
  e5: [
    {
      command: "AT+ID",
      options: SILENCE,
      facts: [
        { name: "devEui", of: "identity", line: e5Line("DevEui, ([0-9A-F:]{23})") },
        { name: "joinEui", of: "identity", line: e5Line("AppEui, ([0-9A-F:]{23})") },
      ],
    },
    {
      command: "AT+MODE",
      facts: [{ name: "joinMode", of: "settings", line: e5Line("(\\w{1,12})") }],
    },
    { command: "AT+CLASS", facts: [{ name: "class", of: "settings", line: e5Line("([ABC]).*") }] },
    {
      command: "AT+DR",
      options: SILENCE,
      facts: [{ name: "band", of: "settings", line: e5Line("([A-Z]{2}\\d{3}\\w*).*") }],
    },
  ],
  classic: [
    {
      command: "at+get_config=device:status",
      options: SILENCE,
      facts: [{ name: "model", of: "identity", line: /^(?:OK )?Board Core: ?(\w{1,20})$/ }],
    },
    {
      command: "at+get_config=lora:status",
      options: SILENCE,
      facts: [
        { name: "devEui", of: "identity", line: /^DevEui: ?([0-9A-Fa-f]{16})$/ },
        { name: "joinEui", of: "identity", line: /^AppEui: ?([0-9A-Fa-f]{16})$/ },
        { name: "band", of: "settings", line: /^Region: ?(\w{5,8})$/ },
        { name: "class", of: "settings", line: /^Class: ?([ABC])$/ },
        { name: "joinMode", of: "settings", line: /^Join_mode: ?(\w{3,4})$/ },
        { name: "joined", of: "settings", line: /^Joined Network: ?(\w{4,5})$/ },
        { name: "networkMode", of: "settings", line: /^(?:OK )?Work Mode: ?(\w{3,8})$/ },
      ],
    },
  ],
  stAtSlave: [
    {
      command: "AT+DEUI=?",
      facts: [{ name: "devEui", of: "identity", line: /^([0-9a-fA-F:]{23})$/ }],
    },
  ],
  rn2483: [
    {
      command: "sys get hweui",
      facts: [{ name: "devEui", of: "identity", line: /^([0-9A-F]{16})$/i }],
    },
  ],
};

/** How often it is asked until it says the same twice. */
const IDENTITY_READS = 5;

/**
 * What tells one modem from another; empty: it says nothing of the kind. Read twice: with a byte lost
 * on its way it would be another modem's. Throws {@link TransportError} as {@link examine} does.
 */
export async function identify(
  engine: CommandEngine,
  dialect: DialectName,
): Promise<Readonly<Record<string, string>>> {
  const isTelling = ({ name }: Fact) => name === "uid" || name === "devEui";
  const telling = queries[dialect].filter(({ facts }) => facts.some(isTelling));
  let { identity } = await asked(engine, telling);
  for (let reads = 1; reads < IDENTITY_READS; reads++) {
    const again = (await asked(engine, telling)).identity;
    if (JSON.stringify(again) === JSON.stringify(identity)) break;
    identity = again;
  }
  return identity;
}

/**
 * Asks what there is to ask of such a modem. What it refuses or does not know is left out. Throws
 * {@link TransportError} when it answers nothing any more.
 */
export async function examine(engine: CommandEngine, dialect: DialectName): Promise<Examination> {
  const facts = await asked(engine, queries[dialect]);
  return { ...facts, mcGroups: await groupsOf(engine, dialect) };
}

async function asked(
  engine: CommandEngine,
  all: readonly Query[],
): Promise<Pick<Examination, "identity" | "settings">> {
  const identity: Record<string, string> = {};
  const settings: Record<string, string> = {};
  for (const { command, options, facts } of all) {
    const { outcome, data, end } = await ask(engine, command, options);
    if (outcome === "refused" && data.length === 0) continue;
    for (const { name, of, line, words } of facts) {
      const value = firstMatch([...data, end], line);
      if (value === undefined) continue;
      const target = of === "identity" ? identity : settings;
      target[name] = words?.[value] ?? value;
    }
  }
  return { identity, settings };
}

/** A modem may be busy for seconds, and so may the machine of a virtual one. */
const SIGNS_OF_LIFE = 8;

/** Twice if need be. A question may go unanswered, but not every one. */
async function ask(
  engine: CommandEngine,
  command: string,
  options: RequestOptions = {},
): Promise<Reply> {
  const first = await engine.request(command, options);
  if (first.outcome === "ok" || first.outcome === "refused") return first;
  const second = await engine.request(command, options);
  if (second.outcome !== "silent") return second;
  for (let asked = 0; asked < SIGNS_OF_LIFE; asked++) {
    if ((await engine.request("AT")).outcome !== "silent") return second;
  }
  throw new TransportError("silent", "the modem answers no more");
}

function firstMatch(lines: readonly string[], pattern: RegExp): string | undefined {
  for (const line of lines) {
    const value = line === "OK" ? undefined : pattern.exec(line)?.[1];
    if (value !== undefined) return value;
  }
  return undefined;
}

/** The list holds keys: addresses are all that is taken from it. */
async function groupsOf(
  engine: CommandEngine,
  dialect: DialectName,
): Promise<readonly string[] | undefined> {
  if (dialect !== "rui3" && dialect !== "rak3172v1") return undefined;
  const { outcome, data } = await ask(engine, "AT+LSTMULC=?");
  if (outcome !== "ok") return undefined;
  const addresses = [...data.join(",").matchAll(/\b(?:Class)?[ABC0]:([0-9A-Fa-f]{8}):/g)];
  return addresses.map(([, address = ""]) => address).filter((address) => address !== "00000000");
}
