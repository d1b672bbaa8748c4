import type { DrogueCommand, DrogueStatus } from "#agent/pull/drogue.wire.ts";
import { DROGUE_CHANNEL, drogueCommand, drogueStatus } from "#agent/pull/drogue.wire.ts";
import { DROGUE_FRAME_PIECE_BYTES, DrogueFrames, drogueFrame } from "#agent/pull/drogue-frame.ts";
import { decodeCbor, encodeCbor } from "#agent/wire/cbor.ts";
import { decodePostcard, encodePostcard } from "#agent/wire/postcard.ts";
import type { DrogueCloud } from "./cloud.ts";
import { publishAndWait } from "./command-wait.ts";
import type { DrogueDevice } from "./registry.ts";

export interface SerialHostOptions {
  /** For whom it speaks to Drogue. */
  readonly device: DrogueDevice;
  /** Between one status and `Swap` it does not listen, as drgdfu does; otherwise it answers each status. */
  readonly streams: boolean;
  /** Between two commands of a stream: drgdfu takes 1 s with a file, 5 s with a server. */
  readonly pauseMs: number;
}

interface Update {
  readonly version: Uint8Array;
  readonly offset: number;
}

const MS_US = 1000;
const ANSWER_MAX_S = 30;
/** Frames that a tty holds for who does not read; more are lost. */
const UNREAD_MAX = 3;
const VERSION_BYTES_MAX = 16;
const NOTHING = () => {};

/**
 * What drgdfu does with a device on a serial line, sans-IO: the line's end of {@link DrogueCloud}. It
 * keeps what it has read of the device, and counts on from there by itself.
 */
export class DrogueSerialHost {
  readonly #cloud: DrogueCloud;
  readonly #options: SerialHostOptions;
  readonly #send: (frame: Uint8Array) => void;
  readonly #frames = new DrogueFrames();
  readonly #unread: Uint8Array[] = [];
  #isListening = true;
  #version: Uint8Array = new Uint8Array(0);
  #update: Update | undefined;
  #leave = NOTHING;

  constructor(cloud: DrogueCloud, options: SerialHostOptions, send: (frame: Uint8Array) => void) {
    this.#cloud = cloud;
    this.#options = options;
    this.#send = send;
  }

  receive(bytes: Uint8Array): void {
    for (const frame of this.#frames.take(bytes)) {
      if (this.#unread.length < UNREAD_MAX) this.#unread.push(frame);
    }
    this.#listen();
  }

  /** After bytes none has come for a while. */
  silent(): void {
    this.#frames.drop();
  }

  /** The line is gone, and with it what was on its way. */
  closed(): void {
    this.#leave();
    this.#leave = NOTHING;
    this.#frames.drop();
    this.#unread.length = 0;
    this.#isListening = true;
  }

  #listen(): void {
    while (this.#isListening) {
      const frame = this.#unread.shift();
      if (frame === undefined) return;
      const decoded = decodePostcard(drogueStatus, frame);
      if (decoded.ok) this.#heard(decoded.value);
    }
  }

  #heard(status: DrogueStatus): void {
    if (!this.#options.streams) {
      this.#ask(status, (command) => {
        if (command !== undefined) this.#say(command);
      });
      return;
    }
    if (isTooLong(status.version) || isTooLong(status.update?.version)) return;
    this.#isListening = false;
    this.#version = status.version;
    this.#update = status.update ?? this.#update;
    this.#next(this.#update);
  }

  /** One command of a stream. */
  #next(update: Update | undefined): void {
    const status = { version: this.#version, mtu: DROGUE_FRAME_PIECE_BYTES, update };
    this.#ask({ ...status, correlationId: undefined }, (command) => this.#stream(update, command));
  }

  #stream(update: Update | undefined, command: DrogueCommand | undefined): void {
    const pauseUs = this.#options.pauseMs * MS_US;
    if (command === undefined || command.name === "Wait") {
      this.#after(command?.poll === undefined ? pauseUs : command.poll * 1000 * MS_US, update);
      return;
    }
    this.#say({ ...command, correlationId: undefined });
    if (command.name !== "Write") {
      this.#isListening = true;
      this.#listen();
      return;
    }
    const { version, offset, data } = command;
    if (offset === 0) this.#update = { version, offset: 0 };
    // It counts on from what it had, also where another version begins.
    const after = ((update?.offset ?? 0) + data.length) >>> 0;
    this.#after(pauseUs, { version, offset: after });
  }

  #after(delayUs: number, update: Update | undefined): void {
    const { scheduler } = this.#cloud.options;
    const timer = scheduler.schedule(scheduler.now + delayUs, () => this.#next(update));
    this.#leave = () => scheduler.cancel(timer);
  }

  #ask(status: DrogueStatus, answer: (command: DrogueCommand | undefined) => void): void {
    this.#leave();
    const { device } = this.#options;
    const payload = encodeCbor(drogueStatus, status, "named");
    const event = {
      device,
      sender: device,
      channel: DROGUE_CHANNEL,
      contentType: undefined,
      payload,
    };
    let isOver = false;
    const leave = publishAndWait(this.#cloud, event, ANSWER_MAX_S, (command) => {
      isOver = true;
      const decoded = command && decodeCbor(drogueCommand, command.payload);
      answer(decoded?.ok && command?.name === DROGUE_CHANNEL ? decoded.value : undefined);
    });
    if (!isOver) this.#leave = leave;
  }

  /** What does not fit into a frame is not said. */
  #say(command: DrogueCommand): void {
    const frame = drogueFrame(encodePostcard(drogueCommand, command));
    if (frame !== undefined) this.#send(frame);
  }
}

function isTooLong(version: Uint8Array | undefined): boolean {
  return version !== undefined && version.length > VERSION_BYTES_MAX;
}
