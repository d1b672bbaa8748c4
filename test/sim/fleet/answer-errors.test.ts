import { describe, expect, test } from "vitest";
import type { DeviceEffect } from "#agent/events.ts";
import { withAnswerErrors } from "#sim/fleet/answer-errors.ts";
import { hex } from "../../hex.ts";

const ERRORS = { mcGroupSetup: 0x04, fragSessionSetup: 0x02, mcSession: 0x18, fragStatus: 0x01 };

function said(
  packages: "v1" | "v2",
  fPort: number,
  payload: string,
  answerErrors: Partial<typeof ERRORS> = ERRORS,
): string {
  const effect = { type: "uplink", fPort, payload: hex(payload), confirmed: false } as const;
  const { payload: bytes } = withAnswerErrors(effect, { answerErrors, packages });
  expect(effect.payload).toEqual(hex(payload));
  return Buffer.from(bytes).toString("hex");
}

describe.each(["v1", "v2"] as const)("%s", (packages) => {
  test.each([
    ["McGroupSetupAns", 200, "02 00", "0204"],
    ["McGroupSetupAns of group 3", 200, "02 03", "0207"],
    ["McClassCSessionAns", 200, "04 00 2c 01 00", "04182c0100"],
    ["McClassBSessionAns", 200, "05 00 2c 01 00", "05182c0100"],
    ["FragSessionSetupAns", 201, "02 00", "0202"],
  ])("%s", (_, fPort, payload, expected) => {
    expect(said(packages, fPort, payload)).toBe(expected);
    expect(said(packages, fPort, payload, {})).toBe(payload.replaceAll(" ", ""));
  });

  test.each([
    ["nothing", 200, ""],
    ["McGroupStatusAns", 200, "01 00"],
    ["a clock request", 202, "02 00"],
    ["an application's", 1, "02 00"],
  ])("%s is no answer that a campaign waits for", (_, fPort, payload) => {
    expect(said(packages, fPort, payload)).toBe(payload.replaceAll(" ", ""));
  });
});

test("FragSessionStatusAns has its status behind the counts in v1, and before them in v2", () => {
  expect(said("v1", 201, "01 0d 00 00 00")).toBe("010d000001");
  expect(said("v2", 201, "01 00 0d 00 00")).toBe("01010d0000");
});

test("other effects stay what they are", () => {
  const effect: DeviceEffect = { type: "join" };
  expect(withAnswerErrors(effect, { answerErrors: ERRORS, packages: "v1" })).toBe(effect);
});
