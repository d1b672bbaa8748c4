import { fromBase64 } from "./base64.ts";

/** Who says what: of a device `device@application`, of a person a name. */
export interface BasicCredentials {
  readonly username: string;
  readonly password: string;
}

export interface DrogueCredentials {
  readonly application: string;
  readonly device: string;
  readonly password: string;
}

const LENGTH_MAX = 1024;

/** Of an Authorization header; undefined for any other. */
export function basicOf(header: string | undefined): BasicCredentials | undefined {
  const [, base64 = ""] = /^Basic (\S+)$/.exec(header ?? "") ?? [];
  const bytes = base64.length > LENGTH_MAX ? undefined : fromBase64(base64);
  const text = new TextDecoder().decode(bytes ?? new Uint8Array(0));
  const at = text.indexOf(":");
  return at < 0 ? undefined : { username: text.slice(0, at), password: text.slice(at + 1) };
}

export function credentialsOf(username: string, password: string): DrogueCredentials | undefined {
  const at = username.lastIndexOf("@");
  if (at < 1) return undefined;
  return { device: username.slice(0, at), application: username.slice(at + 1), password };
}
