import type { TSchema } from "typebox";

/** A TypeBox schema as a JSON Schema file. */
export function publishedText(schema: TSchema): string {
  const dialect = { $schema: "https://json-schema.org/draft/2020-12/schema" };
  return `${JSON.stringify({ ...dialect, ...schema }, null, 2)}\n`;
}
