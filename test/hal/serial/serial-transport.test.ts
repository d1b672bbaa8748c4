import { readdirSync } from "node:fs";
import { afterEach, describe, expect, test } from "vitest";
import { LineSplitter } from "#hal/serial/line-splitter.ts";
import { PseudoTerminal } from "#hal/serial/pseudo-terminal.ts";
import { openSerial } from "#hal/serial/serial-transport.ts";
import { type Transport, TransportError } from "#hal/serial/transport.ts";
import { Uart } from "#tools/modem/uart.ts";

/** The serial backend on a real pseudo-terminal, with the real port library. */

const open: PseudoTerminal[] = [];
afterEach(() => {
  for (const terminal of open.splice(0)) terminal.close();
});

/** A wire with a modem's end and a host's end. */
class Wire {
  readonly terminal: PseudoTerminal;
  readonly transport: Transport;
  /** At the host. */
  readonly received: Uint8Array[] = [];
  closedAtMs: number | undefined;
  closures = 0;
  cause: TransportError | undefined;
  onData: () => void = () => {};
  onClosed: () => void = () => {};

  private constructor(terminal: PseudoTerminal, transport: Transport) {
    this.terminal = terminal;
    this.transport = transport;
  }

  static async open(onModem: (bytes: Uint8Array) => void = () => {}): Promise<Wire> {
    const terminal = await PseudoTerminal.open({ onData: onModem });
    open.push(terminal);
    let wire: Wire | undefined;
    const transport = await openSerial(terminal.path, 115_200, {
      onData: (bytes) => {
        wire?.received.push(bytes);
        wire?.onData();
      },
      onClosed: (cause) => {
        if (wire === undefined) return;
        wire.closedAtMs = performance.now();
        wire.closures += 1;
        wire.cause = cause;
        wire.onClosed();
      },
    });
    wire = new Wire(terminal, transport);
    return wire;
  }

  get bytes(): Buffer {
    return Buffer.concat(this.received);
  }

  until(isDone: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const look = () => isDone() && resolve();
      this.onData = look;
      this.onClosed = look;
      look();
    });
  }

  /** Takes the modem away. */
  unplug(): void {
    open.splice(open.indexOf(this.terminal), 1);
    this.terminal.close();
  }
}

const openFiles = () => readdirSync("/proc/self/fd").length;

test("every byte value passes, both ways, at any rate", async () => {
  const all = Uint8Array.from({ length: 256 }, (_, value) => value);
  const heard: Uint8Array[] = [];
  const wire = await Wire.open((bytes) => {
    heard.push(bytes);
    if (Buffer.concat(heard).length === 256) wire.terminal.write(all);
  });
  await wire.transport.setBaudRate?.(9600);
  await wire.transport.write(all);
  await wire.until(() => wire.bytes.length === 256);
  expect(Buffer.concat(heard)).toEqual(Buffer.from(all));
  expect(wire.bytes).toEqual(Buffer.from(all));
  await wire.transport.close();
});

test("whoever closes a port, too, waits until it is free", async () => {
  const wire = await Wire.open();
  let isFree = false;
  void wire.transport.close().then(() => {
    isFree = true;
  });
  await wire.transport.close();
  expect(isFree).toBe(true);
});

test("a port that is open is busy for the next one", async () => {
  const wire = await Wire.open();
  const second = openSerial(wire.terminal.path, 115_200, { onData: () => {}, onClosed: () => {} });
  await expect(second).rejects.toThrow(/another program has it open/);
  await wire.transport.close();
});

describe("closing", () => {
  test("from this side has no cause, and happens once", async () => {
    const wire = await Wire.open();
    await wire.transport.close();
    await wire.transport.close();
    expect([wire.closures, wire.cause]).toEqual([1, undefined]);
    await expect(wire.transport.write(Uint8Array.of(1))).rejects.toThrow(TransportError);
  });

  test("from the other side is a loss, and happens once", async () => {
    const wire = await Wire.open();
    wire.unplug();
    await wire.until(() => wire.closures > 0);
    expect(wire.cause?.problem).toBe("lost");
    await expect(wire.transport.write(Uint8Array.of(1))).rejects.toThrow(TransportError);
    await wire.transport.close();
    expect(wire.closures).toBe(1);
  });
});

/** For how long this process had no turn: on a busy machine that is no port's doing. */
class Stalls {
  readonly #tickMs = 2;
  #lastMs = performance.now();
  #sumMs = 0;
  readonly #timer = setInterval(() => this.#tick(), this.#tickMs);

  get sumMs(): number {
    this.#tick();
    return this.#sumMs;
  }

  #tick(): void {
    const nowMs = performance.now();
    this.#sumMs += Math.max(0, nowMs - this.#lastMs - this.#tickMs);
    this.#lastMs = nowMs;
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}

test("200 replugs: each is noticed soon, what came before is there, nothing is left open", async () => {
  const lagsMs: number[] = [];
  const warmUp = await Wire.open();
  await warmUp.transport.close();
  warmUp.unplug();
  const before = openFiles();
  const stalls = new Stalls();
  for (let cycle = 0; cycle < 200; cycle++) {
    const wire = await Wire.open();
    // Half of them with traffic.
    if (cycle % 2 === 0) {
      wire.terminal.write(Buffer.from(`line ${cycle}\r\n`));
      await wire.until(() => wire.bytes.includes(0x0a));
      expect(wire.bytes.toString()).toBe(`line ${cycle}\r\n`);
    }
    const stalledMs = stalls.sumMs;
    const startMs = performance.now();
    wire.unplug();
    await wire.until(() => wire.closures > 0);
    const lagMs = (wire.closedAtMs ?? Number.POSITIVE_INFINITY) - startMs;
    lagsMs.push(lagMs - (stalls.sumMs - stalledMs));
    expect(wire.closures).toBe(1);
  }
  stalls.stop();
  lagsMs.sort((a, b) => a - b);
  expect(lagsMs.at(-1)).toBeLessThanOrEqual(250);
  expect(lagsMs[197]).toBeLessThanOrEqual(50);
  expect(openFiles()).toBeLessThanOrEqual(before + 2);
}, 60_000);

test("50 class C downlinks of 242 bytes back to back at 115200 baud: none is lost", async () => {
  const wire = await Wire.open();
  const lines = Array.from(
    { length: 50 },
    (_, index) =>
      `+EVT:RX_C:-88:5:MULTICAST:201:${index.toString(16).padStart(2, "0").repeat(242)}`,
  );
  const uart = new Uart(
    115_200,
    () => performance.now(),
    (bytes) => wire.terminal.write(bytes),
  );
  const startMs = performance.now();
  for (const line of lines) uart.write(Buffer.from(`${line}\r\n`));
  const total = lines.reduce((sum, line) => sum + line.length + 2, 0);
  await wire.until(() => wire.bytes.length >= total);
  // 10 bits a byte; what a busy machine adds is no fault.
  expect(performance.now() - startMs).toBeGreaterThan((total / 11_520) * 1000 * 0.9);
  const splitter = new LineSplitter();
  expect(wire.received.flatMap((chunk) => splitter.push(chunk))).toEqual(lines);
  await wire.transport.close();
});
