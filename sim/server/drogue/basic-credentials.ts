export interface DrogueCredentials {
  readonly application: string;
  readonly device: string;
  readonly password: string;
}

const LENGTH_MAX = 1024;

/** `Basic` of `device@application:password`; undefined for anything else. */
export function basicOf(header: string | undefined): DrogueCredentials | undefined {
  const [, base64 = ""] = /^Basic ([A-Za-z0-9+/]+={0,2})$/.exec(header ?? "") ?? [];
  if (base64 === "" || base64.length > LENGTH_MAX) return undefined;
  const text = base64Text(base64);
  const at = text.indexOf(":");
  if (at < 0) return undefined;
  return credentialsOf(text.slice(0, at), text.slice(at + 1));
}

/** A user name is `device@application`. */
export function credentialsOf(username: string, password: string): DrogueCredentials | undefined {
  const at = username.lastIndexOf("@");
  if (at < 1) return undefined;
  return { device: username.slice(0, at), application: username.slice(at + 1), password };
}

function base64Text(base64: string): string {
  const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const bytes: number[] = [];
  let bits = 0;
  let count = 0;
  for (const digit of base64.replace(/=+$/, "")) {
    bits = ((bits << 6) | digits.indexOf(digit)) & 0xffff;
    count += 6;
    if (count < 8) continue;
    count -= 8;
    bytes.push((bits >> count) & 0xff);
  }
  return new TextDecoder().decode(Uint8Array.from(bytes));
}
