import type { WorldUs } from "#sim/kernel/engine.ts";
import { CHECK_IDS, type CheckId } from "./checks.ts";

/** What a mark is given for. */
export interface Evidence {
  readonly at: WorldUs;
  /** A frame, or a port and what was said on it; empty: nothing came. */
  readonly hex: string;
}

export interface Mark extends Evidence {
  readonly result: "pass" | "fail";
  /** Of what failed. */
  readonly why: string;
}

export interface Grade {
  readonly id: CheckId;
  /** Undefined: not tried. */
  readonly mark: Mark | undefined;
}

/** The marks of one device. What failed once has failed; what passed shows its newest evidence. */
export class MarkSheet {
  readonly #marks = new Map<CheckId, Mark>();

  check(id: CheckId, isGood: boolean, evidence: Evidence, why: string): void {
    if (this.#marks.get(id)?.result === "fail") return;
    const { at, hex } = evidence;
    this.#marks.set(id, { result: isGood ? "pass" : "fail", why: isGood ? "" : why, at, hex });
  }

  pass(id: CheckId, evidence: Evidence): void {
    this.check(id, true, evidence, "");
  }

  fail(id: CheckId, evidence: Evidence, why: string): void {
    this.check(id, false, evidence, why);
  }

  has(id: CheckId): boolean {
    return this.#marks.has(id);
  }

  /** In the order of the table. */
  get grades(): readonly Grade[] {
    return CHECK_IDS.map((id) => ({ id, mark: this.#marks.get(id) }));
  }
}
