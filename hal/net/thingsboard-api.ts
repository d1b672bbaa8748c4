/** ThingsBoard's REST API as an administrator of a tenant uses it. */
import { HttpApi, type HttpApiCall, HttpApiRefused } from "./http-api.ts";

/** It cannot be reached, or refuses. The message is for people, in one line. */
export class ThingsBoardRefused extends HttpApiRefused {
  override readonly name = "ThingsBoardRefused";
}

export interface Upload {
  readonly fileName: string;
  readonly bytes: Uint8Array;
}

export class ThingsBoardApi {
  readonly #api: HttpApi;
  #token: string | undefined;

  /** `http://` or `https://`, host and port. */
  constructor(root: string) {
    this.#api = new HttpApi(root, ThingsBoardRefused);
  }

  /** Before anything else. Throws {@link ThingsBoardRefused}, as everything here does. */
  async logIn(username: string, password: string): Promise<void> {
    const body = JSON.stringify({ username, password });
    const { token } = Object(await this.#call({ method: "POST", path: "/api/auth/login", body }));
    if (typeof token !== "string" || !/^[\x21-\x7e]+$/.test(token)) {
      throw this.#api.refused("its login gives no token");
    }
    this.#token = token;
  }

  get(path: string): Promise<unknown> {
    return this.#call({ method: "GET", path });
  }

  post(path: string, value: object): Promise<unknown> {
    return this.#call({ method: "POST", path, body: JSON.stringify(value) });
  }

  upload(path: string, { fileName, bytes }: Upload): Promise<unknown> {
    const body = new FormData();
    const type = "application/octet-stream";
    body.set("file", new File([Buffer.from(bytes)], fileName, { type }));
    return this.#call({ method: "POST", path, body });
  }

  delete(path: string): Promise<unknown> {
    return this.#call({ method: "DELETE", path });
  }

  #call(call: HttpApiCall): Promise<unknown> {
    const token = this.#token;
    const headers = token === undefined ? {} : { "x-authorization": `Bearer ${token}` };
    return this.#api.call({ ...call, headers });
  }
}
