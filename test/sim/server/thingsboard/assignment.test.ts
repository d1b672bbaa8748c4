import { expect, test } from "vitest";
import { packageOf, StandIn } from "./stand-in.ts";

/* Who is told of what, and when. */

const [one, two] = [packageOf(), packageOf({ id: "2", version: "3.0.0", tag: "beta" })];

test("booked at once, told in its turn", () => {
  const standIn = new StandIn();
  standIn.server.addDevice("d2", "U");
  standIn.server.assignToProfile("default", "fw", two);
  expect(standIn.telemetry("fw_state")).toBe("QUEUED");
  expect(standIn.telemetry("target_fw_version")).toBe("3.0.0");
  expect(standIn.telemetry("target_fw_tag")).toBe("beta");
  expect(standIn.device.shared.size).toBe(0);
  standIn.wait(0.1);
  expect(standIn.telemetry("fw_state")).toBe("INITIATED");
  expect(standIn.device.shared.get("fw_tag")).toBe("beta");
  const other = standIn.server.deviceOf("U");
  expect(other?.shared.size).toBe(0);
  standIn.wait(0.6);
  expect(other?.shared.get("fw_version")).toBe("3.0.0");
});

test("a device's own package goes before its profile's, which comes back without it", () => {
  const standIn = new StandIn();
  const version = () => standIn.device.shared.get("fw_version");
  standIn.server.assignToDevice(standIn.device, "fw", one);
  standIn.wait(1);
  standIn.server.assignToProfile("default", "fw", two);
  standIn.wait(1);
  expect(version()).toBe("2.0.0");
  standIn.server.assignToDevice(standIn.device, "fw", undefined);
  standIn.wait(1);
  expect(version()).toBe("3.0.0");
  standIn.server.assignToProfile("default", "fw", undefined);
  expect(version()).toBeUndefined();
});

test("what is not assigned any more when its turn comes is not told", () => {
  const standIn = new StandIn();
  standIn.server.assignToDevice(standIn.device, "fw", one);
  standIn.server.assignToDevice(standIn.device, "fw", undefined);
  standIn.wait(10);
  expect(standIn.device.shared.size).toBe(0);
  expect(standIn.telemetry("fw_state")).toBe("QUEUED");
});

test("firmware and software are apart; other profiles too; a new device gets its profile's", () => {
  const standIn = new StandIn();
  standIn.server.assignToProfile("default", "sw", packageOf({ kind: "sw" }));
  standIn.server.assignToProfile("other", "fw", one);
  const late = standIn.server.addDevice("late", "L", "other");
  standIn.wait(10);
  expect([...standIn.device.shared.keys()].every((key) => key.startsWith("sw_"))).toBe(true);
  expect(late.shared.get("fw_title")).toBe("fw");
  expect(() => standIn.server.addDevice("again", "L")).toThrow(RangeError);
});
