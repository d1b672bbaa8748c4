import { afterAll, describe, expect, test } from "vitest";
import { HttpListener } from "#hal/net/http-server.ts";
import { NodeCrypto } from "#hal/node/crypto.ts";
import { FileServer } from "#sim/server/thingsboard/file-server.ts";
import { makePackage } from "#sim/server/thingsboard/ota-package.ts";
import { EXIT } from "#tools/errors.ts";
import { CommandBench } from "../run/command-bench.ts";
import { fakeSimulate } from "../run/fake-fleet.ts";
import { OnceBench } from "./once-bench.ts";
import { imageOf, PullServerBench, signer } from "./pull-bench.ts";

const bench = new CommandBench();
bench.write("key.pub.pem", signer.publicPem());
afterAll(() => bench.remove());

test.each([
  { by: "HTTP", urlOf: async (server: PullServerBench) => server.url },
  { by: "MQTT", urlOf: (server: PullServerBench) => server.openMqtt() },
  { by: "CoAP", urlOf: (server: PullServerBench) => server.openCoap() },
])("told of by $by, a package is fetched from where it lies", async ({ by, urlOf }) => {
  const data = imageOf(20_000);
  const paths: string[] = [];
  const files = new FileServer();
  files.add("/a.img", data);
  const listener = await HttpListener.open("127.0.0.1", 0, (request, respond) => {
    paths.push(request.path);
    if (request.path !== "/") return files.handle(request, respond);
    respond({ status: 302, headers: { location: "/a.img" }, body: new Uint8Array(0) });
    return () => {};
  });
  const server = await PullServerBench.open(data);
  try {
    const name = { id: "2", kind: "fw", title: "fw", version: "2.0.0" } as const;
    const facts = { ...name, algorithm: "MURMUR3_128", data, url: `${listener.url}/` } as const;
    server.server.assignToProfile("default", "fw", makePackage(facts, new NodeCrypto()));
    server.tell();
    const url = await urlOf(server);
    const folder = bench.at(`device-${by}`);
    const device = ["--state", folder, "--key", bench.at("key.pub.pem"), "--bank", "65536"];
    const given = ["--url", url, "--token", "T", "--once", ...device, "--chunk", "1024"];
    expect(await bench.fuota(fakeSimulate(0), "pull", ...given)).toBe(0);
    expect(server.states.at(-1)).toBe("UPDATED");
    expect(server.chunks).toEqual([]);
    expect(paths).toHaveLength(2 * Math.ceil(data.length / 1024));
  } finally {
    await listener.close();
    await server.close();
  }
});

/** What a web server answers to a request of `path`. */
type Answer = (path: string) => {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
};

interface Row {
  readonly what: string;
  readonly failure: "offer" | "chunks";
  readonly answer: Answer;
  readonly says: string;
  /** How often. */
  readonly asked: number;
}

const image = imageOf(5000);
const to = (location: string) => ({ status: 302, headers: { location } });

describe("one clear line of a package at a URL, and its reason reaches the server", () => {
  test.each<Row>([
    {
      what: "a circle of redirects",
      failure: "offer",
      answer: (path) => to(path === "/a" ? "/b" : "/a"),
      says: "is redirected in a circle",
      asked: 2,
    },
    {
      what: "redirects without end",
      failure: "offer",
      answer: (path) => to(`${path}a`),
      says: "is redirected more than 3 times",
      asked: 4,
    },
    {
      what: "a redirect to a file of this machine",
      failure: "offer",
      answer: () => to("file:///etc/passwd"),
      says: "is redirected away from HTTP",
      asked: 1,
    },
    {
      what: "a file that is not there",
      failure: "chunks",
      answer: () => ({ status: 404 }),
      says: "answers 404",
      asked: 5,
    },
    {
      what: "a part of another file",
      failure: "chunks",
      answer: () => ({
        status: 206,
        headers: { "content-range": "bytes 0-9/10" },
        body: new Uint8Array(10),
      }),
      says: `gives a file of 10 bytes, the server says ${image.length}`,
      asked: 5,
    },
  ])("$what", async ({ failure, answer, says, asked }) => {
    let count = 0;
    const files = await HttpListener.open("127.0.0.1", 0, ({ path }, respond) => {
      count += 1;
      respond({ headers: {}, body: new Uint8Array(0), ...answer(path) });
      return () => {};
    });
    const server = await PullServerBench.open(image);
    const once = new OnceBench();
    try {
      const name = { id: "2", kind: "fw", title: "fw", version: "2.0.0" } as const;
      const facts = { ...name, algorithm: "SHA256", data: image } as const;
      const ota = makePackage({ ...facts, url: `${files.url}/a` }, new NodeCrypto());
      server.server.assignToProfile("default", "fw", ota);
      server.tell();
      const args = ["--token", "T", "--chunk", "1024"];
      const { status, lines, isUntouched } = await once.pull(await server.openMqtt(), args);
      expect({ status, isUntouched, count }).toEqual({
        status: EXIT.failed,
        isUntouched: true,
        count: asked,
      });
      const told = server.server.deviceOf("T")?.telemetry;
      expect(told?.get("fw_state")?.value).toBe("FAILED");
      const detail = `chunk 0: its URL ${says}`;
      expect(told?.get("fw_error")?.value).toBe(`${failure}: ${detail}`);
      expect(lines.at(-1)?.replace(/^ *[\d.]+ s {2}/, "")).toBe(`refused (${failure}): ${detail}`);
    } finally {
      once.remove();
      await files.close();
      await server.close();
    }
  });
});
