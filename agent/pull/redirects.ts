const REDIRECTS_MAX = 3;
const REDIRECTING: readonly number[] = [301, 302, 303, 307, 308];

export function isRedirect(status: number): boolean {
  return REDIRECTING.includes(status);
}

export function isHttpUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname } = new URL(text);
  return (protocol === "http:" || protocol === "https:") && hostname !== "";
}

export type Redirected =
  | { readonly ok: true; readonly url: string }
  /** In one line. Names no URL: they may have secrets in them. */
  | { readonly ok: false; readonly problem: string };

/**
 * Where a redirect leads after `visited`, the last of which answered with it. What was asked for by
 * https: is never asked for without it (RFC 9110 §15.4 leaves that to the client).
 */
export function redirected(visited: readonly string[], location: string | undefined): Redirected {
  const from = visited.at(-1) ?? "";
  if (location === undefined || !URL.canParse(location, from)) {
    return { ok: false, problem: "is redirected to nowhere" };
  }
  const to = new URL(location, from);
  // It never reaches a server (RFC 9110 §4.2.4).
  to.hash = "";
  if (!isHttpUrl(to.href)) return { ok: false, problem: "is redirected away from HTTP" };
  if (to.protocol === "http:" && from.startsWith("https:")) {
    return { ok: false, problem: "is redirected from https: to http:" };
  }
  if (visited.includes(to.href)) return { ok: false, problem: "is redirected in a circle" };
  if (visited.length > REDIRECTS_MAX) {
    return { ok: false, problem: `is redirected more than ${REDIRECTS_MAX} times` };
  }
  return { ok: true, url: to.href };
}
