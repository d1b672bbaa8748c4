/** A defect that may be put into the code, as data: the tests have to notice it. */
export interface Mutant {
  /** `area/what`, kebab-case. */
  readonly name: string;
  /** The defect of the field that it stands for. */
  readonly why: string;
  /** Path from the root of the repository. */
  readonly file: string;
  /** Old text, new text; each old text occurs exactly once in the file. */
  readonly changes: readonly (readonly [find: string, replace: string])[];
  /** Test files of which at least one has to fail, fastest first. */
  readonly tests: readonly string[];
}

/** The text with the defect in it. Throws `RangeError` when the mutant no longer applies. */
export function mutate(text: string, { name, file, changes }: Mutant): string {
  if (changes.length === 0) throw new RangeError(`${name} changes nothing`);
  let mutated = text;
  for (const [find, replace] of changes) {
    const pieces = mutated.split(find);
    if (find === "" || pieces.length !== 2) {
      throw new RangeError(`${name}: ${pieces.length - 1} times in ${file}: ${find}`);
    }
    mutated = pieces.join(replace);
  }
  return mutated;
}
