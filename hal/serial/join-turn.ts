import type { CommandEngine } from "./command-engine.ts";
import type { ModemDriver } from "./drivers/driver.ts";

interface JoinParts {
  readonly engine: CommandEngine;
  readonly driver: ModemDriver;
  readonly say: (text: string) => void;
  readonly run: (work: () => Promise<void>) => void;
  readonly onJoined: () => void;
}

const RETRY_MS = 10_000;
const EXPLANATION =
  "unless the network is out of reach, look whether it has these EUIs, this key and this band";
/** An accept comes within six seconds, and the modem has its own ideas. */
const ANSWER_MS = 20_000;

/** Joins until it works, for a device that asked once; and again when the session is lost. */
export class JoinTurn {
  readonly #parts: JoinParts;
  /** The device waits for `joined`. */
  #isOwed = false;
  #timer: NodeJS.Timeout | undefined;
  /** What may be wrong was said, once for all attempts in a row. */
  #isExplained = false;
  isWanted = false;
  isJoined = false;

  constructor(parts: JoinParts) {
    this.#parts = parts;
  }

  request(): void {
    this.isWanted = true;
    this.#isOwed = true;
    this.#attempt();
  }

  /** Said at once by a modem that is joined already, by its event otherwise. */
  joined(): void {
    clearTimeout(this.#timer);
    if (!this.isJoined) this.#parts.say("joined");
    this.isJoined = true;
    this.#isOwed = false;
    this.#isExplained = false;
    this.#parts.onJoined();
  }

  /** One attempt, in the modem's words; it may try again by itself. */
  failed(detail: string): void {
    const said = detail === "" ? "join failed" : `join failed: ${detail}`;
    this.#parts.say(this.#isExplained ? said : `${said}; ${EXPLANATION}`);
    this.#isExplained = true;
    if (this.isWanted) this.#later(RETRY_MS);
  }

  lost(): void {
    this.isJoined = false;
    this.#isOwed = this.isWanted;
    if (this.isWanted) this.#attempt();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.isWanted = false;
    this.#isOwed = false;
  }

  #attempt(): void {
    const { engine, driver, say, run } = this.#parts;
    clearTimeout(this.#timer);
    run(async () => {
      if (!this.#isOwed) return;
      if (this.isJoined) return this.joined();
      const outcome = await driver.join(engine);
      // Its event may have come first.
      if (this.isJoined || !this.#isOwed) return;
      if (outcome === "joined") return this.joined();
      if (outcome !== "started") say(`join: ${outcome}, again in ${RETRY_MS / 1000} s`);
      this.#later(outcome === "started" ? ANSWER_MS : RETRY_MS);
    });
  }

  #later(afterMs: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#attempt(), afterMs);
  }
}
