import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { AdminBench, idOf } from "./admin-bench.ts";

describe("login", () => {
  test("a token of a login is good for two hours and a half, then a refresh token is", () => {
    const bench = new AdminBench();
    expect(bench.call("GET /api/deviceProfiles", { query: PAGE }).status).toBe(200);
    bench.advanceS(9000);
    expect(bench.call("GET /api/deviceProfiles", { query: PAGE })).toMatchObject({
      status: 401,
      json: { errorCode: 11, message: "Token has expired" },
    });
    bench.refresh();
    expect(bench.call("GET /api/deviceProfiles", { query: PAGE }).status).toBe(200);
  });

  test.each([
    undefined,
    "",
    "Bearer",
    "Bearer a.b.c",
    "Basic dGVuYW50OnRlbmFudA==",
    `Bearer ${"x".repeat(5000)}`,
  ])("%s is none", (authorization) => {
    const bench = new AdminBench();
    bench.authorization = authorization;
    expect(bench.call("GET /api/deviceProfiles", { query: PAGE })).toMatchObject({
      status: 401,
      json: { errorCode: 10 },
    });
  });

  test("a token with one character changed, and one of another server, are none", () => {
    const bench = new AdminBench();
    const { authorization = "" } = bench;
    bench.authorization = authorization.replace(
      /\.(.)/,
      (_, first) => `.${first === "a" ? "b" : "a"}`,
    );
    expect(bench.call("GET /api/deviceProfiles", { query: PAGE }).status).toBe(401);
    bench.authorization = new AdminBench(2).authorization;
    expect(bench.call("GET /api/deviceProfiles", { query: PAGE }).status).toBe(401);
  });

  test.each([{ password: "wrong" }, { username: 1 }, {}])("%o does not log in", (body) => {
    expect(new AdminBench().logIn({ username: "admin", ...body })).toMatchObject({ status: 401 });
  });
});

const PAGE = { pageSize: "10", page: "0" };

