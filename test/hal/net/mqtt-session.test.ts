import { once } from "node:events";
import { type AddressInfo, connect, createServer } from "node:net";
import { afterEach, expect, test } from "vitest";
import { ListenRefused } from "#hal/net/http-server.ts";
import { MqttListener, type ServedConnection, type ServedSession } from "#hal/net/mqtt-server.ts";
import { MqttSession } from "#hal/net/mqtt-session.ts";

const endings: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end();
});

/** Both ends of one connection, and what each of them hears. */
class Bench {
  readonly server: string[] = [];
  readonly client: string[] = [];
  connection: ServedConnection | undefined;
  onPublish: () => void = () => {};
  #heard: () => void = () => {};
  listener: MqttListener | undefined;

  async open(code = 0): Promise<MqttListener> {
    this.listener = await MqttListener.open("127.0.0.1", 0, (connection): ServedSession => {
      this.connection = connection;
      return {
        connect: ({ clean, username }) => {
          this.#note(this.server, `connect ${clean} ${username}`);
          connection.connack(code, false);
          if (code !== 0) connection.close();
        },
        subscribe: (id, filters) => {
          this.#note(
            this.server,
            `subscribe ${filters.map(({ topic, qos }) => `${topic} ${qos}`)}`,
          );
          connection.suback(
            id,
            filters.map(() => 0x80),
          );
        },
        publish: ({ topic, payload, qos, messageId }) => {
          this.#note(this.server, `${topic} ${Buffer.from(payload)} ${qos}`);
          connection.puback(messageId);
          this.onPublish();
        },
        closed: () => this.#note(this.server, "closed"),
      };
    });
    const { listener } = this;
    endings.push(() => listener.close());
    return listener;
  }

  session(url: string): MqttSession {
    const session = new MqttSession(
      { url, username: "T" },
      {
        onConnected: () => this.#note(this.client, "connected"),
        onMessage: (topic, payload) => this.#note(this.client, `${topic} ${payload.length}`),
        onClosed: (detail, isUnknown) => this.#note(this.client, `${detail} ${isUnknown}`),
      },
    );
    endings.push(() => session.close());
    return session;
  }

  note(text: string): void {
    this.#note(this.client, text);
  }

  async until(list: readonly string[], length: number): Promise<void> {
    while (list.length < length) await new Promise<void>((resolve) => (this.#heard = resolve));
  }

  #note(list: string[], text: string): void {
    list.push(text);
    this.#heard();
  }
}

test("a session from end to end; refused filters are no end of it", async () => {
  const bench = new Bench();
  const { url } = await bench.open();
  const session = bench.session(url);
  await bench.until(bench.client, 1);
  session.subscribe(["a/+", "b"], () => bench.note("subscribed"));
  await bench.until(bench.client, 2);
  bench.onPublish = () => bench.connection?.publish("a/1", new Uint8Array(70_000), 1);
  session.publish("c", "text", () => bench.note("acknowledged"));
  await bench.until(bench.client, 4);
  expect(bench.client).toEqual(["connected", "subscribed", "acknowledged", "a/1 70000"]);
  expect(bench.server).toEqual(["connect true T", "subscribe a/+ 1,b 1", "c text 1"]);
  session.close();
  await bench.until(bench.server, 4);
  expect(bench.server[3]).toBe("closed");
  expect(bench.client).toHaveLength(4);
});

test("it ends once, and does not come back by itself", async () => {
  const bench = new Bench();
  const { url } = await bench.open();
  bench.session(url);
  await bench.until(bench.client, 1);
  bench.connection?.close();
  await bench.until(bench.client, 2);
  await bench.until(bench.server, 2);
  expect(bench.client).toEqual(["connected", "the connection was closed false"]);
  expect(bench.server).toEqual(["connect true T", "closed"]);
});

test.each([
  { code: 2, says: "the server does not know this client id true" },
  { code: 3, says: "the server is not to be had false" },
  { code: 5, says: "the server does not know these credentials true" },
])("refused with $code", async ({ code, says }) => {
  const bench = new Bench();
  const { url } = await bench.open(code);
  bench.session(url);
  await bench.until(bench.client, 1);
  expect(bench.client).toEqual([says]);
});

test("nobody listens", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  const bench = new Bench();
  bench.session(`mqtt://127.0.0.1:${port}`);
  await bench.until(bench.client, 1);
  expect(bench.client).toEqual(["connection refused false"]);
});

test("bytes that are no MQTT, and packets beyond all bounds, end the connection", async () => {
  const bench = new Bench();
  const { url } = await bench.open();
  const port = Number(new URL(url).port);
  for (const bytes of [
    Buffer.from("GET / HTTP/1.1\r\n\r\n"),
    Buffer.concat([Buffer.of(0x30, 0xff, 0xff, 0xff, 0x7f), Buffer.alloc(1_100_000)]),
  ]) {
    const socket = connect(port, "127.0.0.1");
    socket.on("error", () => {});
    socket.write(bytes);
    await new Promise<void>((resolve) => socket.once("close", () => resolve()));
  }
  expect(bench.server).toEqual(["closed", "closed"]);
});

test("a port that is taken is refused", async () => {
  const { url } = await new Bench().open();
  const port = Number(new URL(url).port);
  const twice = MqttListener.open("127.0.0.1", port, () => {
    throw new RangeError("nobody comes");
  });
  await expect(twice).rejects.toThrow(ListenRefused);
});
