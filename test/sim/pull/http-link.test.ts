import { describe, expect, test } from "vitest";
import { Engine } from "#sim/kernel/engine.ts";
import { GOOD_IP_LINK, type IpLinkOptions, SimulatedHttp } from "#sim/pull/http-link.ts";
import type { HttpHandler, HttpOutcome } from "#sim/server/thingsboard/http-exchange.ts";

const request = {
  type: "httpRequest",
  id: 7,
  method: "GET",
  path: "/",
  body: undefined,
  bodyBytesMax: 4,
} as const;
const reply = (bytes: number): HttpOutcome => ({
  status: 200,
  headers: {},
  body: new Uint8Array(bytes),
});

function linkOf(options: Partial<IpLinkOptions>, handler: HttpHandler) {
  const engine = new Engine();
  const heard: { type: string; atMs: number }[] = [];
  const all = { ...GOOD_IP_LINK, ...options };
  const link = new SimulatedHttp(engine, handler, all, { seed: 1, id: 0 }, (event) => {
    heard.push({ ...event, atMs: engine.now / 1000 });
  });
  return { engine, heard, link };
}

const answering =
  (outcome: HttpOutcome): HttpHandler =>
  (_, respond) => {
    respond(outcome);
    return () => {};
  };

describe("an exchange", () => {
  test.each([
    { what: "that fits", outcome: reply(4), is: { type: "httpResponse", id: 7, status: 200 } },
    {
      what: "with a byte too many",
      outcome: reply(5),
      is: { type: "httpFailed", id: 7, isTooLong: true },
    },
    {
      what: "whose server closes",
      outcome: "close" as const,
      is: { type: "httpFailed", id: 7, isTooLong: false },
    },
  ])("$what", ({ outcome, is }) => {
    const { engine, heard, link } = linkOf({}, answering(outcome));
    link.request(request);
    engine.advance(1_000_000);
    expect(heard).toMatchObject([is]);
    expect(heard[0]?.atMs).toBeGreaterThanOrEqual(40);
    expect(heard[0]?.atMs).toBeLessThanOrEqual(160);
  });

  test.each([
    { what: "silence", options: {}, outcome: "silence" as const, lost: 0 },
    { what: "everything is lost", options: { loss: 1 }, outcome: reply(1), lost: 1 },
  ])("$what: nothing comes", ({ options, outcome, lost }) => {
    const { engine, heard, link } = linkOf(options, answering(outcome));
    link.request(request);
    engine.advance(100_000_000);
    expect(heard).toEqual([]);
    expect(link.lost).toBe(lost);
  });

  test("every response is cut", () => {
    const { engine, heard, link } = linkOf({ truncation: 1 }, answering(reply(1)));
    link.request(request);
    engine.advance(1_000_000);
    expect(heard).toMatchObject([{ type: "httpFailed" }]);
  });

  test("as many are lost as should be, of both directions", () => {
    const { engine, heard, link } = linkOf({ loss: 0.1 }, answering(reply(1)));
    for (let each = 0; each < 2000; each++) {
      link.request(request);
      engine.advance(engine.now + 1_000_000);
    }
    expect(heard.length / 2000).toBeGreaterThan(0.81 - 0.03);
    expect(heard.length / 2000).toBeLessThan(0.81 + 0.03);
    expect(link.exchanges).toBe(2000);
  });

  test.each([
    { ms: 10, reaches: false },
    { ms: 1000, reaches: true },
  ])(
    "after a halt at $ms ms nothing comes, and a server that was reached hears of it",
    ({ ms, reaches }) => {
      let left = 0;
      const { engine, heard, link } = linkOf({}, () => () => {
        left += 1;
      });
      link.request(request);
      engine.advance(ms * 1000);
      link.halt();
      engine.advance(10_000_000);
      expect(heard).toEqual([]);
      expect(left).toBe(reaches ? 1 : 0);
    },
  );
});
