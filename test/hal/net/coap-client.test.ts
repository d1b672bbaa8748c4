import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { CoapClient } from "#hal/net/coap-client.ts";
import type { CoapReply } from "#hal/net/coap-exchange.ts";
import {
  COAP_OPTION,
  type CoapBlock,
  type CoapMessage,
  type CoapOption,
  coapBlock,
  coapBlockOf,
  coapOption,
  coapUint,
} from "#hal/net/coap-message.ts";
import { CoapPeer, GET, Told } from "./coap-bench.ts";

let peer: CoapPeer;
let client: CoapClient;

beforeEach(async () => {
  peer = await CoapPeer.open();
  client = new CoapClient(peer.url);
});
afterEach(async () => {
  vi.useRealTimers();
  client.close();
  await peer.close();
});

const bytes = (length: number) => Uint8Array.from({ length }, (_, at) => at & 0xff);
const block2 = (block: CoapBlock): CoapOption => ({
  number: COAP_OPTION.block2,
  value: coapBlock(block),
});
const numOf = (message: CoapMessage) => {
  const option = coapOption(message, COAP_OPTION.block2);
  return option === undefined ? undefined : coapBlockOf(option);
};
const replyOf = (told: CoapReply | string): CoapReply => {
  if (typeof told === "string") throw new Error(told);
  return told;
};

describe("one exchange", () => {
  test("a request as it was given, and the answer on its acknowledgement", async () => {
    const told = new Told();
    const query = ["title=a b&c", "chunk=0"];
    const options = [{ number: 4209, value: bytes(3) }];
    client.call({ ...GET, method: "POST", query, options, payload: bytes(2) }, told);
    const request = await peer.next();
    expect(request).toMatchObject({ type: "con", code: 2 });
    expect(request.token).toMatch(/^[0-9a-f]{16}$/);
    expect(request.options.map(({ number, value }) => [number, String(value)])).toEqual([
      [COAP_OPTION.uriPath, "fw"],
      [COAP_OPTION.uriPath, "T"],
      [COAP_OPTION.uriQuery, "title=a b&c"],
      [COAP_OPTION.uriQuery, "chunk=0"],
      [4209, "\u0000\u0001\u0002"],
    ]);
    expect(new Uint8Array(request.payload)).toEqual(bytes(2));
    peer.answer(request, {
      code: 404,
      options: [{ number: 4210, value: bytes(1) }],
      payload: bytes(5),
    });
    const reply = replyOf(await told.next());
    expect(reply).toMatchObject({ code: 404, isObserved: false, options: [{ number: 4210 }] });
    expect(new Uint8Array(reply.payload)).toEqual(bytes(5));
  });

  test("an empty acknowledgement, and the answer in a message of its own", async () => {
    const told = new Told();
    client.call(GET, told);
    const { messageId, token } = await peer.next();
    peer.say({ messageId, code: 0 });
    peer.say({ type: "con", messageId: 7, token, payload: bytes(4) });
    expect(await told.next()).toMatchObject({ code: 205 });
    expect(await peer.next()).toMatchObject({ type: "ack", code: 0, messageId: 7 });
  });

  test("an answer that comes again is acknowledged again, and told once", async () => {
    const told = new Told();
    client.call(GET, told);
    const { messageId, token } = await peer.next();
    for (let times = 0; times < 3; times++) {
      peer.say({ type: "con", messageId: 7, token, payload: bytes(4) });
      expect(await peer.next()).toMatchObject({ type: "ack", messageId: 7 });
    }
    // It stands for the acknowledgement, too.
    client.call(GET, told);
    expect((await peer.next()).messageId).not.toBe(messageId);
    expect(told.all).toHaveLength(1);
  });

  test("what nobody acknowledges is sent again, the same", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    client.call(GET, new Told());
    const first = await peer.next();
    vi.advanceTimersByTime(3000);
    expect(await peer.next()).toEqual(first);
    vi.advanceTimersByTime(6000);
    expect(await peer.next()).toEqual(first);
  });

  test("all exchanges of a client come from one port", async () => {
    const told = new Told();
    const ports: number[] = [];
    for (let times = 0; times < 3; times++) {
      client.call(GET, told);
      peer.answer(await peer.next(), {});
      ports.push(peer.port);
      await told.next();
    }
    expect(new Set(ports).size).toBe(1);
  });

  test("cancelled: nothing comes of it, and the next one comes from another port", async () => {
    const told = new Told();
    const cancel = client.call(GET, told);
    peer.answer({ ...(await peer.next()), token: "00" }, {});
    const { port } = peer;
    cancel();
    client.call(GET, told);
    peer.answer(await peer.next(), { payload: bytes(1) });
    expect(peer.port).not.toBe(port);
    await told.next();
    expect(told.all).toHaveLength(1);
  });

  test("a name of two addresses is that of version 4", async () => {
    const told = new Told();
    const named = new CoapClient(peer.url.replace("127.0.0.1", "localhost"));
    named.call(GET, told);
    peer.answer(await peer.next(), {});
    expect(await told.next()).toMatchObject({ code: 205 });
    named.close();
  });

  test("nobody listens there", async () => {
    const { url } = peer;
    await peer.close();
    const told = new Told();
    const refused = new CoapClient(url);
    refused.call(GET, told);
    expect(await told.next()).toBe("connection refused");
    refused.close();
    peer = await CoapPeer.open();
  });

  test("there is no such host", async () => {
    const told = new Told();
    const lost = new CoapClient("coap://nowhere.invalid");
    lost.call(GET, told);
    expect(await told.next()).toMatch(/^(no such host|the name cannot be looked up)$/);
    lost.close();
  });

  test("the server rejects it", async () => {
    const told = new Told();
    client.call(GET, told);
    const { messageId } = await peer.next();
    peer.say({ type: "rst", code: 0, messageId });
    expect(await told.next()).toBe("the server rejects the request");
  });

  test("a payload with a byte too many", async () => {
    const told = new Told();
    client.call({ ...GET, payloadBytesMax: 4 }, told);
    peer.answer(await peer.next(), { payload: bytes(5) });
    expect(await told.next()).toBe("more than 4 bytes, too long");
  });

  test("a request that no datagram holds", async () => {
    const told = new Told();
    const query = Array.from({ length: 8 }, () => "x".repeat(250));
    client.call({ ...GET, query }, told);
    expect(await told.next()).toMatch(/^Max packet size/);
  });
});

