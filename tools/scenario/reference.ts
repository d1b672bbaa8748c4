import type { SchemaNode } from "#tools/json-schema.ts";
import { describe } from "./explain.ts";

/** Every key of a schema as a Markdown table: path, what it holds, what it means. */
export function referenceTable(schema: SchemaNode): string {
  const rows = rowsOf(schema, "", false);
  return ["| key | value | meaning |", "| --- | --- | --- |", ...rows, ""].join("\n");
}

function rowsOf(schema: SchemaNode, path: string, isList: boolean): string[] {
  const prefix = path === "" ? "" : `${path}${isList ? "[]" : ""}.`;
  return Object.entries(schema.properties ?? {}).flatMap(([key, member]) =>
    rowsOfMember(member, `${prefix}${key}`, schema.required?.includes(key) === true),
  );
}

function rowsOfMember(member: SchemaNode, path: string, isRequired: boolean): string[] {
  const nested = member.items ?? member;
  const branches = nested.anyOf?.filter((branch) => branch.properties !== undefined) ?? [nested];
  const isMapping = branches.some((branch) => branch.properties !== undefined);
  const value = isMapping ? (member.items === undefined ? "mapping" : "list") : describe(member);
  const meaning = `${isRequired ? "**Required.** " : ""}${member.description ?? ""}`;
  const row = `| \`${path}\` | ${cell(value)} | ${cell(meaning.trim())} |`;
  // The keys of a device are the same everywhere: shown once.
  if (path.endsWith("mix[].device"))
    return [`| \`${path}\` | mapping | Like \`devices.defaults\`. |`];
  const inner = branches.flatMap((branch) => rowsOf(branch, path, member.items !== undefined));
  return [row, ...new Set(inner)];
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|").replaceAll("<", "&lt;");
}

const START = "<!-- reference: written by npm run schemas -->\n";

/** A document with everything after the marker replaced by the table. */
export function withReference(document: string, schema: SchemaNode): string {
  const [head = ""] = document.split(START);
  return `${head}${START}\n${referenceTable(schema)}`;
}
