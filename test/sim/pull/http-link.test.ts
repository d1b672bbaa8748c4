import { describe, expect, test } from "vitest";
import { SimulatedHttp } from "#sim/pull/http-link.ts";
import type { HttpHandler, HttpOutcome } from "#sim/server/thingsboard/http-exchange.ts";
import { TestLinkWorld } from "./link-world.ts";

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

function linkOf(options: ConstructorParameters<typeof TestLinkWorld>[0], handler: HttpHandler) {
  const world = new TestLinkWorld(options);
  return { world, heard: world.heard, link: new SimulatedHttp(world, handler) };
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
    const { world, heard, link } = linkOf({}, answering(outcome));
    link.perform(request);
    world.wait(1);
    expect(heard).toMatchObject([is]);
    expect(heard[0]?.atMs).toBeGreaterThanOrEqual(40);
    expect(heard[0]?.atMs).toBeLessThanOrEqual(160);
  });

  test.each([
    { what: "silence", options: {}, outcome: "silence" as const, lost: 0 },
    { what: "everything is lost", options: { loss: 1 }, outcome: reply(1), lost: 1 },
  ])("$what: nothing comes", ({ options, outcome, lost }) => {
    const { world, heard, link } = linkOf(options, answering(outcome));
    link.perform(request);
    world.wait(100);
    expect(heard).toEqual([]);
    expect(link.lost).toBe(lost);
  });

  test("every response is cut", () => {
    const { world, heard, link } = linkOf({ truncation: 1 }, answering(reply(1)));
    link.perform(request);
    world.wait(1);
    expect(heard).toMatchObject([{ type: "httpFailed" }]);
  });

  test("a slow link takes its time", () => {
    const options = { bytesPerS: 2, latencyMs: { min: 0, max: 0 } };
    const { world, heard, link } = linkOf(options, answering(reply(3)));
    link.perform(request);
    world.wait(10);
    expect(heard).toMatchObject([{ type: "httpResponse", atMs: 1500 }]);
  });

  test("a request that comes twice is answered once", () => {
    let served = 0;
    const { world, heard, link } = linkOf({ duplicates: 1 }, (_, respond) => {
      served += 1;
      respond(reply(1));
      return () => {};
    });
    link.perform(request);
    world.wait(1);
    expect(served).toBe(2);
    expect(heard).toMatchObject([{ type: "httpResponse" }]);
  });

  test("without a link, nothing arrives; without a server, the connection is refused", () => {
    const { world, heard, link } = linkOf({}, answering(reply(1)));
    world.offline = true;
    link.perform(request);
    world.wait(10);
    expect(heard).toEqual([]);
    world.offline = false;
    world.down = true;
    link.perform(request);
    world.wait(10);
    expect(heard).toMatchObject([{ type: "httpFailed" }]);
  });

  test("a server that goes takes the exchange with it, and only that", () => {
    const { world, heard, link } = linkOf({}, answering("silence"));
    link.drop();
    link.perform(request);
    world.wait(1);
    link.drop();
    link.drop();
    world.wait(1);
    expect(heard).toMatchObject([{ type: "httpFailed", id: 7 }]);
  });

  test("as many are lost as should be, of both directions", () => {
    const { world, heard, link } = linkOf({ loss: 0.1 }, answering(reply(1)));
    for (let each = 0; each < 2000; each++) {
      link.perform(request);
      world.wait(1);
    }
    expect(heard.length / 2000).toBeGreaterThan(0.81 - 0.03);
    expect(heard.length / 2000).toBeLessThan(0.81 + 0.03);
    expect(link.lost).toBe(2000 - heard.length);
  });

  test.each([
    { s: 0.01, reaches: false },
    { s: 1, reaches: true },
  ])(
    "after a halt at $s s nothing comes, and a server that was reached hears of it",
    ({ s, reaches }) => {
      let left = 0;
      const { world, heard, link } = linkOf({}, () => () => {
        left += 1;
      });
      link.perform(request);
      world.wait(s);
      link.halt();
      world.wait(10);
      expect(heard).toEqual([]);
      expect(left).toBe(reaches ? 1 : 0);
    },
  );
});
