import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { COAP_OPTION, type CoapOption, decodeCoap, encodeCoap } from "#hal/net/coap-message.ts";
import { CoapListener, type HeardCoap } from "#hal/net/coap-server.ts";
import { ListenRefused } from "#hal/net/http-server.ts";

let listener: CoapListener;
let client: Socket;
const heard: HeardCoap[] = [];
const none = new Uint8Array(0);

beforeEach(async () => {
  heard.length = 0;
  listener = await CoapListener.open("127.0.0.1", 0, (say) => (from, message) => {
    heard.push(message);
    const { messageId, token } = message;
    say(from, {
      type: "ack",
      code: 205,
      messageId,
      token,
      payload: Uint8Array.of(7),
      observe: 300,
      contentFormat: 50,
      block2: { num: 1, more: true, sizeBytes: 64 },
      size2: 1000,
    });
  });
  client = createSocket("udp4");
  client.connect(portOf(listener), "127.0.0.1");
  await once(client, "connect");
});
afterEach(async () => {
  client.close();
  await listener.close();
});

function portOf({ url }: CoapListener): number {
  return Number(new URL(url).port);
}

async function askBytes(bytes: Uint8Array) {
  const answer = once(client, "message");
  client.send(bytes);
  return decodeCoap((await answer)[0]);
}

function ask(options: readonly CoapOption[]) {
  const head = { type: "con", code: 1, messageId: 5, token: "ab" } as const;
  return askBytes(encodeCoap({ ...head, options, payload: none }));
}

const option = (number: number, ...bytes: number[]): CoapOption => ({
  number,
  value: Uint8Array.from(bytes),
});

test("what it hears, and what it is given to say", async () => {
  const letters = (text: string) => [...new TextEncoder().encode(text)];
  const answer = await ask([
    option(COAP_OPTION.observe),
    option(COAP_OPTION.uriPath, ...letters("fw")),
    option(COAP_OPTION.uriPath, ...letters("é")),
    option(COAP_OPTION.uriQuery, ...letters("a=b&c")),
    option(COAP_OPTION.block2, 0x16),
  ]);
  expect(heard).toMatchObject([
    {
      type: "con",
      code: 1,
      messageId: 5,
      token: "ab",
      path: ["fw", "é"],
      query: ["a=b&c"],
      observe: 0,
      block2: { num: 1, more: false, sizeBytes: 1024 },
      block1: undefined,
      isUnderstood: true,
    },
  ]);
  expect(answer).toMatchObject({ type: "ack", code: 205, messageId: 5, token: "ab" });
  expect(answer?.options.map(({ number, value }) => [number, ...value])).toEqual([
    [COAP_OPTION.observe, 1, 44],
    [COAP_OPTION.contentFormat, 50],
    [COAP_OPTION.block2, 0x1a],
    [COAP_OPTION.size2, 3, 232],
  ]);
});

describe("what it understands", () => {
  test.each([
    { what: "an elective option that nobody knows", options: [option(2000)], is: true },
    { what: "a critical one", options: [option(2001)], is: false },
    { what: "the server's own name", options: [option(3, 65), option(7, 80)], is: true },
    { what: "a block that is none", options: [option(COAP_OPTION.block1, 7)], is: false },
    { what: "two bytes too many", options: [option(COAP_OPTION.block2, 1, 0, 0, 0)], is: false },
  ])("$what: $is", async ({ options, is }) => {
    await ask(options);
    expect(heard[0]?.isUnderstood).toBe(is);
  });
});

test("whatever comes, it hears the next message", async () => {
  const head = fc.constantFrom(0x40, 0x48, 0x50, 0x60, 0x70, 0x00, 0xff);
  await fc.assert(
    fc.asyncProperty(head, fc.uint8Array({ maxLength: 40 }), async (first, rest) => {
      client.send(Uint8Array.of(first, ...rest));
      const marker = 0x1234;
      const head = { type: "con", code: 1, messageId: marker, token: "" } as const;
      client.send(encodeCoap({ ...head, options: [], payload: none }));
      for (;;) {
        const [bytes] = await once(client, "message");
        if (decodeCoap(bytes)?.messageId === marker) return;
      }
    }),
    { numRuns: 300 },
  );
});

test("where somebody listens already, it does not", async () => {
  const twice = CoapListener.open("127.0.0.1", portOf(listener), () => () => {});
  await expect(twice).rejects.toThrow(ListenRefused);
  await expect(twice).rejects.toThrow(/somebody listens there already/);
});

test.each([
  { known: [], isUnderstood: false, numbers: [] },
  { known: [4209], isUnderstood: true, numbers: [4209] },
])("a server that knows $known besides", async ({ known, isUnderstood, numbers }) => {
  const all: HeardCoap[] = [];
  const other = await CoapListener.open(
    "127.0.0.1",
    0,
    (say) => (from, message) => {
      all.push(message);
      const { messageId, token } = message;
      const said = [option(4210, 9)];
      say(from, { type: "ack", code: 204, messageId, token, payload: none, options: said });
    },
    known,
  );
  const peer = createSocket("udp4");
  peer.connect(portOf(other), "127.0.0.1");
  await once(peer, "connect");
  const head = { type: "con", code: 2, messageId: 6, token: "ab", payload: none } as const;
  const answer = once(peer, "message");
  peer.send(encodeCoap({ ...head, options: [option(4209, 7), option(4210, 8)] }));
  expect(decodeCoap((await answer)[0])?.options).toEqual([
    { number: 4210, value: Buffer.from([9]) },
  ]);
  expect(all).toMatchObject([{ isUnderstood }]);
  expect(all[0]?.options.map(({ number }) => number)).toEqual(numbers);
  peer.close();
  await other.close();
});
