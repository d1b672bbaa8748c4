import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type MemoryRig, memoryRig } from "../../contract/radio/memory-rig.ts";
import { GROUP_KEYS } from "../../contract/radio.contract.ts";

/** What a modem may do to a session, and what the device sees of it. */

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const bytes = (text: string) => new Uint8Array(Buffer.from(text, "hex"));
const { mcAddr, nwkSKey, appSKey } = GROUP_KEYS;
const setGroup = {
  type: "setMcGroup",
  groupId: 1,
  mcAddr,
  mcNwkSKey: bytes(nwkSKey),
  mcAppSKey: bytes(appSKey),
  minMcFCnt: 0,
  maxMcFCnt: 0xffff,
  nextMcFCnt: 0,
} as const;
const window = { type: "startClassC", groupId: 1, frequencyHz: 869_525_000, dr: 0 } as const;

async function inSession(profile: "rui4_2" | "e5"): Promise<MemoryRig> {
  const rig = memoryRig(profile);
  rig.perform({ type: "join" });
  await rig.until(() => rig.events.some(({ type }) => type === "joined"));
  rig.perform(setGroup);
  rig.perform(window);
  await rig.pass(3);
  return rig;
}

const fragments = (rig: MemoryRig) =>
  rig.events.flatMap((event) =>
    event.type === "downlink" && event.source.type === "multicast" ? [event.payload[1]] : [],
  );
async function fragment(rig: MemoryRig, n: number): Promise<void> {
  rig.multicast(n, 201, Uint8Array.of(8, n));
  // Air time at DR0, and the gateway's duty cycle after it.
  await rig.pass(20);
}

describe("a modem that restarts in a session", () => {
  test.each(["rui4_2", "e5"] as const)("%s joins again and hears the rest", async (profile) => {
    const rig = await inSession(profile);
    await fragment(rig, 1);
    rig.lab.modem.receive(Buffer.from(profile === "e5" ? "AT+RESET\r\n" : "ATZ\r\n"));
    await rig.pass(1);
    await fragment(rig, 2);
    if (profile === "e5") {
      // It says nothing of it: the next uplink finds out.
      rig.toSend.push({ fPort: 1, payload: bytes("00"), confirmed: false });
      rig.perform({ type: "requestUplink" });
    }
    await rig.until(() => rig.events.filter(({ type }) => type === "joined").length === 2);
    await rig.pass(5);
    await fragment(rig, 3);
    expect(fragments(rig)).toEqual([1, 3]);
    expect(rig.ended).toEqual([]);
  });

  test("an uplink that was on its way is over", async () => {
    const rig = await inSession("rui4_2");
    rig.toSend.push({ fPort: 1, payload: bytes("00"), confirmed: false });
    rig.perform({ type: "requestUplink" });
    await rig.until(() => rig.heard.includes("AT+SEND"));
    rig.lab.modem.receive(Buffer.from("ATZ\r\n"));
    await rig.until(() => rig.events.some(({ type }) => type === "uplinkDone"));
  });
});

describe("a host that was too busy to read", () => {
  test("hears of an uplink and of its end at once: it is over at once", async () => {
    const rig = await inSession("rui4_2");
    for (const isHeld of [false, true]) {
      await rig.pass(10);
      await rig.enqueue(2, bytes("01"));
      rig.hold(isHeld);
      rig.toSend.push({ fPort: 1, payload: bytes("00"), confirmed: false });
      rig.perform({ type: "requestUplink" });
      await rig.pass(1.5);
      rig.hold(false);
      await rig.pass(1);
      const types = rig.events.slice(-3).map(({ type }) => type);
      expect(types).toEqual(["uplinkReady", "downlink", "uplinkDone"]);
    }
  });
});

test("an end that comes before the OK of an uplink is another one's", async () => {
  const rig = await inSession("rui4_2");
  await rig.pass(10);
  rig.toSend.push({ fPort: 1, payload: bytes("00"), confirmed: false });
  rig.perform({ type: "requestUplink" });
  await rig.until(() => rig.heard.includes("AT+SEND"));
  rig.inject("+EVT:TX_DONE\r\n");
  await rig.pass(1);
  expect(rig.events.at(-1)?.type).toBe("uplinkReady");
  await rig.until(() => rig.events.at(-1)?.type === "uplinkDone");
});

describe("a host that comes while the modem starts", () => {
  test.each(["legacy104", "rui3_2", "rui4_2", "classic"] as const)(
    "%s: its banner may come between any command and its reply, in any pieces",
    async (profile) => {
      for (let poweredMs = 0; poweredMs <= 500; poweredMs += 10) {
        const rig = memoryRig(profile, { bytesPerStep: 20 + (poweredMs % 47), poweredMs });
        rig.perform({ type: "join" });
        await rig.until(() => rig.ended.length > 0 || rig.events.length > 0);
        expect(rig.ended, `${poweredMs} ms`).toEqual([]);
        await rig.close();
      }
    },
  );
});

