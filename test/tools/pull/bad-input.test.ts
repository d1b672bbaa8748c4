import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { EXIT } from "#tools/errors.ts";
import { BANK_BYTES, OnceBench } from "./once-bench.ts";
import { imageOf } from "./pull-bench.ts";
import { type Scheme, ServeBench } from "./serve-bench.ts";

/* What a server may do wrong, as a person meets it: `fuota pull` against `fuota serve`, over sockets. */

const SCHEMES: readonly Scheme[] = ["http", "mqtt", "coap"];
const bench = new OnceBench();
const { command } = bench;
const files = {
  "app.img": imageOf(5000),
  "large.img": imageOf(BANK_BYTES),
  "none.img": new Uint8Array(9000),
};
for (const [name, bytes] of Object.entries(files)) command.write(name, bytes);
afterAll(() => bench.remove());

type Kind = "thingsboard" | "drogue";

/** Each way has a device of its own. */
function nameOf(scheme: Scheme): string {
  return `device-${SCHEMES.indexOf(scheme) + 1}`;
}

function whoIs(kind: Kind, scheme: Scheme): readonly string[] {
  const name = nameOf(scheme);
  if (kind === "thingsboard") return ["--token", name];
  return ["--dialect", "drogue", "--username", `${name}@app1`];
}

interface Row {
  readonly what: string;
  /** How the stand-in is served, and the device run, otherwise. */
  readonly serve?: readonly string[];
  readonly pull?: readonly string[];
  readonly file?: keyof typeof files;
  readonly version?: string;
  readonly password?: string;
  readonly status: number;
  /** The line for a person, by each of the ways if they differ. */
  readonly says: RegExp | Readonly<Record<Scheme, RegExp>>;
  /** Last of what the server has been told; undefined: nothing of an error. */
  readonly error?: RegExp;
}

async function meets(kind: Kind, scheme: Scheme, server: ServeBench, row: Row): Promise<void> {
  const name = nameOf(scheme);
  const chunk = scheme === "coap" ? [] : ["--chunk", "1024"];
  const args = [...whoIs(kind, scheme), ...chunk, ...(row.pull ?? [])];
  const says = row.says instanceof RegExp ? row.says : row.says[scheme];
  expect(await bench.pull(server.url(scheme), args, row.password ?? name)).toEqual({
    status: row.status,
    lines: expect.arrayContaining([expect.stringMatching(says)]),
    isUntouched: true,
  });
  const told = new RegExp(` ${name}  fw_(error|state) (.*)\\n`, "g");
  const last = new Map([...server.stdout.matchAll(told)].map(([, key, value]) => [key, value]));
  if (row.error === undefined) expect(last.get("error")).toBeUndefined();
  else {
    expect(last.get("error")).toMatch(row.error);
    expect(last.get("state")).toBe("FAILED");
  }
}

function meetsAll(kind: Kind, rows: readonly Row[]): void {
  describe.each(rows)("$what", (row) => {
    let server: ServeBench;
    beforeAll(async () => {
      const { file = "app.img", version = "2.0.0", serve = [] } = row;
      const given = ["--package", command.at(file), "--version", version, "--devices", "3"];
      // Each is told at once, not one after the other.
      const at = kind === "thingsboard" ? ["--without", "throttles"] : [];
      server = await ServeBench.open(kind, [...given, ...at, ...serve]);
    });
    afterAll(() => server.close());
    test.each(SCHEMES)("by %s", (scheme) => meets(kind, scheme, server, row));
  });
}

const by = (http: RegExp, mqtt: RegExp, coap: RegExp) => ({ http, mqtt, coap });
const { failed, refused } = EXIT;
/** `--once` has seen enough. */
const ends = (detail: string) => new RegExp(`^(http|mqtt|coap)://\\S+: ${detail}$`);

