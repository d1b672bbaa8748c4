import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { ProfileName } from "#sim/modem/profiles.ts";
import { IDENTITY } from "../../contract/radio/frames.ts";
import { GROUP_KEYS } from "../../contract/radio.contract.ts";
import { LinkRig } from "./link-rig.ts";

/** What befalls a modem in a session, and that the session goes on. */

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test("nothing befalls it: no gap, no reset, no second join", async () => {
  const rig = new LinkRig();
  await rig.inSession();
  await rig.fragment(1);
  await rig.pass(300);
  await rig.fragment(2);
  expect(rig.fragments).toEqual([1, 2]);
  expect([rig.joins, rig.hardResets, rig.gaps()]).toEqual([1, 0, []]);
  expect(rig.said).toEqual(["modem rui3 RUI_4.2.1_RAK3172-E on memory", "joined"]);
});

describe("a modem that is in a session already", () => {
  const zeros = (bytes: number) => "00".repeat(bytes);
  test.each<[ProfileName, string, string, number]>([
    ["rui4_2", "its own", "", 0],
    ["rui4_2", "another key's", `AT+APPKEY=${zeros(16)}`, 1],
    ["rui4_2", "another band's", "AT+BAND=5", 1],
    ["legacy104", "another DevEUI's", `AT+DEVEUI=${zeros(8)}`, 1],
    ["e5", "its own", "", 0],
    ["e5", "another JoinEUI's", `AT+ID=AppEui,"${zeros(8)}"`, 1],
    ["classic", "its own", "", 0],
    ["classic", "another key's", `at+set_config=lora:app_key:${zeros(16)}`, 1],
  ])("%s, %s: it joins anew unless it is its own", async (profile, _, command, joins) => {
    const rig = new LinkRig({ profile });
    const join = { e5: "AT+MODE=LWOTAA\r\nAT+JOIN", classic: "at+join" };
    const begin = profile === "e5" || profile === "classic" ? join[profile] : "AT+JOIN=1:0:8:0";
    rig.lab.modem.receive(Buffer.from(`${begin}\r\n`));
    await rig.pass(10);
    rig.lab.modem.receive(Buffer.from(`${command}\r\n`));
    await rig.inSession();
    // LoRa-E5 says so only when it is told to join.
    const asked = profile === "e5" ? (rig.heard.match(/JOIN=FORCE/g) ?? []).length : rig.joinsAsked;
    expect(asked).toBe(joins);
    expect(rig.joins).toBe(1);
  });
});

describe("unplugged", () => {
  test("and plugged in again, still powered: what comes while it is looked at is not lost", async () => {
    const rig = new LinkRig();
    await rig.inSession();
    await rig.fragment(1);
    rig.unplug();
    rig.isPlugged = true;
    // On the air for 1.2 s, while the port is opened and the modem is asked who it is.
    rig.broadcast(2);
    await rig.pass(20);
    await rig.fragment(3);
    expect(rig.fragments).toEqual([1, 2, 3]);
    expect(rig.joinsAsked).toBe(1);
    expect(rig.gaps()).toEqual([expect.stringMatching(/^gap of \d+\.\d s, .*was it unplugged/)]);
    // The group that it holds is right: taken from it, it would miss what is on the air.
    expect(rig.heard.match(/AT\+ADDMULC/g)).toHaveLength(1);
  });

  test("while a downlink is on the line: it is put together, whoever got its beginning", async () => {
    // As at 300 baud, where it is easy to hit.
    const line = (bytes: Uint8Array) => {
      if (!Buffer.from(bytes).includes("+EVT:RX_C")) return [{ bytes, afterMs: 0 }];
      return Array.from(bytes, (byte) => ({ bytes: Uint8Array.of(byte), afterMs: 30 }));
    };
    for (let afterMs = 0; afterMs <= 120; afterMs += 20) {
      const rig = new LinkRig({ line });
      await rig.inSession();
      rig.broadcast(1);
      await rig.pass(afterMs / 1000);
      rig.unplug();
      rig.isPlugged = true;
      await rig.pass(20);
      expect([afterMs, rig.fragments]).toEqual([afterMs, [1]]);
    }
  });

  test("for long: it is waited for, longer each time, and said once", async () => {
    const rig = new LinkRig();
    await rig.inSession();
    rig.unplug();
    await rig.pass(200);
    rig.isPlugged = true;
    expect(await rig.firstHeardFrom(1)).toBeGreaterThan(0);
    expect(rig.said.filter((text) => text === "memory: no such port")).toHaveLength(1);
    expect(rig.gaps()).toHaveLength(1);
  });

  test("another modem in its place is left alone, in one line", async () => {
    const rig = new LinkRig();
    await rig.inSession();
    const ours = rig.lab;
    rig.unplug();
    rig.lab = rig.newLab({ ...IDENTITY, devEui: new Uint8Array(8).fill(0xab) });
    rig.isPlugged = true;
    rig.heard = "";
    await rig.pass(60);
    const other = rig.said.filter((text) => text.includes("another modem"));
    expect(other).toEqual([
      "memory has another modem now, UID ABABABABABABABAB4D4F444D, DevEUI ABABABABABABABAB: it is left alone",
    ]);
    expect(rig.heard).not.toMatch(/=[^?]/);
    rig.lab = ours;
    await rig.until(() => rig.gaps().length === 1);
  });
});