describe("packages", () => {
  test("info first, then bytes, then assignment; the device is told", () => {
    const bench = new AdminBench();
    const { profile, device } = bench.fleet();
    const made = bench.ok("POST /api/otaPackage", { body: bench.packageInfo(profile) });
    expect(made).toMatchObject({ title: "fw", version: "2.0.0", hasData: false, checksum: null });
    const params = { id: idOf(made) };
    const assigned = { ...profile, firmwareId: made["id"] };
    expect(bench.call("POST /api/deviceProfile", { body: assigned })).toMatchObject({
      status: 400,
      json: { message: "Can't assign firmware with empty data!" },
    });
    const uploaded = bench.upload(params.id, "hello world", { checksumAlgorithm: "MD5" });
    expect(uploaded).toMatchObject({
      hasData: true,
      dataSize: 11,
      checksumAlgorithm: "MD5",
      checksum: "5eb63bbbe01eeed093cb22bb8f5acdc3",
    });
    bench.ok("POST /api/deviceProfile", { body: assigned });
    bench.advanceS(1);
    const attributes = bench.ok("GET /api/plugins/telemetry/DEVICE/:id/values/attributes/:scope", {
      params: { id: idOf(device), scope: "SHARED_SCOPE" },
      query: { keys: "fw_version,fw_size,nothing" },
    });
    expect(attributes).toEqual([
      { key: "fw_version", value: "2.0.0" },
      { key: "fw_size", value: 11 },
    ]);
    const timeseries = bench.ok("GET /api/plugins/telemetry/DEVICE/:id/values/timeseries", {
      params: { id: idOf(device) },
      query: { keys: "fw_state,fw_error" },
    });
    expect(timeseries).toMatchObject({
      fw_state: [{ value: "INITIATED" }],
      fw_error: [{ value: null }],
    });
    expect(bench.call("DELETE /api/otaPackage/:id", { params })).toMatchObject({
      status: 400,
      json: { message: "The otaPackage referenced by the device profile cannot be deleted!" },
    });
    expect(bench.call("GET /api/otaPackage/:id/download", { params })).toMatchObject({
      status: 200,
      file: { name: "app.img", bytes: new TextEncoder().encode("hello world") },
    });
  });

  test.each([
    { what: { title: "" }, says: "OtaPackage title should be specified!" },
    {
      what: { title: "x".repeat(256) },
      says: "The length of title should be equal or shorter than 255",
    },
    { what: { version: null }, says: "OtaPackage version should be specified!" },
    { what: { type: "fw" }, says: "Type should be one of FIRMWARE, SOFTWARE!" },
    { what: { deviceProfileId: null }, says: "Device profile with id [] is not found" },
    { what: { usesUrl: true }, says: "Ota package URL should be specified!" },
  ])("$what: $says", ({ what, says }) => {
    const bench = new AdminBench();
    const { profile } = bench.fleet();
    const body = { ...bench.packageInfo(profile), ...what };
    expect(bench.call("POST /api/otaPackage", { body })).toMatchObject({ json: { message: says } });
  });

  test("title and version once, bytes once, the right checksum only, none for a URL", () => {
    const bench = new AdminBench();
    const { profile } = bench.fleet();
    const id = idOf(bench.ok("POST /api/otaPackage", { body: bench.packageInfo(profile) }));
    expect(bench.call("POST /api/otaPackage", { body: bench.packageInfo(profile) })).toMatchObject({
      status: 400,
      json: { message: "OtaPackage with such title and version already exists!" },
    });
    const refused = (text: string, query: Record<string, string>) =>
      bench.uploadAnswer(id, text, query);
    expect(refused("", { checksumAlgorithm: "SHA256" }).status).toBe(400);
    expect(refused("x", {}).status).toBe(400);
    expect(refused("x", { checksumAlgorithm: "SHA1" }).status).toBe(400);
    expect(refused("x", { checksumAlgorithm: "CRC32", checksum: "00000000" })).toMatchObject({
      json: { message: "Wrong otaPackage file!" },
    });
    bench.upload(id, "a", { checksumAlgorithm: "CRC32", checksum: "43beb7e8" });
    expect(refused("a", { checksumAlgorithm: "CRC32" })).toMatchObject({
      json: { message: "Updating otaPackage data is prohibited!" },
    });
    const atUrl = {
      ...bench.packageInfo(profile),
      version: "3.0.0",
      usesUrl: true,
      url: "http://x/y",
    };
    const made = bench.ok("POST /api/otaPackage", { body: atUrl });
    expect(made).toMatchObject({ url: "http://x/y", hasData: true, dataSize: null });
    const params = { id: idOf(made) };
    expect(bench.uploadAnswer(params.id, "x", { checksumAlgorithm: "CRC32" }).status).toBe(400);
    expect(bench.call("GET /api/otaPackage/:id/download", { params }).status).toBe(400);
    expect(bench.call("DELETE /api/otaPackage/:id", { params }).status).toBe(200);
    expect(bench.call("GET /api/otaPackage/info/:id", { params }).status).toBe(404);
  });

  test("a list by page, with a search", () => {
    const bench = new AdminBench();
    const { profile } = bench.fleet();
    for (let minor = 0; minor < 5; minor++) {
      const body = {
        ...bench.packageInfo(profile),
        version: `1.${minor}`,
        title: `fw${minor % 2}`,
      };
      bench.ok("POST /api/otaPackage", { body });
    }
    const page = (query: Record<string, string>) => bench.ok("GET /api/otaPackages", { query });
    expect(page({ pageSize: "2", page: "2" })).toMatchObject({
      data: [{ version: "1.4" }],
      totalPages: 3,
      totalElements: 5,
      hasNext: false,
    });
    expect(page({ pageSize: "2", page: "0", textSearch: "FW1" })).toMatchObject({
      data: [{ version: "1.1" }, { version: "1.3" }],
      totalElements: 2,
    });
    for (const pageSize of ["0", "-1", "x", "99999"]) {
      expect(bench.call("GET /api/otaPackages", { query: { pageSize, page: "0" } }).status).toBe(
        400,
      );
    }
  });
});

