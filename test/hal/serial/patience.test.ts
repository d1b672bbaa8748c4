import { connect, createServer, type Socket } from "node:net";
import { afterEach, expect, test } from "vitest";
import { Patience } from "#hal/serial/patience.ts";

const open: { destroy(): void }[] = [];
afterEach(() => {
  for (const one of open.splice(0)) one.destroy();
});

/** Two ends of a line through the kernel. */
async function line(): Promise<readonly [Socket, Socket]> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new RangeError("no port");
  const accepted = new Promise<Socket>((resolve) => server.once("connection", resolve));
  const near = connect(address.port, "127.0.0.1");
  const far = await accepted;
  server.close();
  open.push(near, far);
  return [near, far];
}

/** As a process that is stopped, or has no turn. */
function stall(ms: number): void {
  const endMs = performance.now() + ms;
  while (performance.now() < endMs);
}

test("what came in time is read before a time-out that is noticed late", async () => {
  const [near, far] = await line();
  const order: string[] = [];
  near.on("data", () => order.push("answer"));
  far.write("OK\r\n");
  await new Promise<void>((resolve) => {
    new Patience(20, () => {
      order.push("time-out");
      resolve();
    });
    stall(200);
  });
  expect(order).toEqual(["answer", "time-out"]);
});

test("an answer that is read so late still ends the waiting", async () => {
  const [near, far] = await line();
  const order: string[] = [];
  far.write("OK\r\n");
  const patience = new Patience(20, () => order.push("time-out"));
  const heard = new Promise<void>((resolve) => {
    near.once("data", () => {
      patience.stop();
      resolve();
    });
  });
  stall(200);
  await heard;
  await new Promise((resolve) => setTimeout(resolve, 60));
  expect(order).toEqual([]);
});

test("one that is in time does not wait", async () => {
  const startMs = performance.now();
  await new Promise<void>((resolve) => new Patience(20, resolve));
  expect(performance.now() - startMs).toBeGreaterThanOrEqual(19);
});
