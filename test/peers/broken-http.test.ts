import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, rmSync } from "node:fs";
import { connect, createServer, type Server, type Socket } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { imageOf, PullServerBench, signer } from "../tools/pull/pull-bench.ts";
import { CommandBench } from "../tools/run/command-bench.ts";
import { fakeSimulate } from "../tools/run/fake-fleet.ts";

/* The device's HTTP through an nginx that is slow, or breaks what comes by. */

const bench = new CommandBench();
const image = imageOf(100_000);
const broken = bench.at("broken");
let cutter: Server;
let cutterPort = 0;
let server: PullServerBench;
let devices = 0;

beforeAll(async () => {
  bench.write("key.pub.pem", signer.publicPem());
  server = await PullServerBench.open(image);
  cutter = createServer((socket) => cut(socket, Number(new URL(server.url).port)));
  cutterPort = await listening(cutter);
});
afterAll(async () => {
  cutter.close();
  await server.close();
  bench.remove();
});

async function listening(listener: Server): Promise<number> {
  listener.listen(0, "127.0.0.1");
  await once(listener, "listening");
  const address = listener.address();
  if (typeof address !== "object" || address === null) throw new RangeError("no port");
  return address.port;
}

/** Gives on an answer until its middle. */
function cut(client: Socket, port: number): void {
  const origin = connect(port, "127.0.0.1");
  let rest = 10_000;
  client.pipe(origin);
  origin.on("data", (bytes: Buffer) => {
    client.write(bytes.subarray(0, rest));
    rest -= bytes.length;
    if (rest <= 0) client.destroySoon();
  });
  client.on("error", () => {});
  client.on("close", () => origin.destroy());
  origin.on("error", () => client.destroy());
}

/** `how`: what becomes of chunks while the file is there. */
async function withNginx(how: string, run: (url: string) => Promise<void>): Promise<void> {
  const probe = createServer();
  const port = await listening(probe);
  probe.close();
  await once(probe, "close");
  const folder = bench.folder;
  const scratch = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
  bench.write(
    "nginx.conf",
    `daemon off;
master_process off;
pid ${folder}/nginx.pid;
events {}
http {
  access_log off;
  ${scratch.map((name) => `${name}_temp_path ${folder}/${name};`).join("\n  ")}
  server {
    listen 127.0.0.1:${port};
    location / { proxy_pass ${server.url}; }
    location ~ /firmware$ {
      if (-f ${broken}) { ${how} }
      proxy_pass ${server.url};
    }
  }
}
`,
  );
  const args = ["-p", folder, "-e", bench.at("error.log"), "-c", bench.at("nginx.conf")];
  const nginx = spawn("nginx", args, { stdio: "ignore" });
  nginx.on("error", () => {});
  try {
    while (!(await isListening(port))) await new Promise((resolve) => setTimeout(resolve, 20));
    await run(`http://127.0.0.1:${port}`);
  } finally {
    const gone = once(nginx, "exit");
    nginx.kill("SIGKILL");
    await gone;
    rmSync(broken, { force: true });
  }
}

function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}

function pull(url: string, ...args: readonly string[]): Promise<number> {
  const device = ["--state", bench.at(`device-${devices}`), "--key", bench.at("key.pub.pem")];
  const given = ["--url", url, "--token", "T", "--once", "--chunk", "32768", ...device, ...args];
  return bench.fuota(fakeSimulate(0), "pull", ...given);
}

describe("chunks through nginx", () => {
  test.each<{ what: string; how: () => string; args?: readonly string[]; says: string }>([
    {
      what: "so slow that none of them is in time",
      how: () => "limit_rate 1k;",
      args: ["--timeout", "1500"],
      says: "no answer in 1500 ms",
    },
    {
      what: "that end in the middle",
      how: () => `proxy_pass http://127.0.0.1:${cutterPort};`,
      says: "the connection was closed",
    },
    {
      what: "instead of which it closes the connection",
      how: () => "return 444;",
      says: "the connection was closed",
    },
    {
      what: "whose server is gone",
      how: () => "proxy_pass http://127.0.0.1:1;",
      says: "the server answers 502",
    },
    {
      what: "that it redirects to themselves",
      how: () => "return 302 $request_uri;",
      says: "the server answers 302",
    },
    {
      what: "instead of which somebody wants a log-in",
      how: () => 'return 200 "<html>who are you?</html>";',
      says: "chunk 0: 25 bytes instead of 32768",
    },
    {
      what: "that are too many for it",
      how: () => "return 503;",
      says: "the server answers 503",
    },
  ])("$what: it says so, tries again, and comes through", async ({ how, args = [], says }) => {
    devices += 1;
    bench.terminal.stdout = "";
    server.states.length = 0;
    bench.write("broken", "");
    await withNginx(how(), async (url) => {
      const ended = pull(url, ...args);
      while (!bench.terminal.stdout.includes("tries again")) {
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      expect(bench.terminal.stdout).toContain(says);
      rmSync(broken);
      expect(await ended).toBe(0);
    });
    expect(server.states.at(-1)).toBe("UPDATED");
    expect(bench.terminal.stdout).toContain("runs 2.0.0, as it should");
  });

  test("at 200 kB/s: it takes as long as it takes", async () => {
    devices += 1;
    bench.write("broken", "");
    await withNginx("limit_rate 200k;", async (url) => {
      expect(await pull(url)).toBe(0);
      expect(existsSync(broken)).toBe(true);
    });
    expect(server.states.at(-1)).toBe("UPDATED");
  });
});
