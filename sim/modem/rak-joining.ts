import type { Scheduled } from "#sim/kernel/engine.ts";
import type { FirmwareParts } from "./interpreter.ts";
import { rakSetting } from "./rak-settings.ts";

export const isWithin = (text: string, min: number, max: number): boolean =>
  /^\d{1,3}$/.test(text) && Number(text) >= min && Number(text) <= max;

/** `AT+JOIN=<start>:<auto>:<interval s>:<retries>`: the modem tries again by itself. */
export class RakJoining {
  readonly #parts: FirmwareParts;
  #retriesLeft = 0;
  #isActive = false;
  #timer: Scheduled | undefined;
  /** The parameters, as the query returns them. */
  text = "0:0:8:0";
  #intervalUs = 0;

  constructor(parts: FirmwareParts) {
    this.#parts = parts;
  }

  set(value: string): "ok" | "parameter" | "busy" {
    const [start = "", auto = "0", interval = "8", retries = "0"] = value.split(":");
    if (!/^[01]$/.test(start) || !/^[01]$/.test(auto)) return "parameter";
    if (!isWithin(interval, 7, 255) || !isWithin(retries, 0, 255)) return "parameter";
    if (start === "0") {
      this.stop();
      this.#parts.radio.stopJoining();
      return "ok";
    }
    if (this.#isActive || !this.#attempt()) return "busy";
    this.text = `${start}:${auto}:${interval}:${retries}`;
    this.#isActive = true;
    this.#retriesLeft = Number(retries);
    this.#intervalUs = Number(interval) * 1e6;
    return "ok";
  }

  onFailure(): void {
    if (this.#retriesLeft === 0) {
      this.stop();
      return;
    }
    this.#retriesLeft -= 1;
    const { scheduler } = this.#parts;
    this.#timer = scheduler.schedule(scheduler.now + this.#intervalUs, () => this.#attempt());
  }

  stop(): void {
    if (this.#timer !== undefined) this.#parts.scheduler.cancel(this.#timer);
    this.#timer = undefined;
    this.#isActive = false;
    this.#retriesLeft = 0;
  }

  #attempt(): boolean {
    const { nvm, radio } = this.#parts;
    return radio.join(nvm, Number(rakSetting(nvm, "DR")));
  }
}
