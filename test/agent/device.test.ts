import { describe, expect, test } from "vitest";
import { FragServer } from "./frag-server.ts";
import { imageOf, TestDevice, type TestOptions } from "./test-device.ts";

const update = imageOf("2.0.0", 2, 120);
const FRAG_PORT = 201;

/** Sets a session up by unicast and sends every fragment but the lost ones, then parity. */
function transfer(device: TestDevice, server: FragServer, lost: readonly number[] = []): void {
  device.downlink(FRAG_PORT, server.setup());
  for (let n = 1; n <= server.nbFrag + 12; n++) {
    if (!lost.includes(n)) device.downlink(FRAG_PORT, server.fragment(n));
  }
}

function started(options: TestOptions = {}): TestDevice {
  const device = new TestDevice(options);
  device.powerOn();
  return device;
}

describe("a whole update", () => {
  test.each([1, 2] as const)(
    "TS004 v%i: received, repaired, verified, booted, confirmed",
    (version) => {
      const parityVariant = version === 1 ? "ts004-v1" : "ts004-v2-lbm";
      const packages = { clockSync: version, multicastSetup: version, fragmentation: version };
      const device = started({ config: { packages, parityVariant } });
      const server = new FragServer({ version, data: update, fragSize: 20 });
      transfer(device, server, [2, 5, 6]);
      expect(device.notes.map(({ type }) => type)).toEqual([
        "booted",
        "fragSetup",
        "fragComplete",
        "imageVerified",
        "staged",
      ]);
      expect(device.bank(1).subarray(0, update.length)).toEqual(update);
      expect(
        device
          .bank(1)
          .subarray(update.length)
          .every((byte) => byte === 0xff),
      ).toBe(true);
      expect(device.reboots).toBe(0);

      device.downlink(FRAG_PORT, server.statusReq());
      device.wait(20);
      expect(device.sent(FRAG_PORT).at(-1)?.payload.subarray(0, 2)).toEqual(
        version === 1
          ? Uint8Array.of(1, device.status === undefined ? 0 : 17)
          : Uint8Array.of(1, 0),
      );
      expect(device.effects.at(-1)).toEqual({ type: "reboot", reason: "activate" });

      device.powerOn();
      expect(device.decision).toMatchObject({ ok: true, bank: 1, trial: true });
      expect(device.uplinks.at(-1)?.confirmed).toBe(true);
      expect(device.boot.report().pending).toBe(1);
      device.send({ type: "contact", at: device.now, morePending: false });
      expect(device.boot.report()).toMatchObject({ active: 1, lastReason: "confirmed" });
      expect(device.timerAt("trialDeadline")).toBeUndefined();
      expect(device.status()).toMatchObject({
        running: { version: "2.0.0+0" },
        sessions: [{ missing: 0, state: "complete" }],
        lastFailure: undefined,
      });
      device.downlink(FRAG_PORT, server.statusReq());
      device.wait(20);
      expect(
        device
          .sent(FRAG_PORT)
          .at(-1)
          ?.payload.at(version === 1 ? 3 : 4),
      ).toBe(0);
    },
  );
});
