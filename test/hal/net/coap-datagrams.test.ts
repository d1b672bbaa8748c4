import { afterEach, expect, test } from "vitest";
import { CoapDatagrams } from "#hal/net/coap-datagrams.ts";
import type { CoapMessage } from "#hal/net/coap-message.ts";
import { CoapPeer } from "./coap-bench.ts";

const PING: CoapMessage = {
  ...{ type: "con", code: 0, messageId: 7, token: "", options: [] },
  payload: new Uint8Array(0),
};
const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

function open(url: string) {
  const heard: CoapMessage[] = [];
  const troubles: string[] = [];
  let wake = () => {};
  const datagrams = new CoapDatagrams(url, {
    onMessage: (message) => {
      heard.push(message);
      wake();
    },
    onTrouble: (detail) => {
      troubles.push(detail);
      wake();
    },
  });
  closing.push(() => datagrams.close());
  const news = () =>
    new Promise<void>((resolve) => {
      wake = resolve;
    });
  return { datagrams, heard, troubles, news };
}

test("messages go and come as they are, from one port; what is none comes to nobody", async () => {
  const peer = await CoapPeer.open();
  closing.push(() => peer.socket.close());
  const { datagrams, heard, news } = open(peer.url);
  datagrams.send(PING);
  expect(await peer.next()).toEqual({ ...PING, payload: Buffer.alloc(0) });
  const { port } = peer;
  datagrams.send({ ...PING, messageId: 8 });
  expect(await peer.next()).toMatchObject({ messageId: 8 });
  expect(peer.port).toBe(port);
  const came = news();
  peer.socket.send(Buffer.from("no CoAP"), port, "127.0.0.1");
  peer.socket.send(Buffer.from("70000008", "hex"), port, "127.0.0.1");
  await came;
  expect(heard).toMatchObject([{ type: "rst", messageId: 8 }]);
});

test("nobody there: told in one line, and no end of it", async () => {
  const peer = await CoapPeer.open();
  const { url } = peer;
  await new Promise<void>((resolve) => peer.socket.close(() => resolve()));
  const { datagrams, troubles, news } = open(url);
  const came = news();
  datagrams.send(PING);
  await came;
  expect(troubles).toEqual(["connection refused"]);
});

test("a name that nobody has, and nothing after the end", async () => {
  const { datagrams, troubles, news } = open("coap://no-such-host.invalid");
  await news();
  expect(troubles[0]).toMatch(/no such host|cannot be looked up/);
  await datagrams.close();
  datagrams.send(PING);
  await datagrams.close();
  expect(troubles).toHaveLength(1);
});
