/** What a server says of the part that it gives of a file. */
export interface ContentRange {
  /** Undefined: it gives nothing of it. */
  readonly part: { readonly start: number; readonly last: number } | undefined;
  /** Undefined: it does not know how long the file is. */
  readonly totalBytes: number | undefined;
}

/** A `Content-Range` (RFC 9110 §14.4); undefined for what is none. */
export function parseContentRange(text: string | undefined): ContentRange | undefined {
  const parts = /^bytes (?:(\d{1,15})-(\d{1,15})|\*)\/(?:(\d{1,15})|\*)$/i.exec(text ?? "");
  if (parts === null) return undefined;
  const [start, last, total] = parts.slice(1).map(numberOf);
  if (start === undefined || last === undefined) {
    return total === undefined ? undefined : { part: undefined, totalBytes: total };
  }
  if (last < start || (total !== undefined && last >= total)) return undefined;
  return { part: { start, last }, totalBytes: total };
}

/** A `Content-Length`; undefined where there is none to rely on. */
export function parseContentLength(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

function numberOf(digits: string | undefined): number | undefined {
  return digits === undefined ? undefined : Number(digits);
}
