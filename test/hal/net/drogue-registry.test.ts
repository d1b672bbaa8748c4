import { afterEach, expect, test, vi } from "vitest";
import { DrogueRegistryClient } from "#hal/net/drogue-registry.ts";
import { HttpApiRefused } from "#hal/net/http-api.ts";

/** A registry that gives these answers, the last one again and again. */
function registry(answers: readonly (readonly [status: number, body: string])[]) {
  const said: string[] = [];
  let at = 0;
  vi.stubGlobal("fetch", async (url: string, { method, body, headers }: RequestInit) => {
    said.push([method, url.replace("http://registry", ""), body ?? ""].join(" ").trim());
    expect(headers).toMatchObject({ authorization: "Basic dTp0" });
    const [status, text] = answers[Math.min(at++, answers.length - 1)] ?? [500, ""];
    return new Response(status === 204 ? null : text, { status });
  });
  const login = { url: "http://registry/", user: "u", token: "t" };
  return { said, client: new DrogueRegistryClient(login, "my app") };
}
afterEach(() => vi.unstubAllGlobals());

const ROOT = "/api/registry/v1alpha1/apps/my%20app";
const METADATA = `"metadata":{"application":"my app","name":"d/1","resourceVersion":"7"}`;
const DEVICE = `{${METADATA},"spec":{"x":1},"status":{"y":2}}`;

test("a device is made with its password", async () => {
  const { said, client } = registry([[201, ""]]);
  await client.create("d/1", "pw");
  expect(said).toEqual([
    `POST ${ROOT}/devices {"metadata":{"application":"my app","name":"d/1"},"spec":{"authentication":{"credentials":[{"pass":"pw"}]}}}`,
  ]);
});

test("what others have put into a device stays; who was overtaken reads anew", async () => {
  const { said, client } = registry([
    [200, DEVICE],
    [409, ""],
    [200, DEVICE],
    [204, ""],
  ]);
  await client.rollOut("d/1", "app");
  const put = `{${METADATA},"spec":{"x":1,"firmware":{"file":{"name":"app"}}},"status":{"y":2}}`;
  const path = `${ROOT}/devices/d%2F1`;
  const once = [`GET ${path}`, `PUT ${path} ${put}`];
  expect(said).toEqual([...once, ...once]);
});

test("five times is enough", async () => {
  const overtaken = [
    [200, DEVICE],
    [409, ""],
  ] as const;
  const { said, client } = registry([0, 1, 2, 3, 4, 5].flatMap(() => overtaken));
  const refused = client.rollOut("d", "app");
  await expect(refused).rejects.toThrow(new HttpApiRefused("http://registry: answers 409", 409));
  expect(said).toHaveLength(10);
});

test.each([
  [404, undefined],
  [204, undefined],
  [500, "http://registry: answers 500"],
])("deleting answered %i", async (status, words) => {
  const { client } = registry([[status, ""]]);
  const deleted = client.delete("d");
  if (words === undefined) await expect(deleted).resolves.toBeUndefined();
  else await expect(deleted).rejects.toThrow(words);
});

test.each([
  [404, "", "http://registry: has no application my app"],
  [401, "", "http://registry: does not know u with this token (401)"],
  [403, "", "http://registry: does not know u with this token (403)"],
  [503, `{"message":"too\\nmany"}`, "http://registry: too many (503)"],
  [200, "<html>", `http://registry: answers GET ${ROOT} without JSON`],
])("an application asked for: %i", async (status, body, words) => {
  await expect(registry([[status, body]]).client.check()).rejects.toThrow(words);
});

test.each(["", "null", "1", `{"metadata":null}`, `{"spec":{}}`])(
  "%j is no device",
  async (body) => {
    const { client } = registry([[200, body]]);
    await expect(client.device("d")).rejects.toThrow("http://registry: gives no device for d");
  },
);