describe("an answer in blocks", () => {
  const body = bytes(300);

  /** Answers requests for blocks until the last. */
  async function give(sizeBytes: 64 | 128, spoil: (num: number) => void = () => {}) {
    for (;;) {
      const request = await peer.next();
      if (request.code === 0) continue;
      const num = numOf(request)?.num ?? 0;
      const at = num * sizeBytes;
      const more = at + sizeBytes < body.length;
      const message = {
        options: [block2({ num, more, sizeBytes })],
        payload: body.subarray(at, at + sizeBytes),
      };
      spoil(num);
      peer.answer(request, message);
      peer.answer(request, message);
      if (!more) return;
    }
  }

  test.each([
    { what: "of the server's own accord", asks: undefined },
    { what: "asked for", asks: 128 as const },
  ])("$what; each of them twice", async ({ asks }) => {
    const told = new Told();
    client.call({ ...GET, blockBytes: asks }, told);
    await give(128);
    expect(new Uint8Array(replyOf(await told.next()).payload)).toEqual(body);
    expect(peer.heard.map(numOf)).toEqual([
      asks && { num: 0, more: false, sizeBytes: 128 },
      { num: 1, more: false, sizeBytes: 128 },
      { num: 2, more: false, sizeBytes: 128 },
    ]);
  });

  test("smaller than asked for", async () => {
    const told = new Told();
    client.call({ ...GET, blockBytes: 128 }, told);
    await give(64);
    expect(new Uint8Array(replyOf(await told.next()).payload)).toEqual(body);
  });

  test("what is lost of each is sent again as soon as of the first", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    client.call(GET, new Told());
    for (let num = 0; num < 4; num++) {
      const request = await peer.next();
      vi.advanceTimersByTime(3000);
      expect(await peer.next()).toEqual(request);
      peer.answer(request, {
        options: [block2({ num, more: true, sizeBytes: 64 })],
        payload: body.subarray(0, 64),
      });
    }
  });

  test("each in a message of its own, and late copies of earlier ones between them", async () => {
    const told = new Told();
    client.call(GET, told);
    let messageId = 100;
    const say = (token: string, num: number) =>
      peer.say({
        type: "con",
        messageId: messageId++,
        token,
        options: [block2({ num, more: num < 2, sizeBytes: 128 })],
        payload: body.subarray(num * 128, (num + 1) * 128),
      });
    const { token } = await peer.next();
    say(token, 0);
    say(token, 0);
    for (let num = 1; num < 3; ) {
      const message = await peer.next();
      if (message.code === 0) continue;
      expect(numOf(message)?.num).toBe(num);
      say(token, num - 1);
      say(token, num++);
    }
    expect(new Uint8Array(replyOf(await told.next()).payload)).toEqual(body);
  });

  test.each<{ what: string; options: CoapOption[]; payload: number; says: string }>([
    {
      what: "a block out of its turn",
      options: [block2({ num: 1, more: true, sizeBytes: 64 })],
      payload: 64,
      says: "block 1 out of its turn",
    },
    {
      // ThingsBoard's answer to Block2 for a chunk of a few bytes
      what: "a short block that is not the last",
      options: [block2({ num: 0, more: true, sizeBytes: 1024 })],
      payload: 4,
      says: "a block of 4 bytes that is not the last",
    },
    {
      what: "a block size that does not exist",
      options: [{ number: COAP_OPTION.block2, value: Uint8Array.of(0x0f) }],
      payload: 64,
      says: "a block of no known size",
    },
    {
      what: "an option that is no block",
      options: [{ number: COAP_OPTION.block2, value: bytes(4) }],
      payload: 64,
      says: "a block of no known size",
    },
    {
      what: "an acknowledgement of blocks that were not sent",
      options: [{ number: COAP_OPTION.block1, value: bytes(4) }],
      payload: 64,
      says: "an answer that cannot be used",
    },
  ])("$what ends it", async ({ options, payload, says }) => {
    const told = new Told();
    client.call(GET, told);
    peer.answer(await peer.next(), { options, payload: bytes(payload) });
    expect(await told.next()).toBe(says);
    expect(peer.heard).toHaveLength(1);
  });

  test.each([
    { what: "the same", etag: 1, is: "whole" },
    { what: "none", etag: undefined, is: "whole" },
    // RFC 7959 §2.4: the two are no blocks of one body.
    { what: "another", etag: 2, is: "a block of another answer" },
  ])("$what ETag on its second block", async ({ etag, is }) => {
    const told = new Told();
    client.call(GET, told);
    const tag = (of: number | undefined) =>
      of === undefined ? [] : [{ number: COAP_OPTION.etag, value: Uint8Array.of(of) }];
    for (const [num, of] of [1, etag].entries()) {
      const options = [...tag(of), block2({ num, more: num < 1, sizeBytes: 64 })];
      peer.answer(await peer.next(), { options, payload: bytes(64) });
    }
    const answer = await told.next();
    expect(typeof answer === "string" ? answer : "whole").toBe(is);
  });

  test.each([205, 404])("%i in no block ends it: all there is", async (code) => {
    const told = new Told();
    client.call(GET, told);
    const options = [block2({ num: 0, more: true, sizeBytes: 64 })];
    peer.answer(await peer.next(), { options, payload: bytes(64) });
    peer.answer(await peer.next(), { code, payload: bytes(5) });
    const reply = replyOf(await told.next());
    expect(reply).toMatchObject({ code, options: [] });
    expect(new Uint8Array(reply.payload)).toEqual(bytes(5));
  });

  test("without an end: no more than was wanted", async () => {
    const told = new Told();
    client.call({ ...GET, payloadBytesMax: 1000 }, told);
    for (let num = 0; num < 16; num++) {
      const request = await peer.next();
      const options = [block2({ num, more: true, sizeBytes: 64 })];
      peer.answer(request, { options, payload: bytes(64) });
    }
    expect(await told.next()).toBe("more than 1000 bytes, too long");
  });

  test("a long request goes in blocks", async () => {
    const told = new Told();
    const payload = bytes(2500);
    client.call({ ...GET, method: "POST", payload }, told);
    const parts: Uint8Array[] = [];
    for (let num = 0; num < 3; num++) {
      const request = await peer.next();
      const option = coapOption(request, COAP_OPTION.block1) ?? bytes(0);
      expect(coapBlockOf(option)).toEqual({ num, more: num < 2, sizeBytes: 1024 });
      parts.push(request.payload);
      const options = [{ number: COAP_OPTION.block1, value: option }];
      peer.answer(request, { code: num < 2 ? 231 : 204, options });
    }
    expect(await told.next()).toMatchObject({ code: 204 });
    expect(new Uint8Array(Buffer.concat(parts))).toEqual(payload);
  });
});

