import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import { UrlReader } from "#hal/net/url-reader.ts";

const endings: (() => unknown)[] = [];
afterEach(() => {
  for (const end of endings.splice(0)) end();
});

const FILE = Buffer.from(Array.from({ length: 1000 }, (_, at) => at % 251));

async function serverOf(answer: (request: IncomingMessage, response: ServerResponse) => void) {
  const ranges: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    ranges.push(request.headers.range);
    answer(request, response);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const reader = new UrlReader();
  endings.push(() => reader.close());
  endings.push(() => server.close());
  endings.push(() => server.closeAllConnections());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/a.img`;
  return { url, reader, ranges };
}

type Outcome = { status: number; headers: Readonly<Record<string, string>>; body: string } | string;
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");
const part = (start: number, end: number) => hex(FILE.subarray(start, end));

function get(reader: UrlReader, url: string, startBytes: number, bytesMax = 400): Promise<Outcome> {
  return new Promise((resolve) => {
    reader.get(
      { url, startBytes, bytesMax },
      {
        onResponse: (status, headers, body) => resolve({ status, headers, body: hex(body) }),
        onFailed: resolve,
      },
    );
  });
}

test("a part, and what its server says of it", async () => {
  const { url, reader, ranges } = await serverOf((_, response) => {
    response.writeHead(206, { "content-range": "bytes 100-499/1000" });
    response.end(FILE.subarray(100, 500));
  });
  expect(await get(reader, url, 100)).toMatchObject({
    status: 206,
    headers: { "content-range": "bytes 100-499/1000" },
    body: part(100, 500),
  });
  expect(ranges).toEqual(["bytes=100-499"]);
});

test("a whole file instead comes once, and is taken part by part", async () => {
  const { url, reader, ranges } = await serverOf((_, response) => response.end(FILE));
  const parts = [];
  for (const start of [0, 400, 800, 1000]) parts.push(await get(reader, url, start));
  expect(parts).toMatchObject([
    { status: 200, body: part(0, 400) },
    { status: 200, body: part(400, 800) },
    { status: 200, body: part(800, 1000) },
    { status: 200, body: "" },
  ]);
  expect(ranges).toHaveLength(1);
});

test("a whole file that breaks off while nobody reads is begun anew", async () => {
  const { url, reader, ranges } = await serverOf((_, response) => {
    response.writeHead(200, { "content-length": FILE.length });
    if (ranges.length > 1) response.end(FILE);
    else response.write(FILE.subarray(0, 600), () => response.socket?.destroy());
  });
  expect(await get(reader, url, 0)).toMatchObject({ body: part(0, 400) });
  expect(await get(reader, url, 400)).toMatchObject({ body: part(400, 800) });
  expect(ranges).toEqual(["bytes=0-399", "bytes=400-799"]);
});

test("what lies before is skipped when it has to begin anew", async () => {
  const { url, reader, ranges } = await serverOf((_, response) => {
    for (let at = 0; at < FILE.length; at += 7) response.write(FILE.subarray(at, at + 7));
    response.end();
  });
  expect(await get(reader, url, 800)).toMatchObject({ body: part(800, 1000) });
  expect(await get(reader, url, 400)).toMatchObject({ body: part(400, 800) });
  expect(await get(reader, url, 5000)).toMatchObject({ status: 200, body: "" });
  expect(ranges).toHaveLength(3);
});

test.each<{ what: string; status: number }>([
  { what: "a part", status: 206 },
  { what: "an error", status: 404 },
  { what: "a whole file", status: 200 },
])("$what without end: no more than was asked for is taken", async ({ status }) => {
  const { url, reader } = await serverOf((_, response) => {
    response.writeHead(status);
    const more = () => {
      while (!response.destroyed && response.write(FILE));
    };
    response.on("drain", more);
    more();
  });
  expect(await get(reader, url, 0)).toMatchObject({ status, body: part(0, 400) });
});

test("a redirect is an answer like others", async () => {
  const { url, reader } = await serverOf((_, response) => {
    response.writeHead(302, { location: "/b" }).end();
  });
  expect(await get(reader, url, 0)).toMatchObject({ status: 302, headers: { location: "/b" } });
});

test.each<{ what: string; end: (response: ServerResponse) => void; is: string }>([
  { what: "at once", end: ({ socket }) => socket?.destroy(), is: "the connection was closed" },
  {
    what: "in the middle of a part",
    end: (response) => {
      response.writeHead(206, { "content-length": 400 });
      response.write(FILE.subarray(0, 10), () => response.socket?.destroy());
    },
    is: "the connection was closed",
  },
])("a connection that ends $what", async ({ end, is }) => {
  const { url, reader } = await serverOf((_, response) => end(response));
  expect(await get(reader, url, 0)).toBe(is);
});

test("what was cancelled comes to nobody", async () => {
  const { url, reader } = await serverOf((_, response) => response.end(FILE));
  const heard: unknown[] = [];
  const events = { onResponse: () => heard.push("yes"), onFailed: () => heard.push("no") };
  reader.get({ url, startBytes: 0, bytesMax: 10 }, events)();
  expect(await get(reader, url, 0)).toMatchObject({ status: 200 });
  expect(heard).toEqual([]);
});
