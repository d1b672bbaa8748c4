import type { Crypto } from "#hal/ports.ts";
import { makePackage, type NewPackage } from "../ota-package.ts";
import type { ThingsBoard } from "../server.ts";
import { type AdminAnswer, type AdminInput, AdminRefusal, ok, refusalAnswer } from "./answer.ts";
import { DEVICE_ROUTES } from "./devices.ts";
import { objectOf, own } from "./fields.ts";
import { type AdminUser, Login } from "./login.ts";
import { PACKAGE_ROUTES } from "./packages.ts";
import { PROFILE_ROUTES } from "./profiles.ts";
import { Registry } from "./registry.ts";
import type { AdminRoute } from "./route.ts";
import { TELEMETRY_ROUTES } from "./telemetry.ts";

/** A call that needs no login: it is one. */
interface LoginRoute extends Omit<AdminRoute, "run"> {
  readonly run: (login: Login, body: object, nowUnixMs: number) => object;
}

export const LOGIN_ROUTES: readonly LoginRoute[] = [
  {
    method: "POST",
    path: "/api/auth/login",
    summary: "tokens for a user name and a password",
    body: {
      type: "object",
      required: ["username", "password"],
      properties: { username: { type: "string" }, password: { type: "string" } },
    },
    run: (login, body, now) => login.tokensFor(own(body, "username"), own(body, "password"), now),
  },
  {
    method: "POST",
    path: "/api/auth/token",
    summary: "new tokens for a refresh token",
    body: {
      type: "object",
      required: ["refreshToken"],
      properties: { refreshToken: { type: "string" } },
    },
    run: (login, body, now) => login.refresh(own(body, "refreshToken"), now),
  },
];

export const ADMIN_ROUTES: readonly AdminRoute[] = [
  ...PACKAGE_ROUTES,
  ...PROFILE_ROUTES,
  ...DEVICE_ROUTES,
  ...TELEMETRY_ROUTES,
];

/**
 * The part of ThingsBoard's REST API that firmware updates need, sans-IO: whoever routes calls to it
 * has parsed them. Nothing that a client sends makes it throw.
 */
export class AdminApi {
  readonly #registry: Registry;
  readonly #login: Login;

  constructor(server: ThingsBoard, user: AdminUser, crypto: Crypto) {
    this.#registry = new Registry(server, crypto);
    this.#login = new Login(user, crypto, server.options.entropy);
  }

  /** `authorization`: of the header `X-Authorization`. */
  call(route: AdminRoute, authorization: string | undefined, input: AdminInput): AdminAnswer {
    return this.#answer((now) => {
      this.#login.require(authorization, now);
      return route.run(this.#registry, input);
    });
  }

  logIn(route: LoginRoute, { body }: AdminInput): AdminAnswer {
    return this.#answer((now) => ok(route.run(this.#login, objectOf(body), now)));
  }

  /** Makes a package as if somebody had called for it. */
  addPackage(facts: Omit<NewPackage, "id">, profileName: string) {
    const registry = this.#registry;
    const profile = registry.server.profile(profileName);
    const entity = registry.newEntity({});
    const ota = makePackage({ ...facts, id: entity.id }, registry.crypto);
    const { kind, title, version, tag, url } = ota;
    const type = kind === "fw" ? "FIRMWARE" : "SOFTWARE";
    registry.addPackage({ entity, profile, type, title, version, tag, url, ota });
    return ota;
  }

  #answer(run: (nowUnixMs: number) => AdminAnswer): AdminAnswer {
    const { nowUnixMs } = this.#registry.server;
    try {
      return run(nowUnixMs);
    } catch (error) {
      if (error instanceof AdminRefusal) return refusalAnswer(error, nowUnixMs);
      throw error;
    }
  }
}
