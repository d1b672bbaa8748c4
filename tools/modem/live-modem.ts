import { NoPseudoTerminal, PseudoTerminal } from "#hal/serial/pseudo-terminal.ts";
import { InputError, RefusedError } from "#tools/errors.ts";
import { fileReasonOf } from "#tools/files.ts";
import { gpsNow } from "#tools/fleet/wall-clock.ts";
import { type NetworkInput, openModemNetwork } from "./modem-network.ts";
import { powerButton } from "./power-button.ts";
import { type ListenAddress, TcpPort } from "./tcp-port.ts";
import { Uart } from "./uart.ts";

/** `say`: where hosts find it, and what its network hears. */
export interface LiveModemInput extends Omit<NetworkInput, "time" | "emit"> {
  readonly baudRate: number;
  readonly tcp: ListenAddress | undefined;
  /** True: a pseudo-terminal; a text: and a link to it. */
  readonly pty: boolean | string | undefined;
  readonly interrupt: AbortSignal;
  readonly now: () => number;
}

interface Port {
  write(bytes: Uint8Array): void;
  close(): void;
}

/** Runs a virtual modem in real time until it is interrupted. */
export async function runLiveModem(input: LiveModemInput): Promise<void> {
  const { baudRate, interrupt, now, say } = input;
  const ports: Port[] = [];
  const uart = new Uart(baudRate, now, (bytes) => {
    for (const port of ports) port.write(bytes);
  });
  const { seconds: gpsAtStart, ms: ageMs } = gpsNow();
  const emit = (bytes: Uint8Array) => uart.write(bytes);
  const network = await openModemNetwork({ ...input, time: { gpsAtStart, ageMs }, emit });
  const { modem, clock } = network;
  const release = powerButton(() => {
    clock.sync();
    modem.powerCut();
    say("its power was cut");
  });
  try {
    const onData = (bytes: Uint8Array) => {
      clock.sync();
      modem.receive(bytes);
    };
    ports.push(...(await openPorts(input, onData)));
    clock.sync();
    network.start();
    const interrupted = new Promise<void>((resolve) => {
      interrupt.addEventListener("abort", () => resolve(), { once: true });
    });
    await Promise.race([interrupted, clock.run()]);
  } finally {
    release();
    clock.stop();
    uart.stop();
    for (const port of ports) port.close();
    await network.close();
  }
}

async function openPorts(
  { profile, tcp, pty, say }: LiveModemInput,
  onData: (bytes: Uint8Array) => void,
): Promise<readonly Port[]> {
  const ports: Port[] = [];
  const at: string[] = [];
  try {
    if (pty !== undefined && pty !== false) {
      const terminal = await PseudoTerminal.open({ onData });
      ports.push(terminal);
      if (typeof pty === "string") link(terminal, pty);
      at.push(typeof pty === "string" ? `${pty} (${terminal.path})` : terminal.path);
    }
    if (tcp !== undefined) {
      const port = await TcpPort.open(tcp, onData);
      ports.push(port);
      at.push(port.url);
    }
  } catch (error) {
    for (const port of ports) port.close();
    if (error instanceof NoPseudoTerminal) throw new RefusedError(`${error.message}; use --tcp`);
    throw error;
  }
  say(`modem ${profile.name} on ${at.join(" and ")}`);
  return ports;
}

function link(terminal: PseudoTerminal, path: string): void {
  try {
    terminal.linkAs(path);
  } catch (error) {
    const reason = fileReasonOf(error);
    if (reason === undefined) throw error;
    throw new InputError(`cannot make the link ${path}: ${reason}`);
  }
}
