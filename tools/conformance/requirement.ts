import type { Evidence } from "./evidence.ts";
import type { Occasion } from "./finding.ts";

/** The shipped scenarios that provoke what a requirement is about. */
export const SITUATIONS = [
  "conformance-answers-v1",
  "conformance-answers-v2",
  "conformance-vanish",
  "conformance-gateways",
  "conformance-again",
  "conformance-storm",
] as const;
export type Situation = (typeof SITUATIONS)[number];

/** Something that a server has to do. */
export interface Requirement {
  readonly id: string;
  readonly says: string;
  /** Document and section, or command. */
  readonly source: string;
  readonly situations: readonly Situation[];
  /** Every time that it applied. */
  occasions(evidence: Evidence): readonly Occasion[];
}

export const ANSWERS: readonly Situation[] = ["conformance-answers-v1", "conformance-answers-v2"];
