import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import type { Dialect } from "#agent/pull/dialect.ts";
import { DocumentedMqtt } from "#agent/pull/documented-mqtt.ts";
import { DrogueMqtt } from "#agent/pull/drogue-mqtt.ts";
import { DrogueSerial } from "#agent/pull/drogue-serial.ts";
import type { PullEffect } from "#agent/pull/events.ts";
import { ThingsBoardHttp } from "#agent/pull/thingsboard-http.ts";
import { UrlPackages } from "#agent/pull/url-packages.ts";
import { FileServer } from "#sim/server/thingsboard/file-server.ts";
import { imageOf } from "../test-device.ts";
import { type PostLater, PullWorld, type WorldLink, type WorldOptions } from "./pull-world.ts";
import { ScriptedServer, update } from "./scripted-server.ts";

type Fetch = PullEffect & { readonly type: "fetch" };
interface Given {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
}
/** Changes one answer of many; a text: the fetch fails, and why. `count`: fetches before it. */
type Twist = (given: Given, fetch: Fetch, count: number) => Given | string | "lost";

const URL_OF_FILE = "https://files.example/fw/a.img?key=s";

/** Files anywhere, as the net brings them. */
class Files implements WorldLink {
  readonly fetches: Fetch[] = [];
  cancelled = 0;
  twist: Twist = (given) => given;
  readonly #server = new FileServer();

  constructor(bytes: Uint8Array) {
    this.#server.add("/fw/a.img", bytes);
  }

  newDialect() {
    return new UrlPackages(new ThingsBoardHttp({ token: "T 1", kind: "fw", longPolls: false }));
  }

  perform(effect: PullEffect, post: PostLater): void {
    if (effect.type === "fetchCancel") this.cancelled += 1;
    if (effect.type !== "fetch") return;
    const { id, url, startBytes, bytesMax } = effect;
    const { pathname } = new URL(url);
    const headers = { range: `bytes=${startBytes}-${startBytes + bytesMax - 1}` };
    const request = { method: "GET", path: pathname, headers, body: new Uint8Array(0) };
    this.#server.handle(request, (outcome) => {
      if (typeof outcome === "string") throw new Error(outcome);
      const given = this.twist(outcome, effect, this.fetches.length);
      this.fetches.push(effect);
      if (given === "lost") return;
      if (typeof given === "string") post({ type: "fetchFailed", id, detail: given });
      else post({ type: "fetched", id, headers: {}, body: new Uint8Array(0), ...given });
    });
  }

  halt(): void {}
}

const UNSAID = { size: undefined, checksum: undefined, checksum_algorithm: undefined };

function worldOf(twist?: Twist, attributes: object = {}, options: WorldOptions = {}) {
  const files = new Files(update);
  if (twist !== undefined) files.twist = twist;
  const server = new ScriptedServer({
    bytes: update,
    attributes: { url: URL_OF_FILE, ...attributes },
  });
  const world = new PullWorld(server, { ...options, link: files });
  return { world, files, server };
}

const TOLD = ["DOWNLOADING", "DOWNLOADED", "VERIFIED", "UPDATING", undefined, "UPDATED"];
const STARTS = Array.from({ length: Math.ceil(update.length / 256) }, (_, index) => index * 256);
const starts = ({ fetches }: Files) => fetches.map(({ startBytes }) => startBytes);
const errorOf = (world: PullWorld) =>
  world.telemetry().find((values) => values["fw_state"] === "FAILED")?.["fw_error"];

