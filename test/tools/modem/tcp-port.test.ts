import { connect, type Socket } from "node:net";
import { afterEach, expect, test } from "vitest";
import { TcpPort } from "#tools/modem/tcp-port.ts";

let port: TcpPort | undefined;
const hosts: Socket[] = [];
afterEach(() => {
  for (const host of hosts.splice(0)) host.destroy();
  port?.close();
});

async function plugIn(to: TcpPort): Promise<Socket> {
  const host = connect({ port: Number(new URL(to.url).port), host: "127.0.0.1" });
  hosts.push(host);
  await new Promise((resolve) => host.once("connect", resolve));
  return host;
}

/** Until the host's first byte is there, the port does not know it yet. */
async function open(): Promise<{ port: TcpPort; host: Socket }> {
  let isHeard = () => {};
  const heard = new Promise<void>((resolve) => {
    isHeard = resolve;
  });
  port = await TcpPort.open({ host: "127.0.0.1", port: 0 }, () => isHeard());
  const host = await plugIn(port);
  host.write("A");
  await heard;
  return { port, host };
}

test("a host that does not read is not waited for: what is too much is lost", async () => {
  const { port, host } = await open();
  host.pause();
  const piece = new Uint8Array(65_536);
  const pieces = 1000;
  for (let count = 0; count < pieces; count++) port.write(piece);
  let bytes = 0;
  let isOver = false;
  host.on("data", (chunk) => {
    bytes += chunk.length;
    isOver = chunk.includes(0x0a);
  });
  host.resume();
  while (!isOver) {
    port.write(Buffer.from("\n"));
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(bytes).toBeGreaterThanOrEqual(piece.length);
  expect(bytes).toBeLessThan((pieces * piece.length) / 2);
});

test("one host at a time", async () => {
  const { port, host } = await open();
  const other = await plugIn(port);
  await new Promise((resolve) => other.once("close", resolve));
  const got = new Promise<string>((resolve) => host.once("data", (bytes) => resolve(`${bytes}`)));
  port.write(Buffer.from("OK\r\n"));
  expect(await got).toBe("OK\r\n");
});