describe("a modem that restarts", () => {
  test("says so: joined again, and the gap is told", async () => {
    const rig = new LinkRig();
    await rig.inSession();
    rig.lab.modem.receive(Buffer.from("ATZ\r\n"));
    await rig.until(() => rig.gaps().length === 1);
    await rig.fragment(1);
    expect(rig.fragments).toEqual([1]);
    expect(rig.gaps()).toEqual([expect.stringContaining("it restarted")]);
    expect(rig.joinsAsked).toBe(2);
  });

  test.each(["rui4_2", "e5"] as const)(
    "%s says nothing: found out all the same",
    async (profile) => {
      const rig = new LinkRig({ profile, troubles: { saysNoBanner: true } });
      await rig.inSession();
      rig.lab.modem.powerCut();
      await rig.until(() => rig.joins === 2, 120);
      await rig.pass(5);
      await rig.fragment(1);
      expect(rig.fragments).toEqual([1]);
      expect(rig.gaps()).toHaveLength(1);
    },
  );

  test("with its settings gone: EUIs, key, class, group are told anew, and no key is said", async () => {
    const rig = new LinkRig({ troubles: { forgetsSettings: true } });
    await rig.inSession();
    rig.heard = "";
    rig.lab.modem.powerCut();
    await rig.until(() => rig.joins === 2);
    await rig.pass(5);
    await rig.fragment(1);
    expect(rig.fragments).toEqual([1]);
    expect(rig.heard).toMatch(/AT\+DEVEUI=0080E1.*AT\+APPKEY=2B7E.*AT\+ADDMULC=C:11223344.*/s);
    for (const key of [GROUP_KEYS.nwkSKey, "2b7e151628aed2a6abf7158809cf4f3c"]) {
      expect(rig.said.join("\n").toLowerCase()).not.toContain(key);
    }
  });
});

describe("a modem that hears and says nothing any more", () => {
  test("is asked, reopened, reset by command, then by hand", async () => {
    const rig = new LinkRig({ troubles: { uartDiesAfterS: 100 } });
    await rig.inSession();
    await rig.until(() => rig.hardResets === 1);
    expect(rig.heard).toContain("ATZ");
    expect(await rig.firstHeardFrom(1)).toBeGreaterThan(0);
    expect(rig.gaps()[0]).toMatch(
      /does not answer, its port was opened anew, it was reset by command, it was reset by hand$/,
    );
  });

  test("without a reset pin it is looked for until somebody does it", async () => {
    const rig = new LinkRig({ troubles: { uartDiesAfterS: 3000 }, hasResetPin: false });
    await rig.inSession();
    await rig.pass(3600);
    expect(rig.heard.match(/^ATZ/gm)?.length).toBe(2);
    rig.lab.modem.powerCut();
    await rig.until(() => rig.gaps().length === 1);
    expect(rig.failures).toEqual([]);
  });
});