describe("an update from a URL", () => {
  const sha256 = createHash("sha256").update(update).digest("hex");
  test.each([
    { what: "with size and checksum", attributes: {} },
    { what: "with nothing but its URL", attributes: UNSAID },
    { what: "with a size", attributes: { ...UNSAID, size: update.length } },
    {
      what: "with a checksum",
      attributes: { ...UNSAID, checksum: sha256, checksum_algorithm: "SHA256" },
    },
    {
      what: "with an algorithm and no checksum",
      attributes: { ...UNSAID, checksum_algorithm: "MD5" },
    },
  ])("$what: every byte is fetched once, and none as a chunk", ({ attributes }) => {
    const { world, files } = worldOf(undefined, attributes);
    world.run(60);
    expect(world.states()).toEqual([undefined, ...TOLD]);
    expect(starts(files)).toEqual(STARTS);
    expect(files.fetches[0]).toMatchObject({ url: URL_OF_FILE, bytesMax: 256 });
    expect(world.chunks()).toEqual([]);
    expect(world.bank(1).subarray(0, update.length)).toEqual(update);
  });

  test("goes on after a reset at the byte where it was", () => {
    const { world, files } = worldOf();
    world.run(60, () => files.fetches.length === 4);
    world.cutPower();
    world.run(60);
    expect(starts(files)).toEqual([...STARTS.slice(0, 4), ...STARTS.slice(3)]);
    expect(world.states().at(-1)).toBe("UPDATED");
  });

  test("another URL is another package: it begins anew", () => {
    const { world, files, server } = worldOf();
    world.run(60, () => files.fetches.length === 4);
    const url = "http://files.example/fw/a.img";
    server.assigned = { bytes: update, attributes: { url } };
    world.cutPower();
    world.run(60);
    expect(starts(files)).toEqual([...STARTS.slice(0, 4), ...STARTS]);
    expect(world.states().at(-1)).toBe("UPDATED");
  });

  test("an image that ends with a chunk, of unknown size", () => {
    const image = imageOf("2.0.0", 2, 1500 + 256 - (update.length % 256));
    expect(image.length % 256).toBe(0);
    const files = new Files(image);
    files.twist = ({ headers = {}, ...given }) => {
      const part = headers["content-range"]?.replace(/(?<=-\d+)\/\d+$/, "/*") ?? "";
      return { ...given, headers: { ...headers, "content-range": part } };
    };
    const server = new ScriptedServer({
      bytes: image,
      attributes: { url: URL_OF_FILE, ...UNSAID },
    });
    const world = new PullWorld(server, { link: files });
    world.run(60);
    expect(starts(files).at(-1)).toBe(image.length);
    expect(world.states().at(-1)).toBe("UPDATED");
  });
});

describe("what is worth another try", () => {
  test.each<{ what: string; spoil: (given: Given) => Given | string }>([
    { what: "a connection that is closed", spoil: () => "the connection was closed" },
    { what: "no answer", spoil: () => "lost" },
    { what: "503", spoil: () => ({ status: 503 }) },
    { what: "404", spoil: () => ({ status: 404 }) },
    { what: "a part without a name", spoil: ({ status, body = update }) => ({ status, body }) },
    { what: "another part", spoil: (given) => named(given, `bytes 1-256/${update.length}`) },
    {
      what: "more than was asked for",
      spoil: (given) => named(given, `bytes 512-800/${update.length}`),
    },
    { what: "a part that is no part", spoil: (given) => named(given, "bytes 700-512/1700") },
    { what: "a file of another size", spoil: (given) => named(given, "bytes 512-767/99999") },
    {
      what: "fewer bytes than it says",
      spoil: ({ body = update, ...given }) => ({ ...given, body: body.subarray(1) }),
    },
    {
      what: "nothing from there on",
      spoil: () => ({ status: 416, headers: { "content-range": "bytes */512" } }),
    },
  ])("$what", ({ spoil }) => {
    const { world, files } = worldOf((given, _, count) => (count === 2 ? spoil(given) : given));
    world.run(120);
    expect(starts(files)).toEqual([0, 256, 512, ...STARTS.slice(2)]);
    expect(world.states().at(-1)).toBe("UPDATED");
  });

  test.each<{ what: string; spoil: (given: Given) => Given }>([
    {
      what: "a body that was cut",
      spoil: ({ body = update, ...given }) => ({
        ...named(given, "bytes 512-767/*"),
        body: body.subarray(1),
      }),
    },
    {
      what: "an end before there",
      spoil: () => ({ status: 416, headers: { "content-range": "bytes */256" } }),
    },
  ])("of unknown size, $what is not its end", ({ spoil }) => {
    const { world, files } = worldOf(
      (given, _, count) => (count === 2 ? spoil(given) : given),
      UNSAID,
    );
    world.run(120);
    expect(starts(files)).toEqual([0, 256, 512, ...STARTS.slice(2)]);
    expect(world.states()).toEqual([undefined, ...TOLD]);
  });

  test("but a file that is gone for good ends it, with a reason", () => {
    const { world, files } = worldOf((given, _, count) => (count < 2 ? given : { status: 404 }));
    world.run(3600);
    expect(errorOf(world)).toBe("chunks: chunk 2: its URL answers 404");
    expect(world.states().filter((state) => state === "FAILED")).toHaveLength(3);
    expect(files.fetches).toHaveLength(17);
    expect(world.status()).toMatchObject({ version: "1.0.0" });
  });

  test("late: nobody waits for it any more", () => {
    const { world, files } = worldOf((given, _, count) => (count === 0 ? "lost" : given));
    world.run(120);
    expect(files.cancelled).toBe(1);
    expect(world.states().at(-1)).toBe("UPDATED");
  });
});

