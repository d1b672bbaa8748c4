import { InvalidArgumentError } from "commander";
import { CHECKSUM_BYTES, type ChecksumAlgorithm } from "#agent/pull/checksum.ts";
import { isHttpUrl } from "#agent/pull/redirects.ts";
import { isQuirk, QUIRKS, type Quirk } from "#sim/server/thingsboard/quirks.ts";
import type { RateLimit } from "#sim/server/thingsboard/rate-limit.ts";

/** Arguments of options: `InvalidArgumentError` for what is none. */

export function algorithms(): readonly string[] {
  return Object.keys(CHECKSUM_BYTES);
}

export function algorithm(text: string): ChecksumAlgorithm {
  const found = (Object.keys(CHECKSUM_BYTES) as ChecksumAlgorithm[]).find((name) => name === text);
  if (found !== undefined) return found;
  throw new InvalidArgumentError(`expected one of ${algorithms().join(", ")}`);
}

export function rootUrl(text: string): string {
  if (isHttpUrl(text)) return text;
  throw new InvalidArgumentError("expected http: or https://host:port");
}

export function rateLimit(text: string): RateLimit {
  const [, requests = 0, seconds = 0] = (/^(\d{1,7}):(\d{1,7})$/.exec(text) ?? []).map(Number);
  if (requests > 0 && seconds > 0) return { requests, seconds };
  throw new InvalidArgumentError("expected requests:seconds, like 100:1");
}

export function quirk(text: string, before: readonly Quirk[] = []): readonly Quirk[] {
  if (isQuirk(text)) return [...before, text];
  throw new InvalidArgumentError(`expected one of ${Object.keys(QUIRKS).join(", ")}`);
}
