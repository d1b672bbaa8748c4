import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { HttpClient } from "#hal/net/http-client.ts";
import { HttpListener, ListenRefused, type ServedHandler } from "#hal/net/http-server.ts";

const endings: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0)) await end();
});

/** A server that answers whatever comes with these bytes. */
async function rawServer(
  answer: string,
  thenEnds: boolean,
): Promise<{ url: string; server: Server }> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.once("data", () => {
      socket.write(answer, "latin1");
      if (thenEnds) socket.end();
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  endings.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server };
}

async function listener(handler: ServedHandler): Promise<HttpListener> {
  const opened = await HttpListener.open("127.0.0.1", 0, handler);
  endings.push(() => opened.close());
  return opened;
}

function clientOf(url: string): HttpClient {
  const client = new HttpClient(url);
  endings.push(() => client.close());
  return client;
}

type Outcome = { status: number; body: string } | string;

function get(client: HttpClient, path = "/", bodyBytesMax = 10, body?: string): Promise<Outcome> {
  const method = body === undefined ? "GET" : "POST";
  return new Promise((resolve) => {
    client.call(
      { method, path, body, bodyBytesMax },
      {
        onResponse: (status, bytes) =>
          resolve({ status, body: Buffer.from(bytes).toString("latin1") }),
        onFailed: resolve,
      },
    );
  });
}

describe("a call ends with a whole response, or with a reason", () => {
  const ok = "HTTP/1.1 200 OK\r\n";
  test.each([
    {
      what: "a length and its bytes",
      answer: `${ok}Content-Length: 3\r\n\r\nabc`,
      is: { status: 200, body: "abc" },
    },
    {
      what: "exactly as many as allowed",
      answer: `${ok}Content-Length: 10\r\n\r\n0123456789`,
      is: { status: 200, body: "0123456789" },
    },
    { what: "no bytes", answer: `${ok}Content-Length: 0\r\n\r\n`, is: { status: 200, body: "" } },
    {
      what: "in pieces",
      answer: `${ok}Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n2\r\nbc\r\n0\r\n\r\n`,
      is: { status: 200, body: "abc" },
    },
    {
      what: "up to the end of the connection",
      answer: `${ok}Connection: close\r\n\r\nabc`,
      ends: true,
      is: { status: 200, body: "abc" },
    },
    {
      what: "a redirect",
      answer: "HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 0\r\n\r\n",
      is: { status: 302, body: "" },
    },
    {
      what: "fewer bytes than it said",
      answer: `${ok}Content-Length: 9\r\n\r\nabc`,
      ends: true,
      is: "the connection was closed",
    },
    {
      what: "a piece that does not end",
      answer: `${ok}Transfer-Encoding: chunked\r\n\r\n9\r\na`,
      ends: true,
      is: "the connection was closed",
    },
    {
      what: "a byte too many",
      answer: `${ok}Content-Length: 11\r\n\r\n01234567890`,
      is: "more than 10 bytes",
    },
    {
      what: "bytes without end",
      answer: `${ok}Connection: close\r\n\r\n${"x".repeat(99_999)}`,
      is: "more than 10 bytes",
    },
    {
      what: "no HTTP",
      answer: "SSH-2.0-OpenSSH_9.2\r\n",
      ends: true,
      is: "the answer is not HTTP",
    },
    { what: "nothing", answer: "", ends: true, is: "the connection was closed" },
  ])("$what", async ({ answer, ends = false, is }) => {
    const { url } = await rawServer(answer, ends);
    expect(await get(clientOf(url))).toEqual(is);
  });

  test("nobody listens", async () => {
    const { url, server } = await rawServer("", true);
    server.close();
    await once(server, "close");
    expect(await get(clientOf(url))).toBe("connection refused");
  });
});

test("calls one after the other share a connection, and bodies arrive", async () => {
  const bodies: string[] = [];
  const opened = await listener(({ method, path, body }, respond) => {
    bodies.push(`${method} ${path} ${Buffer.from(body)}`);
    respond({ status: 200, headers: {}, body: new Uint8Array(0) });
    return () => {};
  });
  const client = clientOf(opened.url);
  await get(client, "/a?b=c");
  await get(client, "/d", 10, "{}");
  expect(bodies).toEqual(["GET /a?b=c ", "POST /d {}"]);
});

test("a cancelled call says nothing more, and its server hears that nobody waits", async () => {
  const gone: Promise<void>[] = [];
  const opened = await listener(() => {
    let leave = () => {};
    gone.push(new Promise((resolve) => (leave = resolve)));
    cancel();
    return leave;
  });
  let heard = 0;
  const events = { onResponse: () => heard++, onFailed: () => heard++ };
  const call = { method: "GET", path: "/", body: undefined, bodyBytesMax: 10 } as const;
  const cancel = clientOf(opened.url).call(call, events);
  while (gone.length === 0) await new Promise((resolve) => setImmediate(resolve));
  await gone[0];
  expect(heard).toBe(0);
});

test("a handler can close the connection", async () => {
  const opened = await listener((_, respond) => {
    respond("close");
    return () => {};
  });
  expect(await get(clientOf(opened.url))).toBe("the connection was closed");
});

test("a port that is taken is refused", async () => {
  const opened = await listener(() => () => {});
  const port = Number(new URL(opened.url).port);
  await expect(HttpListener.open("127.0.0.1", port, () => () => {})).rejects.toThrow(ListenRefused);
});

test("a body beyond all bounds is refused", async () => {
  const opened = await listener(() => () => {});
  const outcome = await get(clientOf(opened.url), "/", 10, "x".repeat(1024 * 1024 + 1));
  expect(outcome).toEqual({ status: 413, body: "" });
});

test("headers come along, their names in lower case", async () => {
  const answer = "HTTP/1.1 200 OK\r\nX-Chunk-Index: 3\r\nContent-Length: 0\r\n\r\n";
  const { url } = await rawServer(answer, true);
  const headers = await new Promise((resolve, reject) => {
    clientOf(url).call(
      { method: "GET", path: "/", body: undefined, bodyBytesMax: 10 },
      { onResponse: (_, __, named) => resolve(named), onFailed: reject },
    );
  });
  expect(headers).toMatchObject({ "x-chunk-index": "3" });
});
