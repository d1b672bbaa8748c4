import type { MutantResult } from "../mutants/trial.ts";
import type { SuiteFigures } from "./figures.ts";
import { suiteWords } from "./suite-words.ts";

/** 1234567 as `1 234 567`. */
function grouped(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, " ");
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

const cell = (text: string) => text.replaceAll("|", "\\|").replaceAll("\n", " ");

export function suiteTable(figures: readonly SuiteFigures[]): string {
  const rows = figures.map(({ suite, cases, seconds, failures }) => [
    `\`${suite}\``,
    suiteWords[suite] ?? "",
    grouped(cases),
    grouped(failures),
    seconds < 1 ? "< 1" : grouped(Math.round(seconds)),
  ]);
  return table(["suite", "what", "cases", "failures", "seconds"], rows);
}

export function mutantTable(results: readonly MutantResult[]): string {
  const rows = results.map(({ name, why, result, by }) => {
    const verdict =
      result === "killed" ? by.replace(/^test\//, "") : `${SURVIVOR}${result}**: ${by}`;
    return [`\`${name}\``, cell(why), cell(verdict)];
  });
  return counted(table(["mutant", "stands for", "killed by"], rows));
}

const SURVIVOR = "**";

function counted(rows: string): string {
  const verdicts = rows.split("\n").slice(2);
  const killed = verdicts.filter((row) => !row.includes(`| ${SURVIVOR}`)).length;
  return `${killed} of ${verdicts.length} mutants are killed.\n\n${rows}`;
}

/**
 * A table in which `fresh` rows stand for those of the same name, others stay, and new ones come last;
 * those of names that `isKnown` does not know are gone.
 */
function mergedRows(old: string, fresh: string, isKnown: (name: string) => boolean): string {
  const rowsOf = (text: string) => text.split("\n").filter((line) => line.startsWith("| `"));
  const nameOf = (row: string) => row.split("`")[1] ?? "";
  const rows = new Map(rowsOf(old).map((row) => [nameOf(row), row]));
  for (const row of rowsOf(fresh)) rows.set(nameOf(row), row);
  const head = fresh
    .split("\n")
    .filter((line) => line.startsWith("| "))
    .slice(0, 2);
  const kept = [...rows].filter(([name]) => isKnown(name)).map(([, row]) => row);
  return [...head, ...kept].join("\n");
}

/** The suites of a document, of which some were run again. */
export function mergedSuites(old: string, fresh: string): string {
  return mergedRows(old, fresh, (name) => name === "mutants" || name in suiteWords);
}

/** The mutants of a document, of which some were tried again; `names`: of all that there are. */
export function mergedMutants(old: string, fresh: string, names: ReadonlySet<string>): string {
  return counted(mergedRows(old, fresh, (name) => names.has(name)));
}

/** What is between the markers `<!-- name -->` and `<!-- /name -->`. */
export function generatedIn(document: string, name: string): string {
  return document.split(`<!-- ${name} -->`)[1]?.split(`<!-- /${name} -->`)[0] ?? "";
}

/** Puts `text` between the markers `<!-- name -->` and `<!-- /name -->`. */
export function withGenerated(document: string, name: string, text: string): string {
  const [start, end] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
  const [before, rest, ...more] = document.split(start);
  const after = rest?.split(end);
  if (before === undefined || after?.length !== 2 || more.length > 0) {
    throw new RangeError(`the document has not exactly one ${start} … ${end}`);
  }
  return `${before}${start}\n${text}\n${end}${after[1]}`;
}
