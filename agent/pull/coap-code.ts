/** Codes and options of CoAP (RFC 7252) that several dialects have. */

export const JSON_FORMAT = { number: 12, value: Uint8Array.of(50) };

export function isCoapSuccess(code: number): boolean {
  return code >= 200 && code < 300;
}

/** As RFC 7252 writes it. */
export function codeText(code: number): string {
  return `${Math.floor(code / 100)}.${String(code % 100).padStart(2, "0")}`;
}
