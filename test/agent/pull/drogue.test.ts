import { describe, expect, test } from "vitest";
import type { Ask } from "#agent/pull/dialect.ts";
import { type DrogueOptions, DrogueTalk } from "#agent/pull/drogue.ts";
import { type DrogueCommand, drogueCommand, drogueStatus } from "#agent/pull/drogue.wire.ts";
import { DrogueCoap } from "#agent/pull/drogue-coap.ts";
import { DrogueHttp } from "#agent/pull/drogue-http.ts";
import { decodeCbor, encodeCbor } from "#agent/wire/cbor.ts";
import { bytesOf, chunkOf, DialectBench, TARGET, unsized } from "./documented-bench.ts";

const FIRST_ID = 2 ** 32 - 2;
const utf8 = (text: string) => new TextEncoder().encode(text);
const none = undefined;

function talkOf(change: Partial<DrogueOptions> = {}): DrogueTalk {
  const talk = new DrogueTalk({ spelling: "packed", firstCorrelationId: FIRST_ID, ...change });
  talk.ask(TARGET);
  talk.giveUp();
  return talk;
}

function statusOf(bytes: Uint8Array) {
  const decoded = decodeCbor(drogueStatus, bytes);
  if (!decoded.ok) throw new Error(decoded.problem);
  const { correlationId, mtu, update } = decoded.value;
  return { correlationId, mtu, offset: update?.offset };
}

const wait = (correlationId: number | undefined): DrogueCommand => {
  return { name: "Wait", correlationId, poll: 7 };
};
const write = (offset: number, bytes: number, change: object = {}): DrogueCommand => {
  const data = new Uint8Array(bytes).fill(offset & 0xff);
  return { name: "Write", version: utf8("2.0.0"), correlationId: none, offset, data, ...change };
};
/** From byte 768 on. */
const chunk: Ask = chunkOf(unsized);

describe("which status a command answers", () => {
  test("numbers go on where they began, over their end", () => {
    const talk = talkOf();
    const numbers = [1, 2, 3].map(() => statusOf(talk.ask(TARGET)).correlationId);
    expect(numbers).toEqual([0, 1, 2]);
  });

  // The last status has number 1: those of this life are 2^32 - 1, 0 and 1.
  test.each([
    { what: "the last one", id: 1, is: "answer" },
    { what: "the one before", id: 0, is: "late" },
    { what: "the first of this life", id: 2 ** 32 - 1, is: "late" },
    { what: "one that is still to come", id: 2, is: "push" },
    { what: "one of another life", id: 2 ** 31, is: "push" },
    { what: "none that is named", id: none, is: "answer" },
  ])("$what", ({ id, is }) => {
    const talk = talkOf();
    talk.ask(TARGET);
    talk.ask(TARGET);
    expect(talk.hear(wait(id)).type).toBe(is);
  });

  test.each([
    { what: "its last status", id: 2 ** 32 - 1, is: "late" },
    { what: "no status", id: none, is: "push" },
    { what: "another life's", id: 5, is: "push" },
  ])("while nothing is asked: $what", ({ id, is }) => {
    expect(talkOf().hear(wait(id)).type).toBe(is);
  });
});

test.each([
  { says: "1.0.0", is: { type: "target", offer: { isRunning: true }, pollS: 9 } },
  { says: "9\u0007", is: { type: "failed", detail: "the server takes it for 9?" } },
])("in sync with $says, to a device of 1.0.0", ({ says, is }) => {
  const talk = talkOf();
  talk.ask(TARGET);
  const turn = talk.hear({ name: "Sync", version: utf8(says), correlationId: none, poll: 9 });
  expect(turn).toMatchObject({ type: "answer", answer: is });
});

