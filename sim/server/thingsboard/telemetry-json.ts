import type { TelemetryValue } from "./device.ts";

/** One value with its time. */
export interface Sample {
  readonly ts: number;
  readonly key: string;
  readonly value: TelemetryValue;
}

/**
 * Telemetry as devices post it: `{"k":v}`, `{"ts":ms,"values":{…}}`, or a list of those. Undefined
 * for anything else. What is no text, number or truth value is kept as its JSON.
 */
export function parseTelemetry(body: Uint8Array, nowUnixMs: number): Sample[] | undefined {
  const json = parseJson(body);
  const items = Array.isArray(json) ? json : [json];
  const samples: Sample[] = [];
  for (const item of items) {
    if (!isRecord(item)) return undefined;
    const { ts, values } = item;
    const isTimed = isRecord(values) && typeof ts === "number";
    for (const [key, value] of Object.entries(isTimed ? values : item)) {
      samples.push({ ts: isTimed ? ts : nowUnixMs, key, value: storable(value) });
    }
  }
  return samples;
}

/** What ThingsBoard says of a body that {@link parseTelemetry} does not take; of no JSON, its parser says more. */
export function telemetryProblem(body: Uint8Array): string {
  const json = parseJson(body);
  if (json === undefined) return "com.google.gson.stream.MalformedJsonException: not JSON";
  const items = Array.isArray(json) ? json : [json];
  return `Can't parse value: ${JSON.stringify(items.find((item) => !isRecord(item)))}`;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function storable(value: unknown): TelemetryValue {
  const isPlain = ["string", "number", "boolean"].includes(typeof value);
  return isPlain ? (value as TelemetryValue) : JSON.stringify(value);
}

function parseJson(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body));
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError) return undefined;
    throw error;
  }
}
