import { afterAll, expect, test } from "vitest";
import { HttpListener } from "#hal/net/http-server.ts";
import { NodeCrypto } from "#hal/node/crypto.ts";
import { FileServer } from "#sim/server/thingsboard/file-server.ts";
import { makePackage } from "#sim/server/thingsboard/ota-package.ts";
import { CommandBench } from "../run/command-bench.ts";
import { fakeSimulate } from "../run/fake-fleet.ts";
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
