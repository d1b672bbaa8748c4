import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";

/** The part of JSON Schema that the published schemas use. */
export interface SchemaNode {
  readonly type?: string;
  readonly title?: string;
  readonly description?: string;
  readonly const?: unknown;
  readonly anyOf?: readonly SchemaNode[];
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly required?: readonly string[];
  readonly items?: SchemaNode;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly exclusiveMinimum?: number;
  readonly maximum?: number;
  readonly multipleOf?: number;
}

/**
 * The schemas are declared in TypeBox, for the sake of their types, and checked as published: the
 * library that builds them takes ten times as long to load as the one that checks them.
 */
export function readSchema(file: URL): SchemaNode {
  return JSON.parse(readFileSync(file, "utf8"));
}

let ajv: Ajv2020 | undefined;

/** Compiled once per schema object. */
export function accepts(schema: SchemaNode, value: unknown): boolean {
  ajv ??= new Ajv2020({ strict: false });
  return ajv.validate(schema, value) === true;
}
