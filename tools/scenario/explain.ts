import { accepts, type SchemaNode } from "#tools/json-schema.ts";

/** The first thing wrong with a value, seen from its schema. */
export interface Problem {
  readonly path: readonly (string | number)[];
  /** `is "lots", expected an integer from 0 to 1000`; reads on after the path. */
  readonly text: string;
}

type Path = Problem["path"];

/** Undefined when the value is valid. */
export function explain(schema: SchemaNode, value: unknown): Problem | undefined {
  return accepts(schema, value) ? undefined : problemOf(schema, value, []);
}

function problemOf(schema: SchemaNode, value: unknown, path: Path): Problem {
  if (schema.anyOf !== undefined) return problemOfUnion(schema, schema.anyOf, value, path);
  if (schema.properties !== undefined && isRecord(value)) {
    const problem = problemOfObject(schema, schema.properties, value, path);
    if (problem !== undefined) return problem;
  }
  if (schema.items !== undefined && Array.isArray(value)) {
    for (const [index, item] of value.entries()) {
      if (!accepts(schema.items, item)) return problemOf(schema.items, item, [...path, index]);
    }
  }
  return { path, text: `is ${show(value)}, expected ${describe(schema)}` };
}

function problemOfObject(
  schema: SchemaNode,
  properties: Readonly<Record<string, SchemaNode>>,
  value: Readonly<Record<string, unknown>>,
  path: Path,
): Problem | undefined {
  const known = Object.keys(properties);
  for (const key of Object.keys(value)) {
    if (known.includes(key)) continue;
    const close = closest(key, known);
    const hint = close === undefined ? `known are ${known.join(", ")}` : `did you mean ${close}?`;
    return { path: [...path, key], text: `is unknown; ${hint}` };
  }
  for (const key of schema.required ?? []) {
    const member = properties[key];
    if (Object.hasOwn(value, key) || member === undefined) continue;
    return { path: [...path, key], text: `is missing, expected ${describe(member)}` };
  }
  for (const [key, member] of Object.entries(properties)) {
    if (!Object.hasOwn(value, key) || accepts(member, value[key])) continue;
    return problemOf(member, value[key], [...path, key]);
  }
  return undefined;
}

/** Explains the member that the value seems to mean: by its constant, or by a key that it has. */
function problemOfUnion(
  schema: SchemaNode,
  members: readonly SchemaNode[],
  value: unknown,
  path: Path,
): Problem {
  const objects = members.filter((member) => member.properties !== undefined);
  if (objects.length === 0 || !isRecord(value)) {
    return { path, text: `is ${show(value)}, expected ${describe(schema)}` };
  }
  const tag = constantKeyOf(objects[0]);
  if (tag !== undefined) {
    const meant = objects.find((member) => accepts(member.properties?.[tag] ?? {}, value[tag]));
    if (meant !== undefined) return problemOf(meant, value, path);
    const tags = objects.map((member) => describe(member.properties?.[tag] ?? {}));
    const found = Object.hasOwn(value, tag) ? `is ${show(value[tag])}` : "is missing";
    return { path: [...path, tag], text: `${found}, expected ${listed(tags)}` };
  }
  const meant = objects.filter((member) =>
    Object.keys(member.properties ?? {}).some((key) => Object.hasOwn(value, key)),
  );
  const [only] = meant;
  if (only !== undefined && meant.length === 1) return problemOf(only, value, path);
  return { path, text: `is ${show(value)}, expected ${describe(schema)}` };
}

function constantKeyOf(schema: SchemaNode | undefined): string | undefined {
  return Object.entries(schema?.properties ?? {}).find(([, member]) => "const" in member)?.[0];
}

/** What a schema accepts, in words. */
export function describe(schema: SchemaNode): string {
  if (schema.title !== undefined) return schema.title;
  if (schema.anyOf !== undefined) return listed(schema.anyOf.map(describe));
  if ("const" in schema) return show(schema.const);
  switch (schema.type) {
    case "object":
      return `a mapping with ${Object.keys(schema.properties ?? {}).join(", ")}`;
    case "array":
      return `a list of ${schema.minItems ?? 0} to ${schema.maxItems ?? "any number of"} items`;
    case "string":
      return `a text of ${schema.minLength ?? 0} to ${schema.maxLength ?? "any number of"} characters`;
    case "boolean":
      return "true or false";
    default:
      return `${schema.type === "integer" ? "an integer" : "a number"}${rangeOf(schema)}`;
  }
}

function rangeOf(schema: SchemaNode): string {
  const { minimum, exclusiveMinimum, maximum, multipleOf } = schema;
  const step = multipleOf === undefined ? "" : `, a multiple of ${multipleOf}`;
  if (exclusiveMinimum !== undefined)
    return ` above ${exclusiveMinimum}, at most ${maximum}${step}`;
  if (minimum !== undefined && maximum !== undefined)
    return ` from ${minimum} to ${maximum}${step}`;
  return minimum === undefined ? step : ` of at least ${minimum}${step}`;
}

function listed(choices: readonly string[]): string {
  return choices.length < 2
    ? choices.join()
    : `${choices.slice(0, -1).join(", ")} or ${choices.at(-1)}`;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

const SHOWN_MAX = 40;

/** A value as one short line that no terminal takes for a command. */
export function show(value: unknown): string {
  if (isRecord(value)) return "a mapping";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "number" || value === null) return String(value);
  const text = JSON.stringify(value) ?? "nothing";
  return printable(text.length <= SHOWN_MAX ? text : `${text.slice(0, SHOWN_MAX)}…`);
}

/** Control characters and line separators become `?`. */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu, "?");
}

/** The known word that a mistyped one means, if it is at most a third wrong. */
export function closest(word: string, known: readonly string[]): string | undefined {
  let best: string | undefined;
  let bestDistance = Math.max(1, Math.floor(word.length / 3)) + 1;
  if (word.length > SHOWN_MAX) return undefined;
  for (const candidate of known) {
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return best;
}

/** Levenshtein. */
function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min(change, (previous[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1));
    }
    previous = row;
  }
  return previous[b.length] ?? 0;
}
