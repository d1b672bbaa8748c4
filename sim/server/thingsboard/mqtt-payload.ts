import { parseTelemetry } from "./telemetry-json.ts";

const INT32_MAX = 2_147_483_647;

export function encodeJson(value: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value));
}

/** Keys of `{"sharedKeys":"a,b"}`, none for all of them; undefined for what is no such thing. */
export function readKeys(payload: Uint8Array): readonly string[] | undefined {
  const keys = parseTelemetry(payload, 0)?.find(({ key }) => key === "sharedKeys")?.value;
  if (keys === undefined) return parseTelemetry(payload, 0) === undefined ? undefined : [];
  return typeof keys === "string" ? keys.split(",") : undefined;
}

/** `Integer.parseInt`; 0 where nothing, or nothing above 0, is said. */
export function readChunkSize(payload: Uint8Array, isStrict: boolean): number | undefined {
  const text = new TextDecoder().decode(payload.subarray(0, 64));
  if (text === "") return 0;
  const digits = isStrict ? text : (/"chunkSize":\s*(\d{1,9})\}/.exec(text)?.[1] ?? text);
  if (!/^[+-]?\d{1,10}$/.test(digits)) return undefined;
  const value = Number(digits);
  return value > INT32_MAX ? undefined : Math.max(0, value);
}
