import {
  CST,
  type Document,
  isAlias,
  isCollection,
  isMap,
  isScalar,
  Lexer,
  LineCounter,
  type Node,
  parseDocument,
  stringify,
  visit,
  type YAMLMap,
} from "yaml";

/** Keys and list indexes from the top of a document to a value. */
export type YamlPath = readonly (string | number)[];

export type YamlText =
  | {
      readonly ok: true;
      readonly value: unknown;
      /** Line, from 1, of the key (or list item) at a path, or of the closest thing above it. */
      readonly lineOf: (path: YamlPath) => number;
    }
  | { readonly ok: false; readonly line: number; readonly message: string };

/** The parser recurses per level, so that depth is bounded before it sees the text. */
const DEPTH_MAX = 50;
const INDENT_MAX = 200;
const ALIASES_MAX = 100;
/** Parts of syntax; a long scenario has a few hundred. */
const TOKENS_MAX = 20_000;

/**
 * Parses one YAML 1.2 document of plain data: unique string keys, no tags, no cycles, bounded
 * depth and aliases.
 */
export function parseYaml(text: string): YamlText {
  const early = refuseTokens(text);
  if (early !== undefined) return problem(early.line, early.message);
  const lineCounter = new LineCounter();
  // The library's own test for unique keys is quadratic.
  const document = parseDocument(text, {
    lineCounter,
    prettyErrors: false,
    schema: "core",
    stringKeys: true,
    uniqueKeys: false,
    resolveKnownTags: false,
  });
  const lineAt = (offset: number) => Math.max(1, lineCounter.linePos(offset).line);
  const [first] = [...document.errors, ...document.warnings];
  if (first !== undefined) {
    return problem(
      lineAt(first.pos[0]),
      `is not valid YAML: ${wordsOf(first.code, first.message)}`,
    );
  }
  const refused = refuse(document);
  if (refused !== undefined) return problem(lineAt(refused.offset), refused.message);
  const value = dataOf(document);
  if (value === undefined) return problem(1, `expands to more than ${ALIASES_MAX} aliases`);
  return {
    ok: true,
    value,
    lineOf: (path) => lineAt(offsetOf(document, path)),
  };
}

function problem(line: number, message: string): YamlText {
  return { ok: false, line, message };
}

/** The library's own words, but for the one that is addressed to programmers. */
function wordsOf(code: string, message: string): string {
  return code === "MULTIPLE_DOCS" ? "more than one document" : message;
}

/** Refuses what would make the parser slow or deep; counted on tokens, without recursion. */
function refuseTokens(
  text: string,
): { readonly line: number; readonly message: string } | undefined {
  let line = 1;
  let flowDepth = 0;
  let indicators = 0;
  let tokens = 0;
  let isScalarText = false;
  for (const token of new Lexer().lex(text)) {
    const type = isScalarText ? undefined : CST.tokenType(token);
    if (isScalarText) line += newlinesIn(token);
    isScalarText = token === CST.SCALAR;
    tokens += 1;
    if (tokens > TOKENS_MAX) return { line, message: `has more than ${TOKENS_MAX} words` };
    if (type === "newline") {
      line += 1;
      indicators = 0;
    } else if (type === "flow-seq-start" || type === "flow-map-start") {
      flowDepth += 1;
    } else if (type === "flow-seq-end" || type === "flow-map-end") {
      flowDepth -= 1;
    } else if (flowDepth === 0 && NESTING_INDICATORS.has(type ?? "")) {
      indicators += 1;
    }
    const isDeep = type === "space" && token.length > INDENT_MAX;
    if (isDeep || flowDepth > DEPTH_MAX || indicators > DEPTH_MAX) {
      return { line, message: "is nested too deeply" };
    }
  }
  return undefined;
}

function newlinesIn(text: string): number {
  return text.split("\n").length - 1;
}

const NESTING_INDICATORS = new Set(["seq-item-ind", "explicit-key-ind", "map-value-ind"]);

interface Refusal {
  readonly offset: number;
  readonly message: string;
}

function refuse(document: Document.Parsed): Refusal | undefined {
  let refusal: Refusal | undefined;
  let aliases = 0;
  const stop = (node: Node, message: string) => {
    refusal ??= { offset: node.range?.[0] ?? 0, message };
    return visit.BREAK;
  };
  visit(document, {
    Map(_key, node) {
      const repeated = repeatedKey(node);
      return repeated === undefined
        ? undefined
        : stop(repeated.node, `key "${repeated.key}" is repeated`);
    },
    Alias(_key, node, path) {
      aliases += 1;
      if (aliases > ALIASES_MAX) return stop(node, `has more than ${ALIASES_MAX} aliases`);
      const target = node.resolve(document);
      if (target === undefined) return stop(node, `alias *${node.source} has no anchor`);
      const isCyclic = path.some((above) => above === target);
      return isCyclic ? stop(node, `alias *${node.source} contains itself`) : undefined;
    },
  });
  return refusal;
}

function repeatedKey(map: YAMLMap): { key: string; node: Node } | undefined {
  const seen = new Set<string>();
  for (const { key } of map.items) {
    if (!isScalar(key)) continue;
    const name = String(key.value);
    if (seen.has(name)) return { key: name, node: key };
    seen.add(name);
  }
  return undefined;
}

/** Undefined when the aliases multiply beyond the bound: the library throws a ReferenceError. */
function dataOf(document: Document.Parsed): unknown {
  try {
    return document.toJS({ maxAliasCount: ALIASES_MAX }) ?? null;
  } catch (error) {
    if (error instanceof ReferenceError) return undefined;
    throw error;
  }
}

function offsetOf(document: Document.Parsed, path: YamlPath): number {
  let offset = document.contents?.range?.[0] ?? 0;
  let node: unknown = document.contents;
  for (const step of path) {
    if (isAlias(node)) node = node.resolve(document);
    if (!isCollection(node)) return offset;
    const key = isMap(node)
      ? node.items.find((pair) => isScalar(pair.key) && String(pair.key.value) === step)?.key
      : node.items[Number(step)];
    if (isScalar(key) || isCollection(key)) offset = key.range?.[0] ?? offset;
    node = node.get(step, true);
  }
  return offset;
}

/** As a file holds it; {@link parseYaml} reads it back. */
export function yamlText(value: unknown): string {
  return stringify(value);
}
