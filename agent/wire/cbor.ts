/** CBOR (RFC 8949), as much of it as records of numbers and byte strings need. */
import { CborReader, CborWriter } from "./cbor-io.ts";

/**
 * How fields and variants are called: by their names, or by their positions. Both are read. Positions
 * are what serde_cbor calls packed.
 */
export type CborSpelling = "packed" | "named";

export interface CborItem<T> {
  /** What it returns counts only if the reader has no problem. */
  read(reader: CborReader): T;
  write(writer: CborWriter, value: T, spelling: CborSpelling): void;
  /** For a field that is not there; without it, it has to be. */
  readonly absent?: () => T;
  /** What it is, whichever way it is spelt. */
  readonly shape: CborShape;
}

export type CborShape =
  | { readonly type: "u32" | "bytes" }
  | { readonly type: "optional"; readonly shape: CborShape }
  | CborRecordShape
  | { readonly type: "choice"; readonly variants: readonly NamedShape<CborRecordShape>[] };

export interface CborRecordShape {
  readonly type: "record";
  readonly fields: readonly NamedShape<CborShape>[];
}

interface NamedShape<Shape> {
  readonly name: string;
  readonly shape: Shape;
}

// biome-ignore lint/suspicious/noExplicitAny: a table mixes fields of different value types
type Fields = Readonly<Record<string, CborItem<any>>>;
type ValueOf<Item> = Item extends CborItem<infer T> ? T : never;
type RecordOf<Table> = { readonly [Name in keyof Table]: ValueOf<Table[Name]> };
type ChoiceOf<Table> = {
  [Name in keyof Table]: { readonly name: Name } & RecordOf<Table[Name]>;
}[keyof Table];

/** What a table describes. */
export type CborOf<Item> = ValueOf<Item>;

export type CborDecoded<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problem: string; readonly at: number };

const U32_MAX = 0xffff_ffff;

export const cborU32: CborItem<number> = {
  read: (reader) => reader.unsigned(U32_MAX),
  write: (writer, value) => {
    if (!Number.isInteger(value) || value < 0 || value > U32_MAX) throw new RangeError(`${value}`);
    writer.head(0, value);
  },
  shape: { type: "u32" },
};

/** In one piece. */
export const cborBytes: CborItem<Uint8Array> = {
  read: (reader) => reader.bytes(),
  write: (writer, value) => writer.bytes(value),
  shape: { type: "bytes" },
};

/** Written as null; left out is the same. */
export function cborOptional<T>(item: CborItem<T>): CborItem<T | undefined> {
  return {
    read: (reader) => (reader.takesNull() ? undefined : item.read(reader)),
    write: (writer, value, spelling) => {
      if (value === undefined) writer.null();
      else item.write(writer, value, spelling);
    },
    absent: () => undefined,
    shape: { type: "optional", shape: item.shape },
  };
}

/**
 * Fields in any order, or all of them in a list. Unknown ones are passed over; one that comes twice is
 * a failure. Names are in snake case on the wire.
 */
export function cborRecord<const Table extends Fields>(
  table: Table,
): CborItem<RecordOf<Table>> & { readonly shape: CborRecordShape } {
  const fields = Object.entries(table).map(([name, item]) => ({ name, wire: snake(name), item }));
  return {
    read: (reader) => {
      const found = new Map<string, unknown>();
      const listed = reader.entries((key) => {
        const field =
          typeof key === "number" ? fields[key] : fields.find(({ wire }) => wire === key);
        if (field === undefined) {
          reader.skip();
          return;
        }
        if (found.has(field.name)) reader.fail(`${field.wire} twice`);
        found.set(field.name, field.item.read(reader));
      });
      if (listed !== undefined && listed !== fields.length) reader.fail("a list of other length");
      for (const { name, wire, item } of fields) {
        if (found.has(name)) continue;
        if (item.absent === undefined) reader.fail(`no ${wire}`);
        found.set(name, item.absent?.());
      }
      return Object.fromEntries(found) as RecordOf<Table>;
    },
    write: (writer, value, spelling) => {
      writer.head(5, fields.length);
      fields.forEach(({ name, wire, item }, index) => {
        writer.key(spelling === "packed" ? index : wire);
        item.write(writer, value[name], spelling);
      });
    },
    shape: {
      type: "record",
      fields: fields.map(({ name, item }) => ({ name, shape: item.shape })),
    },
  };
}

/** One of several records: a map of one entry, whose key says which. */
export function cborChoice<const Table extends Readonly<Record<string, Fields>>>(
  table: Table,
): CborItem<ChoiceOf<Table>> {
  const variants = Object.entries(table).map(([name, fields]) => ({
    name,
    item: cborRecord(fields),
  }));
  return {
    read: (reader) => {
      let chosen: object | undefined;
      const listed = reader.entries((key) => {
        const variant =
          typeof key === "number" ? variants[key] : variants.find(({ name }) => name === key);
        if (variant === undefined) reader.fail("an unknown variant");
        else if (chosen !== undefined) reader.fail("two variants");
        else chosen = { name: variant.name, ...variant.item.read(reader) };
      });
      if (listed !== undefined || chosen === undefined) reader.fail("no variant");
      return chosen as ChoiceOf<Table>;
    },
    write: (writer, value, spelling) => {
      const index = variants.findIndex(({ name }) => name === value.name);
      const variant = variants[index];
      if (variant === undefined) throw new RangeError(`no variant ${String(value.name)}`);
      writer.head(5, 1);
      writer.key(spelling === "packed" ? index : variant.name);
      variant.item.write(writer, value, spelling);
    },
    shape: {
      type: "choice",
      variants: variants.map(({ name, item }) => ({ name, shape: item.shape })),
    },
  };
}

/** Everything that `bytes` hold, and nothing after it. */
export function decodeCbor<T>(item: CborItem<T>, bytes: Uint8Array): CborDecoded<T> {
  const reader = new CborReader(bytes);
  const value = item.read(reader);
  reader.end();
  const { problem } = reader;
  return problem === undefined ? { ok: true, value } : { ok: false, ...problem };
}

/** Throws `RangeError` for a value that does not fit its table: that is a bug in the caller. */
export function encodeCbor<T>(item: CborItem<T>, value: T, spelling: CborSpelling): Uint8Array {
  const writer = new CborWriter();
  item.write(writer, value, spelling);
  return writer.whole();
}

function snake(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
