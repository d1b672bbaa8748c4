import { afterEach, beforeEach, expect, test } from "vitest";
import { serveText, type TextServer } from "#hal/net/text-server.ts";

let server: TextServer;
let asked = 0;
beforeEach(async () => {
  asked = 0;
  const render = () => Promise.resolve(`asked ${++asked}\n`);
  server = await serveText(0, {
    path: "/metrics",
    contentType: "text/plain; version=0.0.4",
    render,
  });
});
afterEach(() => server.close());
const ask = (path: string, init?: RequestInit) =>
  fetch(`http://127.0.0.1:${server.port}${path}`, init);

test("the text is made anew for each who asks, whatever the query", async () => {
  const response = await ask("/metrics");
  expect(response.headers.get("content-type")).toBe("text/plain; version=0.0.4");
  expect(await response.text()).toBe("asked 1\n");
  expect(await (await ask("/metrics?name=x")).text()).toBe("asked 2\n");
});

test.each([
  ["/", "GET", 404],
  ["/metrics/", "GET", 404],
  ["/metrics", "POST", 405],
  ["/metrics", "HEAD", 200],
])("%s %s is %i", async (path, method, status) => {
  const response = await ask(path, { method });
  expect(response.status).toBe(status);
  if (method === "HEAD") expect(await response.text()).toBe("");
});

test("a port that is taken is the system's error", async () => {
  const text = { path: "/", contentType: "text/plain", render: () => Promise.resolve("") };
  await expect(serveText(server.port, text)).rejects.toMatchObject({ code: "EADDRINUSE" });
});