describe("what is observed", () => {
  const observe = (sequence: number): CoapOption => ({
    number: COAP_OPTION.observe,
    value: coapUint(sequence),
  });

  async function observed(told: Told): Promise<{ token: string; cancel: () => void }> {
    const cancel = client.call({ ...GET, observes: true }, told);
    const request = await peer.next();
    expect(coapOption(request, COAP_OPTION.observe)).toHaveLength(0);
    peer.answer(request, { options: [observe(1)] });
    expect(await told.next()).toMatchObject({ code: 205, isObserved: true });
    return { token: request.token, cancel };
  }

  test("is told of each change, and acknowledged; other exchanges go on beside it", async () => {
    const told = new Told();
    const { token } = await observed(told);
    for (let sequence = 2; sequence < 5; sequence++) {
      peer.say({ type: "con", messageId: sequence, token, options: [observe(sequence)] });
      expect(await told.next()).toMatchObject({ code: 205, isObserved: true });
      expect(await peer.next()).toMatchObject({ type: "ack", messageId: sequence });
      const other = new Told();
      client.call(GET, other);
      peer.answer(await peer.next(), {});
      expect(await other.next()).toMatchObject({ isObserved: false });
    }
  });

  test.each([
    { what: "another answer", code: 202, options: [] },
    { what: "an error", code: 404, options: [observe(9)] },
  ])("$what ends it", async ({ code, options }) => {
    const told = new Told();
    const { token } = await observed(told);
    peer.say({ type: "con", messageId: 2, token, code, options });
    expect(await told.next()).toMatchObject({ code, isObserved: false });
    expect(await peer.next()).toMatchObject({ type: "ack" });
    peer.say({ type: "con", messageId: 3, token, options: [observe(10)] });
    expect(await peer.next()).toMatchObject({ type: "rst", messageId: 3 });
    expect(told.all).toHaveLength(2);
  });

  test("given up: the server hears of it at the next change", async () => {
    const told = new Told();
    const { token, cancel } = await observed(told);
    client.call(GET, new Told());
    await peer.next();
    cancel();
    await Promise.resolve();
    peer.say({ type: "con", messageId: 2, token, options: [observe(2)] });
    expect(await peer.next()).toMatchObject({ type: "rst", messageId: 2 });
    expect(told.all).toHaveLength(1);
  });

  test.each([205, 401, 404])("a server that does not observe answers %i, once", async (code) => {
    const told = new Told();
    client.call({ ...GET, observes: true }, told);
    peer.answer(await peer.next(), { code });
    expect(await told.next()).toMatchObject({ code, isObserved: false });
  });

  test("in blocks: those after the first are asked for without observing", async () => {
    const told = new Told();
    client.call({ ...GET, observes: true }, told);
    const body = bytes(100);
    peer.answer(await peer.next(), {
      options: [observe(1), block2({ num: 0, more: true, sizeBytes: 64 })],
      payload: body.subarray(0, 64),
    });
    const second = await peer.next();
    expect(coapOption(second, COAP_OPTION.observe)).toBeUndefined();
    peer.answer(second, {
      options: [block2({ num: 1, more: false, sizeBytes: 64 })],
      payload: body.subarray(64),
    });
    const reply = replyOf(await told.next());
    expect(reply.isObserved).toBe(true);
    expect(new Uint8Array(reply.payload)).toEqual(body);
  });
});

