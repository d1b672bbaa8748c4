/** A table of a page, given as it is to be shown, behind or instead of one run. */
export interface Section {
  readonly title: string;
  readonly note?: string;
  readonly head: readonly string[];
  /** Numbers stand to the right; `true` and `false` become a tick and a cross. */
  readonly rows: readonly (readonly (string | number | boolean)[])[];
}
