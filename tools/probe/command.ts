import { Command, Option } from "commander";
import type { DialectName } from "#hal/serial/dialect.ts";
import { DIALECTS } from "#hal/serial/dialects/by-name.ts";
import { EXIT } from "#tools/errors.ts";
import { integer, type RunParts } from "#tools/run/command.ts";
import { openSink } from "#tools/run/sink.ts";
import { openTarget, type PortTarget, portTarget } from "./port-target.ts";
import { probe } from "./probe.ts";
import { probeText } from "./probe-text.ts";
import { probeDocument } from "./schema.ts";

interface ProbeOptions {
  readonly baud?: number;
  readonly dialect?: DialectName;
  readonly json?: string;
}

export function probeCommand(parts: RunParts): Command {
  return new Command("probe")
    .description("says what a LoRa modem is, and whether it will do for FUOTA")
    .argument(
      "<port>",
      "serial port, or tcp://host:port of ser2net or of `fuota modem`",
      portTarget,
    )
    .option("--baud <rate>", "the only one to try; else the usual ones", integer(1200, 4_000_000))
    .addOption(new Option("--dialect <name>", "refuse every other").choices(Object.keys(DIALECTS)))
    .option("--json <file>", "writes the findings; - for standard output")
    .action(async (target: PortTarget, options: ProbeOptions) => {
      process.exitCode = await runProbe(target, options, parts);
    });
}

/** Changes nothing on the modem. */
async function runProbe(
  target: PortTarget,
  { baud, dialect, json }: ProbeOptions,
  { terminal, version }: RunParts,
): Promise<number> {
  const sink = json === undefined ? undefined : openSink(json, terminal.out);
  try {
    const result = await probe({
      port: target.type === "tcp" ? `tcp://${target.host}:${target.port}` : target.path,
      open: (baudRate, events) => openTarget(target, baudRate, events),
      ...(baud !== undefined && { bauds: [baud] }),
      ...(dialect !== undefined && { expected: dialect }),
    });
    const say = json === "-" ? terminal.err : terminal.out;
    say(probeText(result));
    sink?.write(`${JSON.stringify(probeDocument(result, version), null, 2)}\n`);
    return result.verdict.fuota === "no" ? EXIT.failed : EXIT.ok;
  } finally {
    sink?.close();
  }
}