test("whatever a server says ends in an answer or is not one: the next exchange works", async () => {
  const option = fc.record({
    number: fc.constantFrom(4, 6, 12, 14, 23, 27, 28, 60, 4210),
    value: fc.uint8Array({ maxLength: 5 }),
  });
  const message = fc.record({
    type: fc.constantFrom("ack" as const, "con" as const, "non" as const, "rst" as const),
    code: fc.constantFrom(0, 1, 201, 205, 231, 404, 500, 731),
    options: fc.array(option, { maxLength: 3 }),
    payload: fc.uint8Array({ maxLength: 70 }),
    isMine: fc.boolean(),
  });
  const one = fc.tuple(fc.boolean(), fc.array(fc.oneof(message, fc.uint8Array({ maxLength: 30 }))));
  let pings = 1000;
  await fc.assert(
    fc.asyncProperty(one, async ([observes, said]) => {
      const told = new Told();
      const cancel = client.call({ ...GET, observes }, told);
      const request = await heard(({ code }) => code > 0);
      for (const each of said) {
        if (each instanceof Uint8Array) {
          peer.sayBytes(each);
          continue;
        }
        const { isMine, code, ...rest } = each;
        const empty = { token: "", options: [], payload: new Uint8Array(0) };
        const messageId = isMine ? request.messageId : 9;
        peer.say({ ...rest, code, messageId, token: request.token, ...(code === 0 ? empty : {}) });
      }
      pings += 1;
      peer.say({ type: "con", code: 0, messageId: pings });
      await heard(({ type, messageId }) => type === "rst" && messageId === pings);
      cancel();
      const next = new Told();
      client.call(GET, next);
      const again = await heard(({ code, token }) => code > 0 && token !== request.token);
      peer.answer(again, { payload: bytes(3) });
      expect(await next.next()).toMatchObject({ code: 205 });
      expect(told.all.length).toBeLessThanOrEqual(said.length);
    }),
    { numRuns: 300 },
  );

  async function heard(isIt: (message: CoapMessage) => boolean): Promise<CoapMessage> {
    for (;;) {
      const message = await peer.next();
      if (isIt(message)) return message;
    }
  }
});