describe("what an earlier life left in the modem", () => {
  test("groups are removed, class C is ended", async () => {
    const rig = memoryRig("rui4_2");
    const old = `AT+ADDMULC=C:01020304:${nwkSKey}:${appSKey}\r\nAT+CLASS=C\r\n`;
    rig.lab.modem.receive(Buffer.from(old));
    await rig.pass(2);
    expect(rig.heard).toContain("AT+CLASS=A");
    expect(rig.heard).toContain("AT+RMVMULC=01020304");
  });

  test("the group of the session is added anew, with its tuning", async () => {
    const rig = memoryRig("rui4_2");
    const old = `AT+ADDMULC=C:11223344:${nwkSKey}:${appSKey}:868300000:5\r\n`;
    await rig.pass(1);
    rig.lab.modem.receive(Buffer.from(old));
    rig.perform({ type: "join" });
    await rig.until(() => rig.events.length > 0);
    rig.perform(setGroup);
    rig.perform(window);
    await rig.pass(3);
    await fragment(rig, 1);
    expect(fragments(rig)).toEqual([1]);
  });

  test("only what differs is set", async () => {
    const rig = memoryRig("rui4_2");
    await rig.pass(2);
    expect(rig.heard).not.toMatch(/AT\+(NWM|BAND|DEVEUI|APPKEY|NJM)=[^?]/);
    expect(rig.heard).toMatch(/AT\+DR=5/);
  });
});

describe("noise on the line", () => {
  test.each([
    ["4 KiB of it", "\u0001x".repeat(2048)],
    ["half a downlink", "+EVT:RX_C:-88:5:MULTI"],
    ["a downlink with odd hex", "\r\n+EVT:RX_C:-88:5:MULTICAST:201:080\r\n"],
    ["a downlink of another session", "\r\n+EVT:RX_9:-88:5:MULTICAST:201:0809\r\n"],
    ["an OK that nobody asked for", "\r\nOK\r\nOK\r\n"],
  ])("%s: the session goes on", async (_, noise) => {
    const rig = await inSession("rui4_2");
    rig.inject(noise);
    rig.inject("\r\n");
    await fragment(rig, 5);
    expect(fragments(rig)).toEqual([5]);
  });
});

test("a busy modem is asked again, and the frame goes out once", async () => {
  const rig = await inSession("rui4_2");
  rig.lab.modem.receive(Buffer.from("AT+SEND=99:aa\r\n"));
  rig.toSend.push({ fPort: 1, payload: bytes("00"), confirmed: false });
  rig.perform({ type: "requestUplink" });
  await rig.until(() => rig.uplinks.length >= 2);
  await rig.pass(10);
  expect(rig.uplinks).toEqual(["99 aa", "1 00"]);
});

test("what may be wrong with a join is said once, and that it worked", async () => {
  const rig = memoryRig("rui4_2");
  const said = () => rig.said.filter((text) => text.startsWith("join"));
  const appKey = (hex: string) => rig.lab.modem.receive(Buffer.from(`AT+APPKEY=${hex}\r\n`));
  await rig.pass(2);
  appKey("00".repeat(16));
  rig.perform({ type: "join" });
  await rig.until(() => said().length === 2);
  appKey("2b7e151628aed2a6abf7158809cf4f3c");
  await rig.until(() => rig.events.length > 0);
  expect(said()).toEqual([
    expect.stringMatching(/^join failed: RX_TIMEOUT; unless .* has these EUIs, this key/),
    "join failed: RX_TIMEOUT",
    "joined",
  ]);
});

test("no key is ever told to the operator", async () => {
  const rig = await inSession("rui4_2");
  rig.lab.modem.receive(Buffer.from("ATZ\r\n"));
  await rig.pass(30);
  expect(rig.said.length).toBeGreaterThan(0);
  for (const key of [nwkSKey, appSKey, "2b7e151628aed2a6abf7158809cf4f3c"]) {
    expect(rig.said.join("\n").toLowerCase()).not.toContain(key.toLowerCase());
  }
});

test("a radio whose modem is gone asks nothing more and says nothing more", async () => {
  const rig = await inSession("rui4_2");
  const { length } = rig.events;
  rig.radio.end();
  rig.perform({ type: "requestUplink" });
  rig.perform({ type: "stopClassC", groupId: 1 });
  rig.inject("+EVT:RX_C:-88:5:MULTICAST:201:0809\r\n");
  await rig.pass(30);
  expect(rig.events).toHaveLength(length);
});
