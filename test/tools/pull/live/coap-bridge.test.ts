import fc from "fast-check";
import { expect, test } from "vitest";
import type { CoapMessage } from "#hal/net/coap-message.ts";
import type { CoapHeard } from "#sim/server/thingsboard/coap-exchange.ts";
import type { HttpOutcome } from "#sim/server/thingsboard/http-exchange.ts";
import { coapBridge } from "#tools/pull/live/coap-bridge.ts";
import { thingsBoardPieces } from "#tools/pull/live/thingsboard-pieces.ts";
import { BridgeBench, ERROR, SHORT } from "./bridge-bench.ts";

const NOTHING = new Uint8Array(0);

function heard(facts: Partial<CoapHeard>): CoapHeard {
  return {
    ...{ type: "con", code: 1, messageId: 5, token: "5", payload: NOTHING },
    ...{ path: ["fw", "T"], query: ["size=4", "chunk=3"] },
    ...{ observe: undefined, block1: undefined, block2: undefined, isUnderstood: true },
    ...facts,
  };
}

/** A link whose ids begin at 65534 on the wire. */
function bridged(first = 65_534) {
  const bench = new BridgeBench();
  const sent: CoapMessage[] = [];
  let answer: (message: CoapMessage) => void = () => {};
  const served = coapBridge(
    (onMessage) => {
      answer = onMessage;
      return { send: (message) => sent.push(message), close: async () => {} };
    },
    bench,
    thingsBoardPieces(bench),
    first,
  );
  served.open("device", ({ type, code, messageId, token, payload }) =>
    bench.hear(`${type} ${code} id ${messageId} token ${token} ${payload.length} bytes`),
  );
  const say = (facts: Partial<CoapMessage>) =>
    answer({
      ...{ type: "ack", code: 205, messageId: 3, token: "fffe0005", options: [] },
      payload: new Uint8Array(4),
      ...facts,
    });
  return { bench, sent, served, say };
}

test("a request goes as it is, with ids of its own; what answers it has the old ones", () => {
  const { bench, sent, served, say } = bridged();
  served.receive("device", heard({ options: [{ number: 12, value: Uint8Array.of(50) }] }));
  expect(sent).toMatchObject([{ type: "con", code: 1, messageId: 3, token: "fffe0005" }]);
  expect(
    sent[0]?.options.map(({ number, value }) => [number, Buffer.from(value).toString()]),
  ).toEqual([
    [11, "fw"],
    [11, "T"],
    [12, "2"],
    [15, "size=4"],
    [15, "chunk=3"],
  ]);
  say({ code: 0, token: "", payload: NOTHING });
  say({ type: "con", messageId: 900 });
  served.receive(
    "device",
    heard({ type: "ack", code: 0, messageId: 900, token: "", path: [], query: [] }),
  );
  expect(bench.told).toEqual([
    "ack 0 id 5 token  0 bytes",
    "chunk 3, 4 bytes",
    "con 205 id 900 token 5 4 bytes",
  ]);
  expect(sent.at(-1)).toMatchObject({ type: "ack", code: 0, messageId: 900, token: "" });
});

test.each(["", "ff", "fffd0005", "0000000000000005"])(
  "an answer with token %j is to nobody",
  (token) => {
    const { bench, served, say } = bridged();
    served.receive("device", heard({}));
    say({ token });
    expect(bench.told).toEqual(["ack 205 id 5 token  4 bytes"]);
  },
);

test.each<[HttpOutcome, readonly string[]]>([
  [SHORT, ["con 205 id 9 token 5 1 bytes"]],
  [ERROR, ["con 500 id 9 token 5 0 bytes"]],
  ["close", ["rst 0 id 5 token  0 bytes"]],
  ["silence", []],
])("a chunk that comes twice is spoilt in the same way", (outcome, told) => {
  const { bench, served, say } = bridged();
  served.receive("device", heard({}));
  bench.outcome = outcome;
  say({ type: "con", messageId: 9 });
  bench.outcome = undefined;
  say({ type: "con", messageId: 9 });
  expect(bench.told).toEqual(["chunk 3, 4 bytes", ...told, ...told]);
});

test.each([
  ["an error instead of a chunk", heard({}), 404],
  ["attributes", heard({ path: ["api", "v1", "T", "attributes"] }), 205],
  ["a number that is none", heard({ query: ["chunk=x"] }), 205],
])("%s: faults have nothing to come over", (_, request, code) => {
  const { bench, served, say } = bridged();
  bench.outcome = SHORT;
  served.receive("device", request);
  say({ code });
  expect(bench.told).toEqual([`ack ${code} id 5 token 5 4 bytes`]);
});

test("whatever a server says, somebody hears it, or nobody does", () => {
  const bytes = (maxLength: number) => fc.uint8Array({ maxLength });
  const message = fc.record({
    type: fc.constantFrom("con" as const, "non" as const, "ack" as const, "rst" as const),
    code: fc.nat(799),
    messageId: fc.nat(65_535),
    token: bytes(8).map((token) => Buffer.from(token).toString("hex")),
    options: fc.array(fc.record({ number: fc.nat(65_535), value: bytes(5) }), { maxLength: 4 }),
    payload: bytes(64),
  });
  const said = fc.array(
    fc.oneof(
      message,
      message.map((one) => ({ ...one, token: "fffe0005" })),
    ),
  );
  fc.assert(
    fc.property(said, (messages) => {
      const { bench, served, say } = bridged();
      served.receive("device", heard({}));
      for (const one of messages) say(one);
      expect(bench.told.filter((text) => !text.startsWith("chunk"))).toHaveLength(messages.length);
    }),
  );
});
