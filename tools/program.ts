import { Command, type CommanderError } from "commander";
import type { RunParts } from "./run/command.ts";

interface Verb {
  readonly name: string;
  readonly load: (parts: RunParts) => Promise<Command>;
  /** As in the list of verbs; the command itself says the same. */
  readonly summary: string;
}

/**
 * The verbs. Each is loaded when it is called: together they take longer to load than most of them
 * to run.
 */
export const VERBS: readonly Verb[] = [
  {
    name: "run",
    load: async (parts) => (await import("./run/command.ts")).runCommand(parts),
    summary: "runs scenarios in virtual time",
  },
  {
    name: "plan",
    load: async (parts) => (await import("./plan/command.ts")).planCommand(parts),
    summary: "says what a campaign will take, and how it will end",
  },
  {
    name: "fleet",
    load: async (parts) => (await import("./fleet/command.ts")).fleetCommand(parts),
    summary: "runs a scenario against a real ChirpStack v4, ThingsBoard or Drogue, in real time",
  },
  {
    name: "conformance",
    load: async (parts) => (await import("./conformance/command.ts")).conformanceCommand(parts),
    summary: "asks a real ChirpStack v4 for all that a FUOTA server has to do, in real time",
  },
  {
    name: "provision",
    load: async (parts) => (await import("./provision/command.ts")).provisionCommand(parts),
    summary: "tells a server about the devices of a scenario, or lists them for any",
  },
  {
    name: "pull",
    load: async (parts) => (await import("./pull/command.ts")).pullCommand(parts),
    summary:
      "one device that takes its updates from a ThingsBoard or a Drogue, in chunks over HTTP, MQTT, CoAP or a serial line",
  },
  {
    name: "serve",
    load: async (parts) => (await import("./serve/command.ts")).serveCommand(parts),
    summary: "a stand-in of a server, on real sockets",
  },
  {
    name: "device",
    load: async (parts) => (await import("./device/command.ts")).deviceCommand(parts),
    summary: "a reference end device on a LoRa modem",
  },
  {
    name: "probe",
    load: async (parts) => (await import("./probe/command.ts")).probeCommand(parts),
    summary: "says what a LoRa modem is, and whether it will do for FUOTA",
  },
  {
    name: "modem",
    load: async (parts) => (await import("./modem/command.ts")).modemCommand(parts),
    summary: "a virtual LoRa modem on a pseudo-terminal or TCP, in its own network or a server's",
  },
  {
    name: "init",
    load: async ({ terminal }) =>
      (await import("./scenario/init-command.ts")).initCommand(terminal),
    summary: "writes a commented scenario to start from",
  },
  {
    name: "replay",
    load: async (parts) => (await import("./replay/command.ts")).replayCommand(parts),
    summary: "runs a recorded run again and compares what comes out",
  },
  {
    name: "pcap",
    load: async ({ terminal }) => (await import("./pcap/command.ts")).pcapCommand(terminal),
    summary: "writes the frames of a recorded run as a capture for Wireshark",
  },
  {
    name: "merge",
    load: async ({ terminal }) =>
      (await import("./report/merge-command.ts")).mergeCommand(terminal),
    summary: "joins the reports of all shards of a run, and decides its expectations",
  },
  {
    name: "diff",
    load: async ({ terminal }) => (await import("./diff/command.ts")).diffCommand(terminal),
    summary: "what came out otherwise between two reports, of runs or of sweeps",
  },
  {
    name: "fec",
    load: async () => (await import("./fec.ts")).fecCommand(),
    summary: "parity rows, encoder, decoder and test vectors (TS004)",
  },
  {
    name: "image",
    load: async ({ terminal }) => (await import("./image.ts")).imageCommand(terminal),
    summary: "signed firmware images (MCUboot format)",
  },
  {
    name: "decode",
    load: async ({ terminal }) => (await import("./decode.ts")).decodeCommand(terminal),
    summary: "explains a LoRaWAN frame or a TS003-TS006 payload in words",
  },
  {
    name: "bench",
    load: async () => (await import("./bench/bench.ts")).benchCommand(),
    summary: "the benchmarks",
  },
];

const DEFAULT_VERB = "run";

/** The command line for these arguments: verbs that they do not name are there in name only. */
export async function buildProgram(parts: RunParts, args: readonly string[]): Promise<Command> {
  const program = new Command("fuota")
    .description("A reference end device for firmware updates over the air, and the lab around it")
    .version(parts.version)
    // So that --version behind a verb is the verb's own.
    .enablePositionalOptions();
  const isNamed = ({ name }: Verb) => args.includes(name);
  const isNoneNamed = !VERBS.some(isNamed);
  for (const verb of VERBS) {
    const isDefault = verb.name === DEFAULT_VERB;
    const isWanted = isNamed(verb) || (isDefault && isNoneNamed);
    const command = isWanted
      ? await verb.load(parts)
      : new Command(verb.name).description(verb.summary);
    program.addCommand(command, { isDefault });
  }
  speakInOneLine(program, parts);
  return program;
}

/** Commander's own complaints become what all others are: one line, `fuota: …`, and a status. */
function speakInOneLine(command: Command, parts: RunParts): void {
  const { terminal } = parts;
  command.exitOverride();
  command.configureOutput({
    writeOut: terminal.out,
    writeErr: terminal.err,
    outputError: (text, write) => write(`fuota: ${oneLine(text)}\n`),
  });
  for (const subcommand of command.commands) speakInOneLine(subcommand, parts);
}

function oneLine(text: string): string {
  return text
    .replace(/^error: /, "")
    .trim()
    .replace(/\s*\n\s*/g, " ")
    .replace(/\p{Cc}/gu, "?");
}

/** Help and version are asked for; the rest of what commander throws is wrong usage. */
export function isAskedFor({ exitCode }: CommanderError): boolean {
  return exitCode === 0;
}
