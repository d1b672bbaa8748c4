import type { PersonaName } from "#scenarios/device-schema.ts";
import type { Deviations } from "./deviations.ts";

/** One thing that a stack does otherwise. */
export interface DeviationRow {
  readonly does: Deviations;
  /** For people, as one sentence. */
  readonly text: string;
  /** Where it was found: a file of the stack, an issue, a manual. */
  readonly source: string;
  /** Only with this version of the packages. */
  readonly only?: 1 | 2;
}

/** A device that behaves like a stack in the field, bugs included. */
export interface Persona {
  readonly name: PersonaName;
  /** What it is, and the state of it that was looked at. */
  readonly about: string;
  /** Of TS004 and TS005. */
  readonly versions: readonly (1 | 2)[];
  readonly rows: readonly DeviationRow[];
  /** What is known of the stack and not modelled, each with the reason. */
  readonly notModelled: readonly string[];
}

/** What a persona does otherwise with this version of the packages. */
export function deviationsOf({ rows }: Persona, version: 1 | 2): Deviations {
  const applicable = rows.filter(({ only }) => only === undefined || only === version);
  return Object.assign({}, ...applicable.map(({ does }) => does));
}
