import { type Capabilities, capabilitiesOf } from "#hal/serial/capabilities.ts";
import { CommandEngine } from "#hal/serial/command-engine.ts";
import type { DialectName } from "#hal/serial/dialect.ts";
import { DIALECTS } from "#hal/serial/dialects/by-name.ts";
import { type Examination, examine } from "#hal/serial/examine.ts";
import { BAUD_RATES, type Found, findModem, Listener } from "#hal/serial/find-modem.ts";
import { type KnownBug, knownBugsOf } from "#hal/serial/known-bugs.ts";
import { firmwareVersionOf } from "#hal/serial/rui-version.ts";
import { type Transport, TransportError, type TransportEvents } from "#hal/serial/transport.ts";
import { type Verdict, verdictOf } from "#hal/serial/verdict.ts";
import { RefusedError } from "#tools/errors.ts";

export interface ProbeInput {
  /** As the messages name it. */
  readonly port: string;
  readonly open: (baudRate: number, events: TransportEvents) => Promise<Transport>;
  /** The only rates to try. */
  readonly bauds?: readonly number[];
  /** The only dialect that will do. */
  readonly expected?: DialectName;
}

/** What is known of a modem that was recognised. */
export interface ProbedModem extends Examination {
  readonly dialect: DialectName;
  readonly title: string;
  readonly firmware: string;
  readonly version: string | undefined;
  readonly capabilities: Capabilities;
  readonly bugs: readonly KnownBug[];
}

export interface ProbeResult {
  readonly port: string;
  readonly baudRate: number | undefined;
  /** Undefined: recognised as something that is not spoken with. */
  readonly modem: ProbedModem | undefined;
  readonly verdict: Verdict;
}

/**
 * Finds out what is at a port without changing anything there. Throws `RefusedError` where that
 * cannot be done.
 */
export async function probe(input: ProbeInput): Promise<ProbeResult> {
  const { port, bauds = BAUD_RATES } = input;
  const listener = new Listener();
  let onData = (bytes: Uint8Array) => listener.receive(bytes);
  let onClosed = (cause: TransportError) => listener.close(cause);
  const events: TransportEvents = {
    onData: (bytes) => onData(bytes),
    onClosed: (cause) => cause && onClosed(cause),
  };
  let transport: Transport | undefined;
  try {
    transport = await input.open(bauds[0] ?? BAUD_RATES[0], events);
    const found = requireFound(await findModem(transport, listener, bauds), input);
    const { baudRate } = found;
    if (found.type === "foreign") {
      const { title, reason } = found.modem;
      return {
        port,
        baudRate,
        modem: undefined,
        verdict: { fuota: "no", reasons: [title, reason] },
      };
    }
    const { dialect, firmware } = found.modem;
    const engine = new CommandEngine(transport, DIALECTS[dialect], () => {});
    onData = (bytes) => engine.receive(bytes);
    onClosed = (cause) => engine.close(cause);
    const examination = await examine(engine, dialect);
    return { port, baudRate, ...judged(dialect, firmware, examination) };
  } catch (error) {
    if (error instanceof TransportError) {
      throw new RefusedError(
        error.problem === "silent" ? `${port}: ${error.message}` : error.message,
      );
    }
    throw error;
  } finally {
    await transport?.close();
  }
}

function judged(
  dialect: DialectName,
  firmware: string,
  examination: Examination,
): Pick<ProbeResult, "modem" | "verdict"> {
  const version = firmwareVersionOf(firmware);
  const { settings } = examination;
  return {
    modem: {
      ...examination,
      dialect,
      title: DIALECTS[dialect].title,
      firmware,
      version: version?.join("."),
      capabilities: capabilitiesOf(dialect, version),
      bugs: knownBugsOf(dialect, version, settings),
    },
    verdict: verdictOf(dialect, version, settings),
  };
}

/** A modem of any kind; everything else ends here, each with its own words. */
export function requireFound(
  found: Found,
  { port, expected }: Pick<ProbeInput, "port" | "expected">,
): Extract<Found, { type: "modem" | "foreign" }> {
  if (found.type === "silent") {
    const { bauds, noiseBytes } = found;
    const at = bauds.length === 0 ? "" : ` at ${bauds.join(", ")} baud`;
    const why =
      noiseBytes === 0
        ? `${port} does not answer${at}: check power, and that TX and RX are crossed`
        : `${port} sent ${noiseBytes} bytes and no answer to AT${at}: it has another baud rate, or it is no modem`;
    throw new RefusedError(why);
  }
  if (found.type === "unknown") {
    throw new RefusedError(`${port} answers, but in no dialect known here${quoted(found.said)}`);
  }
  if (expected !== undefined && found.type === "modem" && found.modem.dialect !== expected) {
    const { dialect, firmware } = found.modem;
    throw new RefusedError(
      `${port} is a modem of dialect ${dialect} (${firmware}), not ${expected}`,
    );
  }
  if (expected !== undefined && found.type === "foreign") {
    throw new RefusedError(`${port} is ${found.modem.title}, not a modem of dialect ${expected}`);
  }
  return found;
}

/** What a stranger said: short, and without bytes that a terminal obeys. */
function quoted(said: string): string {
  const text = said.replace(/[^\x20-\x7e]/g, "?").slice(0, 60);
  return text === "" ? "" : `: ${text}`;
}