const thingsBoardRows: readonly Row[] = [
  {
    what: "a token that it does not know",
    pull: ["--token", "other"],
    status: refused,
    says: by(
      ends("the server does not know this access token"),
      ends("the server does not know these credentials.*"),
      ends("the server does not know this access token"),
    ),
  },
  {
    what: "a package of another title",
    serve: ["--title", "toaster"],
    status: failed,
    says: /refused \(offer\): the package is toaster, this is fw$/,
    error: /^offer: the package is toaster, this is fw$/,
  },
  {
    what: "a version that no device can keep",
    version: "v".repeat(161),
    status: failed,
    says: /refused \(offer\): its version is longer than 160 bytes$/,
    error: /^offer: its version/,
  },
  {
    what: "a package larger than the bank",
    file: "large.img",
    status: failed,
    says: /refused \(offer\): \d+ bytes, the bank has 65536$/,
    error: /^offer: \d+ bytes, the bank has 65536$/,
  },
  {
    what: "a package that is no image",
    file: "none.img",
    status: failed,
    says: /refused \(imageFormat\): does not begin with the magic/,
    error: /^imageFormat: /,
  },
  {
    what: "one bit wrong: the checksum does not agree",
    serve: ["--fault", "flipped:3"],
    status: failed,
    says: /refused \(checksum\): SHA256 is [0-9a-f]{64}, the server says [0-9a-f]{64}$/,
    error: /^checksum: SHA256 is /,
  },
  {
    what: "a chunk that is always a byte short",
    serve: ["--fault", "short:2"],
    status: failed,
    says: /refused \(chunks\): chunk 2: 1023 bytes instead of 1024$/,
    error: /^chunks: chunk 2: 1023 bytes/,
  },
  {
    what: "a chunk that is always a byte longer",
    serve: ["--fault", "long:2"],
    status: failed,
    says: /refused \(chunks\): chunk 2: (more than 1024 bytes|1025 bytes instead of 1024)$/,
    error: /^chunks: chunk 2: /,
  },
  {
    what: "endless empty chunks",
    serve: ["--fault", "empty"],
    status: failed,
    says: /refused \(chunks\): chunk 0: 0 bytes instead of 1024$/,
    error: /^chunks: chunk 0: 0 bytes/,
  },
  {
    what: "a chunk that redirects to itself",
    serve: ["--fault", "redirect:1"],
    status: refused,
    says: by(
      ends("the server answers 302"),
      ends("the server answers UNKNOWN"),
      ends("the server answers 3\\.02"),
    ),
  },
  {
    what: "an error for each chunk",
    serve: ["--fault", "error"],
    status: refused,
    says: by(
      ends("the server answers 500"),
      ends("the server answers UNKNOWN"),
      ends("the server answers 5\\.00"),
    ),
  },
  {
    what: "it closes on every request of a chunk",
    serve: ["--fault", "close"],
    status: refused,
    says: by(
      ends("the connection was closed"),
      ends("the connection was closed"),
      ends("the server rejects the request"),
    ),
  },
  {
    what: "more requests than it allows",
    serve: ["--rate-limit", "1:3600"],
    status: refused,
    says: by(
      ends("the server answers 500"),
      ends("the connection was closed"),
      ends("the server answers 5\\.00"),
    ),
  },
  {
    what: "it never answers",
    serve: ["--fault", "silence"],
    pull: ["--timeout", "50"],
    status: refused,
    says: ends("no answer in 50 ms"),
  },
];

describe("ThingsBoard: the image that runs is untouched", () => {
  meetsAll("thingsboard", thingsBoardRows);
});

/** Drogue has no word for what went wrong. */
const drogueRows: readonly Row[] = [
  {
    what: "a password that it does not know",
    password: "other",
    status: refused,
    says: by(
      ends("the server does not know this device or its password"),
      ends("the server does not know these credentials.*"),
      ends("the server does not know this device or its password"),
    ),
  },
  {
    what: "a version that no device can keep",
    version: "v".repeat(161),
    status: failed,
    says: /refused \(offer\): its version is longer than 160 bytes$/,
  },
  {
    what: "firmware larger than the bank: its first chunk says so",
    file: "large.img",
    status: failed,
    says: /refused \(imageFormat\): /,
  },
  {
    what: "firmware that is no image",
    file: "none.img",
    status: failed,
    says: /refused \(imageFormat\): does not begin with the magic/,
  },
  {
    what: "one bit wrong: the checksum does not agree",
    serve: ["--fault", "flipped:1", "--chunk", "4096"],
    status: failed,
    says: /refused \(checksum\): SHA256 is [0-9a-f]{64}, the server says [0-9a-f]{64}$/,
  },
  {
    what: "one bit wrong, and no checksum: the image has one of its own",
    serve: ["--fault", "flipped:1", "--chunk", "4096", "--no-checksum"],
    status: failed,
    says: /refused \(digest\): /,
  },
  {
    what: "a piece that is longer than asked for",
    serve: ["--fault", "long"],
    status: failed,
    says: by(
      /refused \(chunks\): chunk 0: 1025 bytes, up to 1024 were asked for$/,
      /refused \(chunks\): chunk 0: 1025 bytes, up to 1024 were asked for$/,
      /refused \(chunks\): chunk 0: 961 bytes, up to 960 were asked for$/,
    ),
  },
  {
    what: "endless empty pieces",
    serve: ["--fault", "empty"],
    status: failed,
    says: /refused \(chunks\): chunk 0: 0 bytes, up to (960|1024) were asked for$/,
  },
  {
    what: "a redirect instead of a command",
    serve: ["--fault", "redirect"],
    status: refused,
    says: by(
      ends("the server answers 302"),
      ends("the connection was closed"),
      ends("the server answers 3\\.02"),
    ),
  },
  {
    what: "it closes on every request of firmware",
    serve: ["--fault", "close"],
    status: refused,
    says: by(
      ends("the connection was closed"),
      ends("the connection was closed"),
      ends("the server rejects the request"),
    ),
  },
  {
    what: "no command ever comes",
    serve: ["--fault", "silence"],
    pull: ["--timeout", "50"],
    status: refused,
    says: ends("no answer in 50 ms"),
  },
];

describe("Drogue: the image that runs is untouched", () => {
  meetsAll("drogue", drogueRows);
});
