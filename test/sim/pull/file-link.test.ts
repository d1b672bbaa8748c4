import { describe, expect, test } from "vitest";
import { LinkWithFiles } from "#sim/pull/file-link.ts";
import type { LinkEffect, PullLink } from "#sim/pull/link.ts";
import { FileServer } from "#sim/server/thingsboard/file-server.ts";
import type { HttpOutcome } from "#sim/server/thingsboard/http-exchange.ts";
import { TestLinkWorld } from "./link-world.ts";

const FILE = Uint8Array.from({ length: 1000 }, (_, at) => at);
const LATENCY = { latencyMs: { min: 10, max: 10 } };

/** A device's link to files, beside one of which only is known what it was told. */
function linkOf(
  options: ConstructorParameters<typeof TestLinkWorld>[0] = {},
  outcome?: HttpOutcome,
) {
  const world = new TestLinkWorld({ ...LATENCY, ...options });
  const files = new FileServer();
  files.add("/a", FILE);
  const said: string[] = [];
  const server: PullLink = {
    perform: ({ type }: LinkEffect) => said.push(type),
    halt: () => said.push("halt"),
    drop: () => said.push("drop"),
    messages: 5,
    lost: 2,
  };
  let requests = 0;
  const link = new LinkWithFiles(world, server, (request, respond) => {
    requests += 1;
    if (outcome === undefined) return files.handle(request, respond);
    respond(outcome);
    return () => {};
  });
  const fetch = (id: number, startBytes: number, bytesMax = 100) => {
    const url = "http://files.example/a";
    link.perform({ type: "fetch", id, url, startBytes, bytesMax });
  };
  return { world, link, said, fetch, requests: () => requests };
}

describe("a part of a file", () => {
  test("comes after a request and a response, by its range", () => {
    const { world, fetch } = linkOf({ bytesPerS: 1000 });
    fetch(1, 200);
    world.wait(1);
    expect(world.heard).toEqual([
      expect.objectContaining({ type: "fetched", id: 1, status: 206, atMs: 120 }),
    ]);
    expect(world.heard[0]).toMatchObject({ body: FILE.subarray(200, 300) });
  });

  test("of a server that gives the whole file is what was asked for; what lies before costs time once", () => {
    const { world, fetch } = linkOf({ bytesPerS: 1000 }, { status: 200, headers: {}, body: FILE });
    fetch(1, 200);
    world.wait(1);
    fetch(2, 300);
    world.wait(1);
    expect(world.heard.map(({ atMs }) => atMs)).toEqual([320, 1120]);
    expect(world.heard[1]).toMatchObject({ status: 200, body: FILE.subarray(300, 400) });
  });

  test.each<{ what: string; options: object; heard: string[] }>([
    { what: "lost", options: { loss: 1 }, heard: [] },
    { what: "cut", options: { truncation: 1 }, heard: ["fetchFailed"] },
    { what: "asked for twice", options: { duplicates: 1 }, heard: ["fetched"] },
  ])("$what", ({ options, heard }) => {
    const { world, fetch } = linkOf(options);
    fetch(1, 0);
    world.wait(60);
    expect(world.heard.map(({ type }) => type)).toEqual(heard);
  });

  test.each<{ outcome: HttpOutcome; heard: string[] }>([
    { outcome: "close", heard: ["fetchFailed"] },
    { outcome: "silence", heard: [] },
  ])("that is answered by $outcome", ({ outcome, heard }) => {
    const { world, fetch } = linkOf({}, outcome);
    fetch(1, 0);
    world.wait(60);
    expect(world.heard.map(({ type }) => type)).toEqual(heard);
  });
});

describe("nothing comes", () => {
  test.each(["fetchCancel", "halt"] as const)("after %s", (how) => {
    const { world, link, fetch, requests } = linkOf();
    fetch(1, 0);
    if (how === "halt") link.halt();
    else link.perform({ type: "fetchCancel", id: 1 });
    world.wait(60);
    expect(world.heard).toEqual([]);
    expect(requests()).toBe(0);
  });

  test("but an end, when the server is down or goes", () => {
    const { world, link, fetch } = linkOf();
    world.down = true;
    fetch(1, 0);
    world.wait(1);
    world.down = false;
    fetch(2, 0);
    link.drop();
    link.drop();
    world.wait(1);
    expect(world.heard.map(({ type, atMs }) => [type, atMs])).toEqual([
      ["fetchFailed", 10],
      ["fetchFailed", 1000],
    ]);
  });
});

test("everything else goes the way of the server, and counts", () => {
  const { world, link, said, fetch } = linkOf({ loss: 1 });
  link.perform({ type: "mqttConnect" });
  link.halt();
  link.drop();
  fetch(1, 0);
  world.wait(1);
  expect(said).toEqual(["mqttConnect", "halt", "drop"]);
  expect([link.messages, link.lost]).toEqual([6, 3]);
});
