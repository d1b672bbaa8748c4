import type { Crypto, Entropy } from "#hal/ports.ts";
import { AdminRefusal } from "./answer.ts";

export interface AdminUser {
  readonly username: string;
  readonly password: string;
}

/** ThingsBoard's own: two hours and a half. */
const LIFE_S = 9000;
const REFRESH_LIFE_S = 604_800;
const TOKEN_LENGTH_MAX = 2000;

/** Who may administer the server, and the tokens that say so: the shape of JWTs, signed by a hash. */
export class Login {
  readonly #user: AdminUser;
  readonly #crypto: Crypto;
  readonly #secret: string;

  constructor(user: AdminUser, crypto: Crypto, entropy: Entropy) {
    this.#user = user;
    this.#crypto = crypto;
    this.#secret = Array.from({ length: 8 }, () =>
      entropy.below("thingsboard/admin secret", 2 ** 32).toString(36),
    ).join(".");
  }

  tokensFor(username: unknown, password: unknown, nowUnixMs: number) {
    if (username === this.#user.username && password === this.#user.password) {
      return this.#tokens(nowUnixMs);
    }
    throw new AdminRefusal("authentication", "Invalid username or password");
  }

  refresh(token: unknown, nowUnixMs: number) {
    this.#check(typeof token === "string" ? token : "", "REFRESH_TOKEN", nowUnixMs);
    return this.#tokens(nowUnixMs);
  }

  /** `X-Authorization: Bearer …`; throws what the server refuses with. */
  require(header: string | undefined, nowUnixMs: number): void {
    const [, token] = /^Bearer (\S+)$/i.exec(header ?? "") ?? [];
    if (token === undefined) throw new AdminRefusal("authentication", "Authentication failed");
    this.#check(token, "TENANT_ADMIN", nowUnixMs);
  }

  #tokens(nowUnixMs: number) {
    const nowS = Math.floor(nowUnixMs / 1000);
    return {
      token: this.#signed("TENANT_ADMIN", nowS + LIFE_S),
      refreshToken: this.#signed("REFRESH_TOKEN", nowS + REFRESH_LIFE_S),
    };
  }

  #signed(scope: string, exp: number): string {
    const head = base64url(JSON.stringify({ alg: "HS256" }));
    const claims = base64url(JSON.stringify({ sub: this.#user.username, scopes: [scope], exp }));
    return `${head}.${claims}.${this.#signature(`${head}.${claims}`)}`;
  }

  #signature(text: string): string {
    const bytes = new TextEncoder().encode(`${this.#secret}.${text}`);
    return base64url(String.fromCharCode(...this.#crypto.hashOf("sha256", bytes)));
  }

  #check(token: string, scope: string, nowUnixMs: number): void {
    const wrong = () => new AdminRefusal("authentication", "Authentication failed");
    const [head = "", claims = "", signature] = token.split(".");
    if (token.length > TOKEN_LENGTH_MAX) throw wrong();
    if (signature !== this.#signature(`${head}.${claims}`)) throw wrong();
    // What we have signed is what we wrote.
    const { scopes, exp } = JSON.parse(atob(claims.replaceAll("-", "+").replaceAll("_", "/")));
    if (scopes[0] !== scope) throw wrong();
    if (exp * 1000 <= nowUnixMs) throw new AdminRefusal("expired", "Token has expired");
  }
}

/** Of characters up to 255 only. */
function base64url(text: string): string {
  const latin = text.replace(/[^\0-\xff]/g, "?");
  return btoa(latin).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
