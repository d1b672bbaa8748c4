import { NodeCrypto } from "#hal/node/crypto.ts";
import { NoPseudoTerminal, PseudoTerminal } from "#hal/serial/pseudo-terminal.ts";
import { ModemLab } from "#sim/modem/modem-lab.ts";
import type { ModemProfile } from "#sim/modem/profiles.ts";
import { InputError, RefusedError } from "#tools/errors.ts";
import { fileReasonOf } from "#tools/files.ts";
import { gpsNow, WallClock } from "#tools/fleet/wall-clock.ts";
import type { ModemSetting } from "./modem-setting.ts";
import { powerButton } from "./power-button.ts";
import { type ListenAddress, TcpPort } from "./tcp-port.ts";
import { Uart } from "./uart.ts";

export interface LiveModemInput extends ModemSetting {
  readonly profile: ModemProfile;
  readonly baudRate: number;
  readonly tcp: ListenAddress | undefined;
  /** True: a pseudo-terminal; a text: and a link to it. */
  readonly pty: boolean | string | undefined;
  readonly interrupt: AbortSignal;
  readonly now: () => number;
  /** Where hosts find it, and what its network hears. */
  readonly say: (text: string) => void;
}

interface Port {
  write(bytes: Uint8Array): void;
  close(): void;
}

/** Runs a virtual modem in real time until it is interrupted. */
export async function runLiveModem(input: LiveModemInput): Promise<void> {
  const { profile, regional, identity, seed, troubles, baudRate, interrupt, now, say } = input;
  const ports: Port[] = [];
  const uart = new Uart(baudRate, now, (bytes) => {
    for (const port of ports) port.write(bytes);
  });
  const lab = new ModemLab({
    profile,
    regional,
    identity,
    crypto: new NodeCrypto(),
    seed,
    troubles,
    gpsAtStart: gpsNow().seconds,
    emit: (bytes) => uart.write(bytes),
    onUplink: (fPort, payload) =>
      say(`uplink on port ${fPort}: ${Buffer.from(payload).toString("hex")}`),
  });
  const clock = new WallClock(lab.engine, gpsNow().ms);
  const onData = (bytes: Uint8Array) => {
    clock.sync();
    lab.modem.receive(bytes);
  };
  const release = powerButton(() => {
    clock.sync();
    lab.modem.powerCut();
    say("its power was cut");
  });
  try {
    ports.push(...(await openPorts(input, onData)));
    lab.modem.powerOn();
    const interrupted = new Promise<void>((resolve) => {
      interrupt.addEventListener("abort", () => resolve(), { once: true });
    });
    await Promise.race([interrupted, clock.run()]);
  } finally {
    release();
    clock.stop();
    uart.stop();
    for (const port of ports) port.close();
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
