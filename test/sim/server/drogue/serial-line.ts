import { drogueStatus } from "#agent/pull/drogue.wire.ts";
import { DROGUE_FRAME_BYTES } from "#agent/pull/drogue-frame.ts";
import { DrogueSerial } from "#agent/pull/drogue-serial.ts";
import type { PullEffect } from "#agent/pull/events.ts";
import { decodePostcard } from "#agent/wire/postcard.ts";
import { DrogueSerialHost } from "#sim/server/drogue/serial-host.ts";
import type { PostLater, PullWorld, WorldLink } from "../../../agent/pull/pull-world.ts";
import { S } from "../../../agent/test-device.ts";
import type { DrogueBench } from "./drogue-bench.ts";

const STEP_S = 0.05;
const SILENCE_US = 300_000;

/** A line in memory between a device and a host that speaks as drgdfu does. */
export class DrogueSerialLine implements WorldLink {
  /** Of each frame from the device. */
  readonly statuses: { offset: number | undefined; version: string }[] = [];
  /** Whole frames from the host, spoilt or not. */
  frames = 0;
  /** Splits what goes to the device into parts of this size. */
  partBytes = DROGUE_FRAME_BYTES;
  /** Makes other bytes of a frame to the device. */
  toDevice: (frame: Uint8Array, index: number) => Uint8Array = (frame) => frame;
  /** Makes other bytes of a frame to the host. */
  toHost: (frame: Uint8Array, index: number) => Uint8Array = (frame) => frame;
  /** Null: the host's end is pulled out. */
  host: DrogueSerialHost | null;
  readonly #bench: DrogueBench;
  #post: PostLater = () => {};
  #toldAt = 0;
  #lives = 0;

  constructor(bench: DrogueBench, streams: boolean, pauseMs = 1000) {
    this.#bench = bench;
    const options = { device: bench.device, streams, pauseMs };
    this.host = new DrogueSerialHost(bench.cloud, options, (frame) => this.give(frame));
  }

  readonly newDialect = () => new DrogueSerial({ firstCorrelationId: 2 ** 32 - 3 + this.#lives++ });

  /** From the host's end, whoever is there. */
  give(frame: Uint8Array): void {
    const bytes = this.toDevice(frame, this.frames);
    this.frames += 1;
    this.#toldAt = this.#bench.engine.now;
    for (let at = 0; at < bytes.length; at += this.partBytes) {
      this.#post({ type: "serialData", bytes: bytes.slice(at, at + this.partBytes) });
    }
  }

  unplug(detail: string): void {
    this.#post({ type: "serialClosed", detail });
  }

  perform(effect: PullEffect, post: PostLater, nowUs: number): void {
    this.#post = post;
    if (effect.type === "serialLook") post({ type: "serialData", bytes: new Uint8Array(0) });
    if (effect.type !== "serialWrite") return;
    this.#bench.catchUp(nowUs);
    const decoded = decodePostcard(drogueStatus, effect.bytes);
    if (effect.bytes.length !== DROGUE_FRAME_BYTES || !decoded.ok) throw new Error("no frame");
    const { version, update } = decoded.value;
    const text = new TextDecoder().decode(version);
    this.statuses.push({ version: text, offset: update?.offset });
    this.host?.receive(this.toHost(effect.bytes, this.statuses.length - 1));
  }

  halt(): void {
    this.#post = () => {};
  }

  /** Both ends for so long, or until `isEnough`. */
  run(world: PullWorld, seconds: number, isEnough: () => boolean = () => false): void {
    const end = world.now + seconds * S;
    while (world.now < end && !isEnough()) {
      world.run(STEP_S, isEnough);
      this.#bench.catchUp(world.now);
      if (world.now - this.#toldAt > SILENCE_US) this.#post({ type: "serialSilent" });
      this.host?.silent();
    }
  }
}
