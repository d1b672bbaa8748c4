import type { Mutant } from "./mutant.ts";

const URLS = "agent/pull/url-packages.ts";
const REDIRECTS = "agent/pull/redirects.ts";
const RANGE = "agent/pull/content-range.ts";
const URLS_TEST = "test/agent/pull/url-packages.test.ts";
const URLS_HOSTILE_TEST = "test/agent/pull/url-hostile.test.ts";

/** Packages that lie elsewhere. */
export const urlMutants: readonly Mutant[] = [
  {
    name: "pull/part-from-elsewhere",
    why: "a server that gives another range than was asked for is believed",
    file: URLS,
    changes: [["start !== startBytes || last >=", "last >="]],
    tests: [URLS_TEST],
  },
  {
    name: "pull/part-shorter-than-it-says",
    why: "a body that was cut is taken for the whole part",
    file: URLS,
    changes: [["body.length !== last - start + 1", "body.length > last - start + 1"]],
    tests: [URLS_TEST, URLS_HOSTILE_TEST],
  },
  {
    name: "pull/file-of-another-size",
    why: "another file under the same URL is taken for the package",
    file: URLS,
    changes: [["totalBytes === undefined || totalBytes === sizeBytes", "sizeBytes > 0"]],
    tests: [URLS_TEST],
  },
  {
    name: "pull/packed-bytes",
    why: "what a server has packed is written as it is",
    file: URLS,
    changes: [['if (encoding !== "identity") {', 'if (encoding === "") {']],
    tests: [URLS_TEST],
  },
  {
    name: "pull/end-anywhere",
    why: "416 at any place is taken for the end of the file",
    file: URLS,
    changes: [[" || range?.totalBytes !== startBytes) {", ") {"]],
    tests: [URLS_TEST, URLS_HOSTILE_TEST],
  },
  {
    name: "pull/fetch-of-another-time",
    why: "what a fetch brings that was given up is taken for the next chunk",
    file: URLS,
    changes: [["asked === undefined || event.id !== this.#id", "asked === undefined"]],
    tests: [URLS_TEST, URLS_HOSTILE_TEST],
  },
  {
    name: "pull/gone-is-tried-for-ever",
    why: "a file that was deleted is asked for for ever, and nobody hears of it",
    file: URLS,
    changes: [["[400, 401, 403, 404, 405, 410]", "[]"]],
    tests: [URLS_TEST],
  },
  {
    name: "pull/redirects-add-up",
    why: "a file behind one redirect is refused at its fourth chunk",
    file: URLS,
    changes: [["    this.#visited = [];\n    this.#fetch", "    this.#fetch"]],
    tests: [URLS_TEST],
  },
  {
    name: "pull/redirects-in-a-circle",
    why: "two servers that point at each other are asked in turn",
    file: REDIRECTS,
    changes: [
      [
        '  if (visited.includes(to.href)) return { ok: false, problem: "is redirected in a circle" };\n',
        "",
      ],
    ],
    tests: [URLS_TEST],
  },
  {
    name: "pull/redirects-without-end",
    why: "a server with ever new places is followed for ever",
    file: REDIRECTS,
    changes: [["visited.length > REDIRECTS_MAX", "visited.length > 1000"]],
    tests: [URLS_TEST],
  },
  {
    name: "pull/redirected-off-https",
    why: "whoever stands in between takes the protection away",
    file: REDIRECTS,
    changes: [['to.protocol === "http:" && from.startsWith("https:")', 'to.protocol === "ftp:"']],
    tests: [URLS_TEST, URLS_HOSTILE_TEST],
  },
  {
    name: "pull/redirected-to-a-file",
    why: "a redirect reads the device's own files",
    file: REDIRECTS,
    changes: [
      [
        '  if (!isHttpUrl(to.href)) return { ok: false, problem: "is redirected away from HTTP" };\n',
        "",
      ],
    ],
    tests: [URLS_TEST],
  },
  {
    name: "pull/range-beyond-its-file",
    why: "a part that ends behind the end of its file is one",
    file: RANGE,
    changes: [["last < start || (total !== undefined && last >= total)", "last < start"]],
    tests: [URLS_HOSTILE_TEST],
  },
];
