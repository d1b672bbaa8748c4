/** Protocol buffers from tables of fields: for an API whose authors publish no stubs for this language. */
import protobuf, { type BinaryReader, type BinaryWriter } from "google-protobuf";

const VARINT = 0;
const DELIMITED = 2;
const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** One field of a message. */
export interface Field<Value> {
  readonly number: number;
  readonly wireType: number;
  readonly absent: Value;
  write(writer: BinaryWriter, value: Value): void;
  /** `before`: what the field has had until now, for those that repeat. */
  read(reader: BinaryReader, before: Value): Value;
}

export type MessageTable = Readonly<Record<string, Field<unknown>>>;
export type MessageOf<Table extends MessageTable> = {
  readonly [Name in keyof Table]: Table[Name] extends Field<infer Value> ? Value : never;
};

/** Fields that have their default are left out, as proto3 has it. */
export function encodeMessage<Table extends MessageTable>(
  table: Table,
  message: MessageOf<Table>,
): Uint8Array {
  const writer = new protobuf.BinaryWriter();
  for (const [name, field] of Object.entries(table)) {
    if (message[name] !== field.absent) field.write(writer, message[name]);
  }
  return writer.getResultBuffer();
}

/** Undefined for bytes that are no such message. Unknown fields are skipped. */
export function decodeMessage<Table extends MessageTable>(
  table: Table,
  bytes: Uint8Array,
): MessageOf<Table> | undefined {
  try {
    return readMessage(table, bytes);
  } catch {
    return undefined;
  }
}

export function text(number: number): Field<string> {
  return {
    number,
    wireType: DELIMITED,
    absent: "",
    write: (writer, value) => writer.writeString(number, value),
    // The library's own reading of text goes on beyond the end of the bytes.
    read: (reader) => UTF8.decode(reader.readBytes()),
  };
}

export function bytes(number: number): Field<Uint8Array | undefined> {
  return {
    number,
    wireType: DELIMITED,
    absent: undefined,
    write: (writer, value) => writer.writeBytes(number, value),
    read: (reader) => reader.readBytes(),
  };
}

export function uint32(number: number): Field<number> {
  return {
    number,
    wireType: VARINT,
    absent: 0,
    write: (writer, value) => writer.writeUint32(number, value),
    read: (reader) => reader.readUint32(),
  };
}

export function int64(number: number): Field<number> {
  return {
    number,
    wireType: VARINT,
    absent: 0,
    write: (writer, value) => writer.writeInt64(number, value),
    read: (reader) => reader.readInt64(),
  };
}

export function one<Table extends MessageTable>(
  number: number,
  table: Table,
): Field<MessageOf<Table> | undefined> {
  return {
    number,
    wireType: DELIMITED,
    absent: undefined,
    write: (writer, value) => {
      if (value !== undefined) writer.writeBytes(number, encodeMessage(table, value));
    },
    read: (reader) => readMessage(table, reader.readBytes()),
  };
}

export function many<Table extends MessageTable>(
  number: number,
  table: Table,
): Field<readonly MessageOf<Table>[]> {
  return {
    number,
    wireType: DELIMITED,
    absent: [],
    write: (writer, values) => {
      for (const value of values) writer.writeBytes(number, encodeMessage(table, value));
    },
    read: (reader, before) => [...before, readMessage(table, reader.readBytes())],
  };
}

/** Throws for bytes that are no such message. */
function readMessage<Table extends MessageTable>(table: Table, from: Uint8Array): MessageOf<Table> {
  const fields = Object.entries(table);
  const values = new Map(fields.map(([name, { absent }]) => [name, absent]));
  const reader = new protobuf.BinaryReader(from);
  while (reader.nextField()) {
    const number = reader.getFieldNumber();
    const wireType = reader.getWireType();
    const found = fields.find(([, field]) => field.number === number);
    if (found === undefined || found[1].wireType !== wireType) {
      reader.skipField();
      continue;
    }
    const [name, field] = found;
    values.set(name, field.read(reader, values.get(name)));
  }
  // Each name of the table has a value, and its own field has read it.
  return Object.fromEntries(values) as MessageOf<Table>;
}
