import { utcOfUnix } from "#sim/modem/utc.ts";

/** `2026-01-01T00:00:00.000Z`, for times from 1970 on. */
export function rfc3339(unixMs: number): string {
  const { year, month, day, hour, minute, second } = utcOfUnix(Math.floor(unixMs / 1000));
  const date = `${String(year).padStart(4, "0")}-${two(month)}-${two(day)}`;
  const ms = String(unixMs % 1000).padStart(3, "0");
  return `${date}T${two(hour)}:${two(minute)}:${two(second)}.${ms}Z`;
}

function two(value: number): string {
  return String(value).padStart(2, "0");
}
