import { NodeCrypto } from "#hal/node/crypto.ts";
import { KeyedEntropy } from "#sim/kernel/draws.ts";
import { Engine } from "#sim/kernel/engine.ts";
import { ADMIN_ROUTES, AdminApi, LOGIN_ROUTES } from "#sim/server/thingsboard/admin/admin-api.ts";
import type { AdminAnswer, AdminInput } from "#sim/server/thingsboard/admin/answer.ts";
import { ThingsBoard } from "#sim/server/thingsboard/server.ts";

type Json = Record<string, unknown>;

/** Of what an answer has as `id`. */
export function idOf(entity: Json): string {
  return String(Object(entity["id"]).id);
}

const NOTHING: AdminInput = { params: {}, query: {}, body: undefined, file: undefined };

/** The admin API of a stand-in in virtual time, with somebody logged in. */
export class AdminBench {
  readonly server: ThingsBoard;
  authorization: string | undefined;
  readonly #engine = new Engine();
  readonly #api: AdminApi;
  #refreshToken = "";

  constructor(seed = 1) {
    const entropy = new KeyedEntropy(seed, 0);
    this.server = new ThingsBoard({ scheduler: this.#engine, entropy, originUnixMs: 0 });
    const user = { username: "admin", password: "secret" };
    this.#api = new AdminApi(this.server, user, new NodeCrypto());
    this.#take(this.logIn(user));
  }

  get routeNames(): readonly string[] {
    return ADMIN_ROUTES.map(({ method, path }) => `${method} ${path}`);
  }

  advanceS(seconds: number): void {
    this.#engine.advance(this.#engine.now + seconds * 1_000_000);
  }

  logIn(body: object): AdminAnswer {
    return this.#public("/api/auth/login", body);
  }

  refresh(): void {
    this.#take(this.#public("/api/auth/token", { refreshToken: this.#refreshToken }));
  }

  call(name: string, input: Partial<AdminInput>): AdminAnswer {
    const route = ADMIN_ROUTES.find(({ method, path }) => `${method} ${path}` === name);
    if (route === undefined) throw new RangeError(`there is no ${name}`);
    return this.#api.call(route, this.authorization, { ...NOTHING, ...input });
  }

  ok(name: string, input: Partial<AdminInput>): Json {
    const answer = this.call(name, input);
    if (answer.status === 200 && "json" in answer) return Object(answer.json);
    throw new RangeError(`${name}: ${JSON.stringify(answer)}`);
  }

  /** A profile with one device in it, whose token is T1. */
  fleet(): { profile: Json; device: Json } {
    const profile = this.ok("POST /api/deviceProfile", { body: { name: "lab" } });
    const body = { name: "lab 1", deviceProfileId: profile["id"] };
    const device = this.ok("POST /api/device", { body, query: { accessToken: "T1" } });
    return { profile, device };
  }

  packageInfo(profile: Json): Json {
    return { title: "fw", version: "2.0.0", type: "FIRMWARE", deviceProfileId: profile["id"] };
  }

  /** Returns its reference. */
  packageWithBytes(profile: Json, version: string): { readonly id: string } {
    const body = { ...this.packageInfo(profile), version };
    const id = idOf(this.ok("POST /api/otaPackage", { body }));
    this.upload(id, "bytes", { checksumAlgorithm: "SHA256" });
    return { id };
  }

  uploadAnswer(id: string, text: string, query: Record<string, string>): AdminAnswer {
    const bytes = new TextEncoder().encode(text);
    const file = { name: "app.img", type: "application/octet-stream", bytes };
    return this.call("POST /api/otaPackage/:id", { params: { id }, query, file });
  }

  upload(id: string, text: string, query: Record<string, string>): Json {
    const answer = this.uploadAnswer(id, text, query);
    if (answer.status === 200 && "json" in answer) return Object(answer.json);
    throw new RangeError(`upload: ${JSON.stringify(answer)}`);
  }

  #public(path: string, body: object): AdminAnswer {
    const route = LOGIN_ROUTES.find((one) => one.path === path);
    if (route === undefined) throw new RangeError(`there is no ${path}`);
    return this.#api.logIn(route, { ...NOTHING, body });
  }

  #take(answer: AdminAnswer): void {
    if (!("json" in answer) || answer.status !== 200) throw new RangeError("no login");
    const { token, refreshToken } = Object(answer.json);
    this.authorization = `Bearer ${token}`;
    this.#refreshToken = refreshToken;
  }
}
