import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ADMIN_ROUTES, LOGIN_ROUTES } from "#sim/server/thingsboard/admin/admin-api.ts";
import { CommandBench } from "../run/command-bench.ts";
import { fakeSimulate } from "../run/fake-fleet.ts";

const stop = new AbortController();
const bench = new CommandBench({ interruption: () => ({ signal: stop.signal, end: () => {} }) });
let url = "";
let served: Promise<number> = Promise.resolve(0);

beforeAll(async () => {
  served = bench.fuota(fakeSimulate(0), "serve", "thingsboard", "--port", "0");
  const address = () => /admin API: (http:\S+)\/openapi/.exec(bench.terminal.stdout)?.[1];
  while (address() === undefined) await new Promise((resolve) => setImmediate(resolve));
  url = address() ?? "";
}, 60_000);

afterAll(async () => {
  stop.abort();
  expect(await served).toBe(130);
  bench.remove();
});

const json = { "content-type": "application/json" };
const post = (path: string, body: string | FormData, headers: Record<string, string> = json) =>
  fetch(`${url}${path}`, { method: "POST", headers, body });

async function login(): Promise<Record<string, string>> {
  const user = { username: "tenant@thingsboard.org", password: "tenant" };
  const answer = await post("/api/auth/login", JSON.stringify(user));
  const { token } = Object(await answer.json());
  return { "x-authorization": `Bearer ${token}` };
}

test("a package goes in by multipart, and comes out again", async () => {
  const who = await login();
  const make = async (path: string, value: object) =>
    Object(await (await post(path, JSON.stringify(value), { ...json, ...who })).json());
  const profile = await make("/api/deviceProfile", { name: "lab" });
  const info = { title: "fw", version: "2.0.0", type: "FIRMWARE", deviceProfileId: profile.id };
  const { id } = Object((await make("/api/otaPackage", info)).id);
  const bytes = Uint8Array.from({ length: 2_000_000 }, (_, at) => at % 251);
  const form = new FormData();
  form.set("file", new File([bytes], "app.img", { type: "application/octet-stream" }));
  const uploaded = await post(`/api/otaPackage/${id}?checksumAlgorithm=CRC32`, form, who);
  expect(await uploaded.json()).toMatchObject({ dataSize: 2_000_000, fileName: "app.img" });
  const download = await fetch(`${url}/api/otaPackage/${id}/download`, { headers: who });
  expect(download.headers.get("x-filename")).toBe("app.img");
  expect(Buffer.from(await download.arrayBuffer()).equals(bytes)).toBe(true);
});

describe("what it does not take", () => {
  test.each([
    { what: "no token", path: "/api/otaPackages?pageSize=1&page=0", status: 401 },
    { what: "another path", path: "/api/nothing", status: 404 },
    { what: "no path at all", path: "/%", status: 404 },
  ])("$what: $status", async ({ path, status }) => {
    const answer = await fetch(`${url}${path}`);
    expect(answer.status).toBe(status);
    expect(await answer.json()).toMatchObject({ status });
  });

  test.each([
    { what: "half a JSON", body: "{", type: "application/json", status: 400 },
    { what: "no JSON object", body: "[]", type: "application/json", status: 400 },
    { what: "nothing", body: "", type: "application/json", status: 400 },
    { what: "a multipart that is none", body: "x", type: "multipart/form-data", status: 400 },
    { what: "far too much", body: "x".repeat(17_000_000), type: "text/plain", status: 413 },
  ])("$what: $status", async ({ body, type, status }) => {
    expect((await post("/api/auth/login", body, { "content-type": type })).status).toBe(status);
  });
});

test("every call is in the description, and its page needs nothing from elsewhere", async () => {
  const { paths } = Object(await (await fetch(`${url}/openapi/json`)).json());
  for (const { method, path } of [...LOGIN_ROUTES, ...ADMIN_ROUTES]) {
    const described = paths[path.replace(/:(\w+)/g, "{$1}")];
    expect(described, path).toHaveProperty(method.toLowerCase());
  }
  expect(paths["/api/otaPackage/{id}"].post.requestBody.content).toHaveProperty(
    "multipart/form-data",
  );
  const page = await (await fetch(`${url}/openapi`)).text();
  expect(page).toContain('fetch("/openapi/json")');
  expect(page).not.toMatch(/https?:\/\/|(src|href)="(?!\/openapi)/);
});

test("a package that is served needs a version", async () => {
  bench.terminal.stderr = "";
  const args = ["serve", "thingsboard", "--package", "app.bin"];
  expect(await bench.complaint(fakeSimulate(0), ...args)).toMatch(/--package needs a --version/);
});
