import { closeSync, constants, openSync, readlinkSync, symlinkSync, unlinkSync } from "node:fs";
import { ReadStream } from "node:tty";

/** The calls of the C library that Node has not. */
interface LibC {
  posix_openpt(flags: number): number;
  grantpt(fd: number): number;
  unlockpt(fd: number): number;
  ptsname_r(fd: number, name: Uint8Array, size: number): number;
  tcgetattr(fd: number, termios: Uint8Array): number;
  cfmakeraw(termios: Uint8Array): void;
  tcsetattr(fd: number, actions: number, termios: Uint8Array): number;
}

const NAME_BYTES = 128;
/** More than any struct termios has. */
const TERMIOS_BYTES = 256;
const TCSANOW = 0;
const UNREAD_MAX_BYTES = 65_536;
const O_CLOEXEC = 0o2000000;

/** There are no pseudo-terminals here, and why. */
export class NoPseudoTerminal extends Error {
  override readonly name = "NoPseudoTerminal";
}

async function loadLibC(): Promise<LibC> {
  if (process.platform !== "linux") throw new NoPseudoTerminal("pseudo-terminals need Linux");
  try {
    const { default: koffi } = await import("koffi");
    const c = koffi.load("libc.so.6");
    return {
      posix_openpt: c.func("int posix_openpt(int)"),
      grantpt: c.func("int grantpt(int)"),
      unlockpt: c.func("int unlockpt(int)"),
      ptsname_r: c.func("int ptsname_r(int, _Out_ uint8_t *, size_t)"),
      tcgetattr: c.func("int tcgetattr(int, _Out_ uint8_t *)"),
      cfmakeraw: c.func("void cfmakeraw(_Inout_ uint8_t *)"),
      tcsetattr: c.func("int tcsetattr(int, int, const uint8_t *)"),
    };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new NoPseudoTerminal(`pseudo-terminals need the optional package koffi: ${why}`);
  }
}

export interface PseudoTerminalEvents {
  onData(bytes: Uint8Array): void;
}

/**
 * The device end of a pseudo-terminal: what a modem is behind its UART. Hosts open {@link path} like
 * any serial port, as often as they like.
 */
export class PseudoTerminal {
  readonly path: string;
  readonly #slave: number;
  readonly #stream: ReadStream;
  #link: string | undefined;

  private constructor(master: number, slave: number, path: string, events: PseudoTerminalEvents) {
    this.path = path;
    // Held open: without a slave, reading the master is an error.
    this.#slave = slave;
    this.#stream = new ReadStream(master);
    this.#stream.on("data", (bytes: Uint8Array) => events.onData(bytes));
    this.#stream.on("error", () => {});
  }

  /** Throws {@link NoPseudoTerminal} where there is no such thing. */
  static async open(events: PseudoTerminalEvents): Promise<PseudoTerminal> {
    const c = await loadLibC();
    const { O_RDWR, O_NOCTTY } = constants;
    const master = c.posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (master < 0) throw new NoPseudoTerminal("the system gives no pseudo-terminal");
    const name = new Uint8Array(NAME_BYTES);
    const isReady =
      c.grantpt(master) === 0 &&
      c.unlockpt(master) === 0 &&
      c.ptsname_r(master, name, NAME_BYTES) === 0;
    if (!isReady) {
      closeSync(master);
      throw new NoPseudoTerminal("the system gives no pseudo-terminal");
    }
    const path = Buffer.from(name.subarray(0, name.indexOf(0))).toString("latin1");
    const slave = openSync(path, O_RDWR | O_NOCTTY);
    // Raw, before the first byte: a terminal echoes and edits.
    const termios = new Uint8Array(TERMIOS_BYTES);
    c.tcgetattr(slave, termios);
    c.cfmakeraw(termios);
    c.tcsetattr(slave, TCSANOW, termios);
    return new PseudoTerminal(master, slave, path, events);
  }

  /** Makes a name for it that stays the same. Replaces a link, and nothing else. */
  linkAs(link: string): void {
    if (isLink(link)) unlinkSync(link);
    symlinkSync(this.path, link);
    this.#link = link;
  }

  /** What no host reads is lost at some point, as on a wire. */
  write(bytes: Uint8Array): void {
    if (this.#stream.writableLength < UNREAD_MAX_BYTES) this.#stream.write(bytes);
  }

  close(): void {
    if (this.#link !== undefined && isLink(this.#link)) unlinkSync(this.#link);
    this.#stream.destroy();
    closeSync(this.#slave);
  }
}

function isLink(path: string): boolean {
  try {
    readlinkSync(path);
    return true;
  } catch {
    return false;
  }
}
