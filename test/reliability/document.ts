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
    const verdict = result === "killed" ? by.replace(/^test\//, "") : `**${result}**: ${by}`;
    return [`\`${name}\``, cell(why), cell(verdict)];
  });
  const killed = results.filter(({ result }) => result === "killed").length;
  const count = `${killed} of ${results.length} mutants are killed.`;
  return `${count}\n\n${table(["mutant", "stands for", "killed by"], rows)}`;
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
