import type { HttpOutcome } from "#sim/server/thingsboard/http-exchange.ts";
import type { Bridge } from "#tools/pull/live/bridge.ts";

/** What a bridge tells the world, in the order in which it does. */
export class BridgeBench implements Bridge {
  readonly told: string[] = [];
  readonly bytesMax = 10_000;
  /** What becomes of chunks; undefined: nothing. */
  outcome: HttpOutcome | undefined;
  #isInside = false;

  readonly enter = (run: () => void): void => {
    this.#isInside = true;
    run();
    this.#isInside = false;
  };

  readonly onChunk = (chunk: number, _path: string, body: Uint8Array): HttpOutcome => {
    this.told.push(`chunk ${chunk}, ${body.length} bytes`);
    return this.outcome ?? { status: 200, headers: {}, body };
  };

  readonly onFurther = (chunk: number, _path: string, body: Uint8Array): HttpOutcome => {
    this.told.push(`more of chunk ${chunk}, ${body.length} bytes`);
    return this.outcome ?? { status: 200, headers: {}, body };
  };

  readonly onTrouble = (detail: string): void => {
    this.told.push(`trouble: ${detail}`);
  };

  /** To be called by what hears the bridge: it speaks at the world's present alone. */
  hear(text: string): void {
    this.told.push(this.#isInside ? text : `${text}, out of turn`);
  }
}

export const SHORT: HttpOutcome = { status: 200, headers: {}, body: new Uint8Array(1) };
export const ERROR: HttpOutcome = { status: 500, headers: {}, body: new Uint8Array(0) };
