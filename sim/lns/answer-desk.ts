import { hexOf } from "#sim/fleet/firmware.ts";
import type { Asked, AskedLog } from "./asked.ts";
import type { CheckId } from "./checks.ts";
import type { Evidence, MarkSheet } from "./mark-sheet.ts";

/** Answers are immediate, which is: when the device may send next. */
const ANSWER_MAX_S = 60;
export const NO_ANSWER = "no answer to this request";

/** Puts answers to what was asked. */
export class AnswerDesk {
  readonly #sheet: MarkSheet;
  readonly #asked: AskedLog;

  constructor(sheet: MarkSheet, asked: AskedLog) {
    this.#sheet = sheet;
    this.#asked = asked;
  }

  /** `delayMaxS`: what the request allows beyond. Undefined: it was not asked. */
  take(fPort: number, cid: number, evidence: Evidence, delayMaxS = 0): Asked | undefined {
    const asked = this.#asked.take(fPort, cid);
    this.#sheet.check("answer-asked", asked !== undefined, evidence, "nothing is open to answer");
    if (asked === undefined) return undefined;
    const tookS = (evidence.at - asked.at) / 1e6;
    const isPrompt = tookS <= ANSWER_MAX_S + delayMaxS;
    this.#sheet.check("answer-prompt", isPrompt, evidence, `after ${tookS.toFixed(0)} s`);
    return asked;
  }

  /** Fails what was asked, and sent, and never answered; `second`: with this byte behind the CID. */
  require(id: CheckId, fPort: number, cid: number, second?: number): void {
    this.#failFor(id, this.#asked.unanswered(fPort, cid, second));
  }

  /** Fails what was answered once and not again. */
  requireRepeat(id: CheckId, fPort: number, cid: number): void {
    if (!this.#sheet.has(id)) this.#failFor(id, this.#asked.unansweredRepeat(fPort, cid));
  }

  #failFor(id: CheckId, asked: Asked | undefined): void {
    if (asked === undefined) return;
    const hex = `${asked.fPort} ${hexOf(asked.payload)}`;
    this.#sheet.fail(id, { at: asked.at, hex }, NO_ANSWER);
  }

  isRetry(asked: Asked): boolean {
    return this.#asked.isRetry(asked);
  }

  isRepeat(asked: Asked): boolean {
    return this.#asked.isRepeat(asked);
  }
}
