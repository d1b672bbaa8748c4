import type { RadioEvent } from "#hal/radio-port.ts";
import type { DialectName } from "#hal/serial/dialect.ts";
import type { ModemRefused, ModemSettings } from "#hal/serial/drivers/driver.ts";
import { driverOf } from "#hal/serial/drivers/driver-of.ts";
import { BAUD_RATES, findModem, Listener } from "#hal/serial/find-modem.ts";
import type { McGroups } from "#hal/serial/mc-groups.ts";
import type { LinkSignal, RadioState } from "#hal/serial/radio-watch.ts";
import { firmwareVersionOf } from "#hal/serial/rui-version.ts";
import { SerialRadio } from "#hal/serial/serial-radio.ts";
import { type Transport, TransportError, type TransportEvents } from "#hal/serial/transport.ts";
import { verdictOf } from "#hal/serial/verdict.ts";
import { RefusedError } from "#tools/errors.ts";
import { requireFound } from "#tools/probe/probe.ts";

export interface FinderInput {
  readonly port: string;
  readonly open: (baudRate: number, events: TransportEvents) => Promise<Transport>;
  readonly bauds?: readonly number[];
  readonly dialect?: DialectName;
  readonly settings: ModemSettings;
  readonly payloadMaxBytes: number;
  readonly groups: McGroups;
  readonly say: (text: string) => void;
  readonly emit: (event: RadioEvent) => void;
  readonly onState: (radio: SerialRadio, state: RadioState) => void;
  readonly onModem?: (title: string) => void;
  readonly onSignal?: (signal: LinkSignal) => void;
  /** Undefined: the port was closed from this side. */
  readonly onEnd: (radio: SerialRadio, cause: TransportError | ModemRefused | undefined) => void;
  /** Bytes have come from the modem. */
  readonly onHeard: () => void;
}

/** The modem of the first time. */
interface Known {
  readonly identity: Readonly<Record<string, string>>;
  readonly baudRate: number | undefined;
  readonly resetCommand: string;
}

/** A modem says its banner within three seconds; one that has none is up by then, too. */
const RESET_MS = 3000;
const HARD_RESET_MS = 1000;

/** Opens the port, finds out who is there, and takes nobody but the modem of the first time. */
export class ModemFinder {
  readonly #input: FinderInput;
  #known: Known | undefined;

  constructor(input: FinderInput) {
    this.#input = input;
  }

  /** Throws `RefusedError` for what will not do, `TransportError` when the port or the modem is lost. */
  async find(
    how: "asItIs" | "softReset" | "hardReset",
  ): Promise<{ readonly radio: SerialRadio; readonly transport: Transport }> {
    const bauds = this.#bauds();
    const listener = new Listener();
    let radio: SerialRadio | undefined;
    // Of a modem that may be another one.
    let held: (() => void)[] | undefined = [];
    const tell = (run: () => void) => void (held === undefined ? run() : held.push(run));
    const transport = await this.#input.open(bauds[0] ?? BAUD_RATES[0], {
      onData: (bytes) => {
        (radio ?? listener).receive(bytes);
        this.#input.onHeard();
      },
      onClosed: (cause) => {
        if (radio !== undefined) this.#input.onEnd(radio, cause);
        else if (cause !== undefined) listener.close(cause);
      },
    });
    try {
      if (how === "softReset") await this.#reset(transport, bauds);
      if (how === "hardReset") await pause(HARD_RESET_MS);
      radio = await this.#identify(transport, listener, bauds, tell);
      radio.recall(listener.heard, listener.takePending());
      await this.#requireKnown(radio);
      for (const run of held) run();
      held = undefined;
      return { radio, transport };
    } catch (error) {
      radio?.end();
      await transport.close();
      throw error;
    }
  }

  /** The rate of the first time before the others. */
  #bauds(): readonly number[] {
    const { bauds = BAUD_RATES } = this.#input;
    const first = this.#known?.baudRate;
    if (first === undefined) return bauds;
    return [first, ...bauds.filter((rate) => rate !== first)];
  }

  /** At every rate: it may hear what it cannot answer. */
  async #reset(transport: Transport, bauds: readonly number[]): Promise<void> {
    const command = Buffer.from(`\r\n${this.#known?.resetCommand ?? "ATZ"}\r\n`, "latin1");
    for (const baudRate of transport.setBaudRate === undefined ? [0] : bauds) {
      await transport.setBaudRate?.(baudRate);
      await transport.write(command);
    }
    await pause(RESET_MS);
  }

  async #identify(
    transport: Transport,
    listener: Listener,
    bauds: readonly number[],
    tell: (run: () => void) => void,
  ): Promise<SerialRadio> {
    const { port, dialect: expected, say } = this.#input;
    const found = await findModem(transport, listener, bauds);
    if (found.type === "silent" && this.#known !== undefined) {
      throw new TransportError("silent", `${port} does not answer`);
    }
    const only = expected === undefined ? {} : { expected };
    const { baudRate, ...rest } = requireFound(found, { port, ...only });
    if (rest.type === "foreign") {
      throw new RefusedError(`${port} is ${rest.modem.title}: ${rest.modem.reason}`);
    }
    const { dialect, firmware } = rest.modem;
    const verdict = verdictOf(dialect, firmwareVersionOf(firmware), {});
    const driver = driverOf(dialect, firmware);
    if (verdict.fuota === "no" || driver === undefined) {
      throw new RefusedError(`${port} (${firmware}) will not do: ${verdict.reasons[0]}`);
    }
    const at = baudRate === undefined ? "" : ` at ${baudRate} baud`;
    const title = `${dialect} ${firmware} on ${port}${at}`;
    say(`modem ${title}`);
    const { settings, payloadMaxBytes, groups, emit, onState, onEnd } = this.#input;
    const { onModem, onSignal } = this.#input;
    onModem?.(title);
    const radio: SerialRadio = new SerialRadio(
      transport,
      {
        dialect,
        driver,
        settings,
        payloadMaxBytes,
        say,
        emit: (event) => tell(() => emit(event)),
        onState: (state) => onState(radio, state),
        onSignal: (signal) => tell(() => onSignal?.(signal)),
        onEnd: (cause) => onEnd(radio, cause),
      },
      groups,
    );
    const { resetCommand } = driver;
    this.#known ??= { identity: {}, baudRate, resetCommand };
    return radio;
  }

  /** It is given the device's DevEUI, so that afterwards this one says who it is. */
  async #requireKnown(radio: SerialRadio): Promise<void> {
    const { port, settings } = this.#input;
    const identity = await radio.identity();
    const known = this.#known;
    if (known === undefined) return;
    const given = Buffer.from(settings.devEui).toString("hex");
    if (Object.keys(known.identity).length === 0) {
      this.#known = { ...known, identity: { ...identity, devEui: given } };
      return;
    }
    if (isSame(known.identity, identity)) return;
    const { uid, devEui = "" } = identity;
    throw new RefusedError(
      `${port} has another modem now, ${uid === undefined ? "" : `UID ${uid}, `}DevEUI ${devEui}: it is left alone`,
    );
  }
}

/** By the hardware where it says so; else by the DevEUI, which a power cut may have cleared. */
function isSame(
  known: Readonly<Record<string, string>>,
  now: Readonly<Record<string, string>>,
): boolean {
  if (known["uid"] !== undefined && now["uid"] !== undefined) return known["uid"] === now["uid"];
  const digits = now["devEui"]?.replace(/:/g, "").toLowerCase();
  return digits === undefined || /^0*$/.test(digits) || digits === known["devEui"];
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