function named(given: Given, part: string): Given {
  return { ...given, headers: { "content-range": part } };
}

describe("a server that ignores ranges", () => {
  test.each([
    { what: "says how long the file is", length: String(update.length), attributes: {} },
    { what: "does not say it", length: undefined, attributes: {} },
    { what: "says what the attributes do not", length: String(update.length), attributes: UNSAID },
    { what: "says nothing at all", length: undefined, attributes: UNSAID },
  ])("$what", ({ length, attributes }) => {
    const headers = length === undefined ? {} : { "content-length": length };
    const { world, files } = worldOf(
      ({ body = update }) => ({ status: 200, headers, body }),
      attributes,
    );
    world.run(60);
    expect(starts(files)).toEqual(STARTS);
    expect(world.states().at(-1)).toBe("UPDATED");
  });

  test("and gives a file of another size", () => {
    const headers = { "content-length": "99999" };
    const { world } = worldOf(({ body = update }) => ({ status: 200, headers, body }));
    world.run(3600);
    expect(errorOf(world)).toBe(
      `chunks: chunk 0: its URL gives a file of 99999 bytes, the server says ${update.length}`,
    );
  });
});

describe("redirects", () => {
  const to = (location: string): Given => ({ status: 302, headers: { location } });
  const hops =
    (...locations: string[]): Twist =>
    (given, _, count) => {
      const location = locations[count];
      return location === undefined ? given : to(location);
    };

  test.each([301, 302, 303, 307, 308])("%i is followed", (status) => {
    const { world, files } = worldOf((given, _, count) =>
      count === 0 ? { status, headers: { location: "https://b.example/fw/a.img" } } : given,
    );
    world.run(60);
    expect(files.fetches.slice(0, 3).map(({ url }) => url)).toEqual([
      URL_OF_FILE,
      "https://b.example/fw/a.img",
      URL_OF_FILE,
    ]);
    expect(world.states().at(-1)).toBe("UPDATED");
  });

  test("one at each chunk is one, however many chunks there are", () => {
    const { world, files } = worldOf((given, { url }) =>
      url === URL_OF_FILE ? to("https://b.example/fw/a.img") : given,
    );
    world.run(60);
    expect(files.fetches).toHaveLength(2 * STARTS.length);
    expect(world.states()).toEqual([undefined, ...TOLD]);
  });

  test("three of them are followed, relative ones too", () => {
    const { world, files } = worldOf(hops("/fw/b", "c#part", "https://c.example/fw/a.img"));
    world.run(60);
    expect(files.fetches.slice(1, 4).map(({ url }) => url)).toEqual([
      "https://files.example/fw/b",
      "https://files.example/fw/c",
      "https://c.example/fw/a.img",
    ]);
    expect(world.states().at(-1)).toBe("UPDATED");
  });

  test.each([
    {
      what: "a fourth one",
      twist: hops("/a", "/b", "/c", "/d"),
      problem: "is redirected more than 3 times",
    },
    { what: "to itself", twist: hops(URL_OF_FILE), problem: "is redirected in a circle" },
    {
      what: "there and back",
      twist: hops("/a", URL_OF_FILE),
      problem: "is redirected in a circle",
    },
    {
      what: "to http:",
      twist: hops("http://files.example/fw/a.img"),
      problem: "is redirected from https: to http:",
    },
    {
      what: "to a file",
      twist: hops("file:///etc/passwd"),
      problem: "is redirected away from HTTP",
    },
    { what: "to no URL", twist: hops("https://[/"), problem: "is redirected to nowhere" },
    {
      what: "without a place",
      twist: (() => ({ status: 302 })) as Twist,
      problem: "is redirected to nowhere",
    },
    {
      what: "and bytes that are packed",
      twist: ((given) => ({ ...given, headers: { "content-encoding": "gzip" } })) as Twist,
      problem: "gives it packed",
    },
  ])("$what: refused once, with a reason, and not tried again", ({ twist, problem }) => {
    const { world } = worldOf(twist);
    world.run(3600);
    expect(errorOf(world)).toBe(`offer: chunk 0: its URL ${problem}`);
    expect(world.states().filter((state) => state === "FAILED")).toHaveLength(1);
    expect(world.status()).toMatchObject({ version: "1.0.0" });
  });
});