describe("a chunk in pieces", () => {
  const pieces = { pieceBytesMax: 100 };

  test("each from where the one before ended, and no longer than there is room", () => {
    const talk = talkOf(pieces);
    const asked = [talk.ask(chunk)];
    for (const offset of [768, 868]) {
      const turn = talk.hear(write(offset, 100));
      if (turn.type === "status") asked.push(turn.status);
    }
    expect(asked.map(statusOf)).toMatchObject([
      { offset: 768, mtu: 100 },
      { offset: 868, mtu: 100 },
      { offset: 968, mtu: 56 },
    ]);
    const last = talk.hear(write(968, 56));
    expect(last).toMatchObject({ type: "answer", answer: { type: "chunk" } });
    const bytes = last.type === "answer" && last.answer.type === "chunk" && last.answer.bytes;
    expect(bytes).toEqual(
      Uint8Array.from({ length: 256 }, (_, at) => (at < 100 ? 0 : at < 200 ? 100 : 200)),
    );
  });

  test("that was given up in its middle begins anew", () => {
    const talk = talkOf(pieces);
    talk.ask(chunk);
    talk.hear(write(768, 100));
    talk.giveUp();
    expect(statusOf(talk.ask(chunk)).offset).toBe(768);
    talk.hear(write(768, 100));
    talk.hear(write(868, 100));
    expect(talk.hear(write(968, 56))).toMatchObject({ answer: { bytes: { length: 256 } } });
  });

  test.each([
    { what: "from before", command: write(700, 100), is: "wrongChunk" },
    { what: "from behind", command: write(769, 100), is: "wrongChunk" },
    { what: "of no byte", command: write(768, 0), is: "wrongChunk" },
    { what: "of a byte too many", command: write(768, 101), is: "wrongChunk" },
    { what: "of another version", command: write(768, 9, { version: utf8("3") }), is: "denied" },
  ])("$what: none", ({ command, is }) => {
    const talk = talkOf(pieces);
    talk.ask(chunk);
    expect(talk.hear(command)).toMatchObject({ type: "answer", answer: { type: is } });
  });

  test("a full bank asks for a few bytes, to hear that there are none; it takes none", () => {
    const talk = talkOf();
    const full = { ...chunkOf(unsized), expectBytes: 0 };
    expect(statusOf(talk.ask(full))).toMatchObject({ offset: 768, mtu: 8 });
    const detail = "more bytes than the bank has";
    expect(talk.hear(write(768, 8))).toMatchObject({ answer: { type: "wrongChunk", detail } });
    talk.ask(full);
    const checksum = utf8("");
    const end = { name: "Swap", version: utf8("2.0.0"), correlationId: none, checksum } as const;
    expect(talk.hear(end)).toMatchObject({ answer: { type: "lastChunk", checksum: none } });
  });
});

describe("an answer is to the last request, and to no other", () => {
  const options = {
    spelling: "packed",
    firstCorrelationId: 1,
    authorization: "x",
    commandTimeoutS: 5,
  } as const;
  const body = encodeCbor(drogueCommand, wait(none), "packed");

  test("by HTTP, of which no more is taken than can be in it", () => {
    const bench = new DialectBench(new DrogueHttp(options)).ask(chunk);
    expect(bench.take()).toMatchObject([{ id: 1, bodyBytesMax: 256 + 512 }]);
    bench.dialect.giveUp(bench);
    bench.ask(TARGET);
    const [cancel, again] = bench.take();
    expect([cancel, again]).toMatchObject([{ type: "httpCancel", id: 1 }, { bodyBytesMax: 512 }]);
    const event = { type: "httpResponse", at: 0, status: 200, body } as const;
    expect(bench.dialect.step({ ...event, id: 1 }, bench)).toBeUndefined();
    expect(bench.dialect.step({ ...event, id: 2 }, bench)).toEqual({ type: "later", pollS: 7 });
    expect(bench.dialect.step({ ...event, id: 2 }, bench)).toBeUndefined();
  });

  test.each([
    { status: 200, body: bytesOf(""), is: { type: "failed", detail: "no command came in 5 s" } },
    { status: 202, body: bytesOf("x"), is: { type: "failed", detail: "no command came in 5 s" } },
    { status: 403, body: bytesOf(""), is: { type: "denied", cause: "credentials" } },
    { status: 503, body, is: { type: "failed", detail: "the server answers 503" } },
  ])("by HTTP: $status", ({ status, body: given, is }) => {
    const bench = new DialectBench(new DrogueHttp(options)).ask(TARGET);
    const event = { type: "httpResponse", at: 0, id: 1, status, body: given } as const;
    expect(bench.dialect.step(event, bench)).toMatchObject(is);
  });

  test("by CoAP", () => {
    const bench = new DialectBench(new DrogueCoap(options)).ask(chunk);
    bench.dialect.giveUp(bench);
    bench.ask(TARGET);
    const named = [{ number: 4210, value: utf8("dfu") }];
    const reply = { code: 205, options: named, payload: body, isObserved: false };
    const event = { type: "coapResponse", at: 0, ...reply } as const;
    expect(bench.dialect.step({ ...event, id: 1 }, bench)).toBeUndefined();
    expect(bench.dialect.step({ ...event, id: 2 }, bench)).toEqual({ type: "later", pollS: 7 });
  });
});

test("a piece is the device's own: whoever reuses the datagram's buffer does not change it", () => {
  const datagram = encodeCbor(drogueCommand, write(768, 256), "packed");
  const talk = talkOf();
  talk.ask(chunk);
  const turn = talk.take(datagram);
  datagram.fill(0xee);
  expect(turn).toMatchObject({ answer: { type: "chunk", bytes: new Uint8Array(256) } });
});
