import type { Persona } from "#sim/personas/persona.ts";
import { personas } from "#sim/personas/personas.ts";

const START = "<!-- personas: written by npm run schemas -->\n";

/** A document with everything after the marker replaced by what the tables of the personas say. */
export function withPersonas(document: string): string {
  const [head = ""] = document.split(START);
  return `${head}${START}\n${personas.map(chapterOf).join("\n")}`;
}

function chapterOf({ name, about, versions, rows, notModelled }: Persona): string {
  const spoken = versions.map((version) => `\`packages: v${version}\``).join(" or ");
  return [
    `## \`${name}\``,
    "",
    `${about}. ${spoken}.`,
    "",
    "| deviation | version | source |",
    "| --- | --- | --- |",
    ...rows.map(({ text, only, source }) => `| ${text} | ${versionOf(only)} | ${source} |`),
    "",
    "Not modelled:",
    "",
    ...notModelled.map((text) => `* ${text}`),
    "",
  ].join("\n");
}

function versionOf(only: 1 | 2 | undefined): string {
  return only === undefined ? "" : `v${only} only`;
}