describe("devices and profiles", () => {
  test("who has read something older is told so: 409", () => {
    const bench = new AdminBench();
    const { profile, device } = bench.fleet();
    bench.ok("POST /api/device", { body: device });
    expect(bench.call("POST /api/device", { body: device }).status).toBe(409);
    bench.ok("POST /api/deviceProfile", { body: profile });
    expect(bench.call("POST /api/deviceProfile", { body: profile }).status).toBe(409);
  });

  test("names and tokens are given once; a profile with devices stays", () => {
    const bench = new AdminBench();
    const { profile, device } = bench.fleet();
    const deviceProfileId = profile["id"];
    const make = (name: string, accessToken: string) =>
      bench.call("POST /api/device", { body: { name, deviceProfileId }, query: { accessToken } });
    expect(make("lab 1", "T9").status).toBe(400);
    expect(make("lab 2", "T1").status).toBe(400);
    expect(bench.call("POST /api/deviceProfile", { body: { name: "lab" } }).status).toBe(400);
    const params = { id: idOf(profile) };
    expect(bench.call("DELETE /api/deviceProfile/:id", { params }).status).toBe(400);
    bench.ok("DELETE /api/device/:id", { params: { id: idOf(device) } });
    expect(bench.server.deviceOf("T1")).toBeUndefined();
    bench.ok("DELETE /api/deviceProfile/:id", { params });
    expect(bench.call("GET /api/deviceProfile/:id", { params }).status).toBe(404);
  });

  test("a device without a token gets one; another one takes its place", () => {
    const bench = new AdminBench();
    bench.fleet();
    const made = bench.ok("POST /api/device", { body: { name: "lab 2" } });
    const params = { id: idOf(made) };
    const credentials = bench.ok("GET /api/device/:id/credentials", { params });
    expect(credentials["credentialsId"]).toMatch(/^\w{20}$/);
    const change = (credentialsId: string) =>
      bench.call("POST /api/device/credentials", { body: { ...credentials, credentialsId } });
    expect(change("T1").status).toBe(400);
    expect(change("T2").status).toBe(200);
    expect(bench.server.deviceOf("T2")?.name).toBe("lab 2");
    expect(bench.server.deviceOf(String(credentials["credentialsId"]))).toBeUndefined();
  });

  test("a package of its own goes before the profile's; cancel calls it off, retry tells it anew", () => {
    const bench = new AdminBench();
    const { profile, device } = bench.fleet();
    const id = bench.packageWithBytes(profile, "2.0.0");
    bench.ok("POST /api/device", { body: { ...device, firmwareId: id } });
    bench.advanceS(1);
    const shared = () => bench.server.deviceOf("T1")?.shared.get("fw_version");
    expect(shared()).toBe("2.0.0");
    const params = { id: idOf(device), type: "FIRMWARE" };
    bench.ok("POST /api/device/:id/ota/:type/cancel", { params });
    expect(shared()).toBeUndefined();
    expect(bench.call("POST /api/device/:id/ota/:type/cancel", { params }).status).toBe(404);
    bench.ok("POST /api/device/:id/ota/:type/retry", { params });
    bench.advanceS(1);
    expect(shared()).toBe("2.0.0");
    const other = { ...params, type: "SOFTWARE" };
    expect(bench.call("POST /api/device/:id/ota/:type/retry", { params: other }).status).toBe(404);
  });

  test("a package of another profile or of another type is not assigned", () => {
    const bench = new AdminBench();
    const { profile, device } = bench.fleet();
    const other = bench.ok("POST /api/deviceProfile", { body: { name: "other" } });
    const foreign = bench.packageWithBytes(other, "2.0.0");
    const own = bench.packageWithBytes(profile, "3.0.0");
    const assign = (field: string, id: unknown) =>
      bench.call("POST /api/device", { body: { ...device, [field]: id } });
    expect(assign("firmwareId", foreign).status).toBe(400);
    expect(assign("softwareId", own).status).toBe(400);
    expect(assign("firmwareId", { entityType: "OTA_PACKAGE", id: "none" }).status).toBe(400);
    expect(assign("firmwareId", "text").status).toBe(400);
    expect(bench.ok("GET /api/device/:id", { params: { id: idOf(device) } })).toMatchObject({
      firmwareId: null,
      version: 1,
    });
  });
});

test("nothing that a client sends makes it throw", () => {
  const bench = new AdminBench();
  const { profile, device } = bench.fleet();
  const ids = [idOf(device), idOf(profile), bench.packageWithBytes(profile, "1.0").id];
  const id = fc.oneof(fc.constantFrom(...ids), fc.string());
  const reference = fc.oneof(fc.jsonValue(), fc.record({ id }));
  const body = fc.oneof(
    fc.jsonValue(),
    fc.dictionary(
      fc.constantFrom(
        "id",
        "name",
        "deviceProfileId",
        "firmwareId",
        "deviceId",
        "version",
        "__proto__",
      ),
      reference,
    ),
  );
  fc.assert(
    fc.property(
      fc.constantFrom(...bench.routeNames),
      fc.dictionary(fc.constantFrom("id", "scope", "type"), id),
      fc.dictionary(fc.constantFrom("keys", "page", "pageSize", "checksumAlgorithm"), fc.string()),
      body,
      (route, params, query, sent) => {
        const { status } = bench.call(route, { params, query, body: sent });
        expect([200, 400, 404, 409]).toContain(status);
      },
    ),
    { numRuns: 500 },
  );
});
