import fc from "fast-check";
import { expect, test } from "vitest";
import { parseContentLength, parseContentRange } from "#agent/pull/content-range.ts";
import type { Ask, DialectIo, Offer } from "#agent/pull/dialect.ts";
import { isHttpUrl, redirected } from "#agent/pull/redirects.ts";
import { ThingsBoardHttp } from "#agent/pull/thingsboard-http.ts";
import { UrlPackages } from "#agent/pull/url-packages.ts";

test.each([
  { text: "bytes 0-0/1", is: { part: { start: 0, last: 0 }, totalBytes: 1 } },
  { text: "bytes 5-9/*", is: { part: { start: 5, last: 9 }, totalBytes: undefined } },
  { text: "Bytes 5-9/10", is: { part: { start: 5, last: 9 }, totalBytes: 10 } },
  { text: "bytes */10", is: { part: undefined, totalBytes: 10 } },
  { text: "bytes */*", is: undefined },
  { text: "bytes 9-5/10", is: undefined },
  { text: "bytes 5-10/10", is: undefined },
  { text: "bytes 5-/10", is: undefined },
  { text: "bytes -5/10", is: undefined },
  { text: "bytes 0-1/2/3", is: undefined },
  { text: "bytes 0-1/2 ", is: undefined },
  { text: `bytes 0-1/${"9".repeat(16)}`, is: undefined },
  { text: "lines 0-1/2", is: undefined },
  { text: "", is: undefined },
  { text: undefined, is: undefined },
])("Content-Range: $text", ({ text, is }) => {
  expect(parseContentRange(text)).toEqual(is);
});

test("every beginning of a Content-Range is none, or ends with a shorter total", () => {
  const text = "bytes 100-199/1234";
  for (let length = 0; length < text.length; length++) {
    const total = parseContentRange(text.slice(0, length))?.totalBytes;
    expect(total === undefined || total < 1234).toBe(true);
  }
});

test("no header makes it throw", () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      parseContentRange(text);
      parseContentLength(text);
      isHttpUrl(text);
    }),
  );
});

test("a redirect leads to HTTP, never back, and never from https: to http:", () => {
  const urls = fc.oneof(
    fc.webUrl(),
    fc.string(),
    fc.constantFrom("//b", "../c", "?d", "https://a"),
  );
  fc.assert(
    fc.property(urls, (location) => {
      const to = redirected(["https://files.example/a"], location);
      if (!to.ok) return;
      expect(to.url).toMatch(/^https:\/\//);
      expect(to.url).not.toContain("#");
      expect(to.url).not.toBe("https://files.example/a");
    }),
  );
});

const HEADERS = ["content-range", "content-length", "content-encoding", "location"] as const;
const range = fc
  .tuple(fc.nat(2000), fc.nat(2000), fc.option(fc.nat(2000)))
  .map(([start, last, total]) => `bytes ${start}-${last}/${total ?? "*"}`);
const header = fc.oneof(fc.string(), range, fc.nat(2000).map(String), fc.webUrl());
const answer = fc.record({
  status: fc.oneof(fc.constantFrom(200, 206, 302, 416, 404, 500), fc.nat(999)),
  headers: fc.dictionary(fc.constantFrom(...HEADERS), header),
  body: fc.uint8Array({ maxLength: 300 }),
});

test.each([{ sizeBytes: 1000 }, { sizeBytes: undefined }])(
  "whatever is answered for a package of $sizeBytes bytes: one answer, and no part but the one asked for",
  ({ sizeBytes }) => {
    const url = "https://files.example/a";
    const content = { ok: true, sizeBytes, checksum: undefined, url } as const;
    const offer: Offer = { title: "fw", version: "2", identity: "", content };
    const ask: Ask = { type: "chunk", offer, index: 2, chunkBytes: 256, expectBytes: 256 };
    fc.assert(
      fc.property(fc.array(answer, { minLength: 5, maxLength: 5 }), (answers) => {
        const dialect = new UrlPackages(
          new ThingsBoardHttp({ token: "T", kind: "fw", longPolls: false }),
        );
        const io: DialectIo = { at: 0, effects: [] };
        dialect.ask(ask, io);
        for (const given of answers) {
          const fetch = io.effects.at(-1);
          if (fetch?.type !== "fetch") throw new Error("no fetch");
          const event = { type: "fetched", at: 0, id: fetch.id, ...given } as const;
          const said = dialect.step(event, io);
          expect(dialect.step({ ...event, id: fetch.id }, io)).toBeUndefined();
          if (said === "reached") continue;
          expect(said?.type).toMatch(/^(chunk|lastChunk|wrongChunk|failed)$/);
          if (said?.type === "chunk" && given.status === 206) {
            expect(given.headers["content-range"]).toMatch(/^bytes 512-/);
          }
          return;
        }
        throw new Error("redirected for ever");
      }),
    );
  },
);