test.each<{ what: string; attributes: object; error: RegExp }>([
  { what: "no URL", attributes: { url: "a.img" }, error: /^offer: its URL is no address/ },
  { what: "a number", attributes: { url: 7 }, error: /^offer: its URL is no address/ },
  { what: "FTP", attributes: { url: "ftp://x/y" }, error: /^offer: its URL is no address/ },
  {
    what: "endless",
    attributes: { url: `http://x/${"y".repeat(2048)}` },
    error: /^offer: its URL/,
  },
  { what: "a size that is none", attributes: { size: -1 }, error: /^offer: its size/ },
  {
    what: "a checksum without algorithm",
    attributes: { checksum_algorithm: undefined },
    error: /^offer: its checksum algorithm/,
  },
  {
    what: "a wrong checksum",
    attributes: { checksum: "0".repeat(64) },
    error: /^checksum: SHA256 is/,
  },
])("$what: FAILED, and the image that runs is untouched", ({ attributes, error }) => {
  const { world } = worldOf(undefined, attributes);
  world.run(3600);
  expect(errorOf(world)).toMatch(error);
  expect(world.status()).toMatchObject({ version: "1.0.0" });
});

test("a file that does not end, of unknown size: no more than the bank has room for", () => {
  const { world, files } = worldOf(
    (_, { bytesMax }) => ({ status: 200, body: new Uint8Array(bytesMax) }),
    UNSAID,
  );
  world.run(3600);
  expect(errorOf(world)).toBe("chunks: chunk 8: 1 bytes instead of 0");
  expect(Math.max(...starts(files))).toBe(2048);
});

test.each<{ what: string; server: Dialect }>([
  {
    what: "ThingsBoard by HTTP",
    server: new ThingsBoardHttp({ token: "T", kind: "fw", longPolls: true }),
  },
  {
    what: "ThingsBoard's document by MQTT",
    server: new DocumentedMqtt("fw"),
  },
  {
    what: "Drogue, which takes no reports",
    server: new DrogueMqtt({ spelling: "packed", firstCorrelationId: 1 }),
  },
  {
    what: "Drogue on a line without checks",
    server: new DrogueSerial({ firstCorrelationId: 1 }),
  },
])("$what: with packages at URLs it is what it was", ({ server }) => {
  const facts = ({
    chunkBytesMax,
    tellsChanges,
    tellsProgress,
    isSilent,
    isUnchecked,
  }: Dialect) => [
    chunkBytesMax,
    tellsChanges,
    ...[tellsProgress, isSilent, isUnchecked].map((is) => is === true),
  ];
  expect(facts(new UrlPackages(server))).toEqual(facts(server));
});
