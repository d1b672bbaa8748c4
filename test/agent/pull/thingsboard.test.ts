import { describe, expect, test } from "vitest";
import type { Report } from "#agent/pull/report.ts";
import { telemetryOf } from "#agent/pull/thingsboard.ts";

/** What a report of it is as telemetry. */
function toldOf(change: Partial<Report>, kind: "fw" | "sw" = "fw") {
  const plain = { title: "app", version: "1.0.0", state: undefined, error: "", unixMs: 5 } as const;
  return JSON.parse(telemetryOf({ ...plain, ...change }, kind));
}

describe("a report as telemetry", () => {
  test("what runs, with its time, and no state", () => {
    expect(toldOf({})).toEqual({
      ts: 5,
      values: { current_fw_title: "app", current_fw_version: "1.0.0" },
    });
  });

  test("of software", () => {
    expect(toldOf({ state: "FAILED", error: "why", unixMs: 6 }, "sw")).toEqual({
      ts: 6,
      values: {
        current_sw_title: "app",
        current_sw_version: "1.0.0",
        sw_state: "FAILED",
        sw_error: "why",
      },
    });
  });

  test.each(["DOWNLOADING", "DOWNLOADED", "VERIFIED", "UPDATING", "UPDATED"] as const)(
    "%s takes back the error of the update before",
    (state) => {
      expect(toldOf({ state }).values).toMatchObject({ fw_state: state, fw_error: "" });
    },
  );

  test("an error has an end", () => {
    const { fw_error } = toldOf({ state: "FAILED", error: "x".repeat(5000) }).values;
    expect(fw_error).toBe("x".repeat(200));
  });
});
