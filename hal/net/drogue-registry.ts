/** Drogue's device registry as whoever may change an application uses it (`/api/registry/v1alpha1`). */
import { HttpApi, type HttpApiCall, HttpApiRefused } from "./http-api.ts";

export interface RegistryLogin {
  /** `http://` or `https://`, host and port. */
  readonly url: string;
  readonly user: string;
  readonly token: string;
}

/** A device as the registry has it; what others have put into it stays as it is. */
export interface RegistryDevice {
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly spec: Readonly<Record<string, unknown>>;
  readonly status: Readonly<Record<string, unknown>>;
}

const TRIES = 5;

/** The devices of one application. Throws `HttpApiRefused`. */
export class DrogueRegistryClient {
  readonly #api: HttpApi;
  readonly #login: RegistryLogin;
  readonly #application: string;
  readonly #path: string;

  constructor(login: RegistryLogin, application: string) {
    this.#api = new HttpApi(login.url);
    this.#login = login;
    this.#application = application;
    this.#path = `/api/registry/v1alpha1/apps/${encodeURIComponent(application)}`;
  }

  /** Before anything else. */
  async check(): Promise<void> {
    const { user } = this.#login;
    try {
      await this.#call({ method: "GET", path: this.#path });
    } catch (error) {
      const status = error instanceof HttpApiRefused ? error.status : undefined;
      if (status === 404) throw this.#api.refused(`has no application ${this.#application}`, 404);
      if (status !== 401 && status !== 403) throw error;
      throw this.#api.refused(`does not know ${user} with this token (${status})`, status);
    }
  }

  /** A new one, with a password. */
  async create(name: string, password: string): Promise<void> {
    const metadata = { application: this.#application, name };
    const spec = { authentication: { credentials: [{ pass: password }] } };
    const body = JSON.stringify({ metadata, spec });
    await this.#call({ method: "POST", path: `${this.#path}/devices`, body });
  }

  async device(name: string): Promise<RegistryDevice> {
    const found = await this.#call({ method: "GET", path: this.#pathOf(name) });
    const { metadata, spec = {}, status = {} } = Object(found);
    if (typeof metadata !== "object" || metadata === null) {
      throw this.#api.refused(`gives no device for ${name}`);
    }
    return { metadata, spec: Object(spec), status: Object(status) };
  }

  /** Gives it a firmware of its own. Others write to it at the same time: then it is read anew. */
  async rollOut(name: string, file: string): Promise<void> {
    for (let left = TRIES; ; left--) {
      const device = await this.device(name);
      const spec = { ...device.spec, firmware: { file: { name: file } } };
      const body = JSON.stringify({ ...device, spec });
      try {
        await this.#call({ method: "PUT", path: this.#pathOf(name), body });
        return;
      } catch (error) {
        const isStale = error instanceof HttpApiRefused && error.status === 409;
        if (!isStale || left <= 1) throw error;
      }
    }
  }

  /** Whether it is there or not. */
  async delete(name: string): Promise<void> {
    try {
      await this.#call({ method: "DELETE", path: this.#pathOf(name) });
    } catch (error) {
      if (!(error instanceof HttpApiRefused) || error.status !== 404) throw error;
    }
  }

  #pathOf(name: string): string {
    return `${this.#path}/devices/${encodeURIComponent(name)}`;
  }

  #call(call: HttpApiCall): Promise<unknown> {
    const { user, token } = this.#login;
    const authorization = `Basic ${Buffer.from(`${user}:${token}`).toString("base64")}`;
    return this.#api.call({ ...call, headers: { authorization } });
  }
}
