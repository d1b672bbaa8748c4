import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { RadioEvent, RadioRequest } from "#hal/radio-port.ts";

/** A radio in a network: what the contract asks, and what the network sees. */
export interface RadioRig {
  perform(request: RadioRequest): void;
  /** Copies, in order. */
  readonly events: readonly RadioEvent[];
  /** Answers the next offers, one each. */
  readonly toSend: { fPort: number; payload: Uint8Array; confirmed: boolean }[];
  /** Application uplinks at the server, as `port hex`. */
  readonly uplinks: readonly string[];
  /** Lets time pass until it is so; fails after a while. */
  until(isSo: () => boolean): Promise<void>;
  /** Lets so much of the radio's time pass. */
  pass(seconds: number): Promise<void>;
  /** For the next class A downlink. */
  enqueue(fPort: number, payload: Uint8Array): Promise<void>;
  /** On the air now, for the group of {@link groupOf}, where RX2 is. */
  multicast(fCnt: number, fPort: number, payload: Uint8Array): void;
  close(): Promise<void>;
  /** Where class C is; else RX2 of EU868. */
  readonly tuning?: { readonly frequencyHz: number; readonly dr: number };
  /** Whoever's it is: what it hears is not known, and what it sends not ours to say. */
  readonly isNetworkForeign?: true;
}

const bytes = (text: string) => new Uint8Array(Buffer.from(text, "hex"));
export const GROUP_KEYS = {
  mcAddr: 0x11223344,
  nwkSKey: "11223344556677881122334455667788",
  appSKey: "99aabbccddeeff0099aabbccddeeff00",
};

const group = (groupId: number, nextMcFCnt: number) =>
  ({
    type: "setMcGroup",
    groupId,
    mcAddr: GROUP_KEYS.mcAddr,
    mcNwkSKey: bytes(GROUP_KEYS.nwkSKey),
    mcAppSKey: bytes(GROUP_KEYS.appSKey),
    minMcFCnt: 0,
    maxMcFCnt: 0xffff,
    nextMcFCnt,
  }) as const;
const RX2 = { frequencyHz: 869_525_000, dr: 0 };
const window = (groupId: number, tuning = RX2) =>
  ({ type: "startClassC", groupId, ...tuning }) as const;

/** What an agent may expect of every radio. `isPatient`: several things in one test, for slow rigs. */
export function radioContract(name: string, makeRig: () => Promise<RadioRig>): void {
  describe(`radio: ${name}`, () => {
    const withRig = (title: string, run: (rig: RadioRig) => Promise<void>) =>
      test(title, async () => {
        const rig = await makeRig();
        try {
          await run(rig);
        } finally {
          await rig.close();
        }
      });
    for (const [title, run] of Object.entries(cases)) withRig(title, run);
  });
}

/** The whole contract on one rig, one thing after the other. */
export async function wholeContract(rig: RadioRig): Promise<void> {
  for (const run of Object.values(cases)) await run(rig);
}

/** As much of it as there is in a network of somebody else's, a test each, on one rig. */
export function contractInForeignNetwork(name: string, makeRig: () => Promise<RadioRig>): void {
  describe(`radio: ${name}`, () => {
    let rig: RadioRig | undefined;
    beforeAll(async () => {
      rig = await makeRig();
    });
    afterAll(() => rig?.close());
    for (const [title, run] of Object.entries(cases)) {
      if (NEED_OUR_NETWORK.includes(title)) continue;
      test(title, async () => {
        if (rig === undefined) throw new RangeError("no rig");
        await run(rig);
      });
    }
  });
}

const typesOf = (events: readonly RadioEvent[]) => events.map(({ type }) => type);
const count = (rig: RadioRig, type: RadioEvent["type"]) =>
  rig.events.filter((event) => event.type === type).length;

async function join(rig: RadioRig): Promise<void> {
  const before = count(rig, "joined");
  rig.perform({ type: "join" });
  expect(count(rig, "joined")).toBe(before);
  await rig.until(() => count(rig, "joined") > before);
}

/** One uplink; the events from its offer to its end. */
async function exchange(
  rig: RadioRig,
  hex: string,
  options: { fPort?: number; confirmed?: boolean } = {},
): Promise<readonly RadioEvent[]> {
  const { fPort = 10, confirmed = false } = options;
  const from = rig.events.length;
  const done = count(rig, "uplinkDone");
  rig.toSend.push({ fPort, payload: bytes(hex), confirmed });
  rig.perform({ type: "requestUplink" });
  expect(rig.events).toHaveLength(from);
  await rig.until(() => count(rig, "uplinkDone") > done);
  return rig.events.slice(from);
}

const DOWNLINK = "a class A downlink comes before the end of the exchange";
const MULTICAST = "a group is heard while its window is open, with rising counters";
const NEED_OUR_NETWORK = [DOWNLINK, MULTICAST];

const cases: Readonly<Record<string, (rig: RadioRig) => Promise<void>>> = {
  "joins, and says so again when it is asked again": async (rig) => {
    await join(rig);
    await join(rig);
    await rig.pass(2);
  },

  "offers one uplink for any number of requests, and sends it whole": async (rig) => {
    await join(rig);
    rig.perform({ type: "requestUplink" });
    const events = await exchange(rig, "00112233445566778899");
    expect(typesOf(events)).toEqual(["uplinkReady", "uplinkDone"]);
    const [offer] = events;
    expect(offer?.type === "uplinkReady" && offer.payloadMaxBytes).toBeGreaterThanOrEqual(36);
    if (rig.isNetworkForeign) return;
    expect(rig.uplinks.at(-1)).toBe("10 00112233445566778899");
  },

  "an uplink that nobody offered is a bug": async (rig) => {
    const payload = bytes("00");
    const uplink = { type: "uplink", fPort: 1, payload, confirmed: false } as const;
    expect(() => rig.perform(uplink)).toThrow(RangeError);
  },

  [DOWNLINK]: async (rig) => {
    await join(rig);
    await rig.enqueue(202, bytes("0102ff"));
    const events = await exchange(rig, "01");
    expect(typesOf(events)).toEqual(["uplinkReady", "downlink", "uplinkDone"]);
    expect(events[1]).toMatchObject({ fPort: 202, source: { type: "unicast" } });
    expect(events[1]?.type === "downlink" && [...events[1].payload]).toEqual([1, 2, 255]);
  },

  "an acknowledgement is contact": async (rig) => {
    await join(rig);
    const events = await exchange(rig, "02", { confirmed: true });
    expect(typesOf(events)).toEqual(["uplinkReady", "contact", "uplinkDone"]);
  },

  [MULTICAST]: async (rig) => {
    await join(rig);
    rig.perform(group(2, 7));
    await rig.pass(1);
    const from = rig.events.length;
    const heard = () => rig.events.slice(from).filter(({ type }) => type === "downlink");
    rig.perform(window(2));
    await rig.pass(3);
    for (const fCnt of [7, 8, 12]) {
      rig.multicast(fCnt, 201, bytes(`08${fCnt.toString(16).padStart(2, "0")}`));
      await rig.pass(4);
    }
    await rig.until(() => heard().length === 3);
    const frames = heard().map((event) => event.type === "downlink" && event);
    expect(frames.map((one) => one && [...one.payload])).toEqual([
      [8, 7],
      [8, 8],
      [8, 12],
    ]);
    const sources = frames.flatMap((one) =>
      one && one.source.type === "multicast" ? [one.source] : [],
    );
    expect(sources.map(({ groupId }) => groupId)).toEqual([2, 2, 2]);
    const fCnts = sources.map(({ fCnt }) => fCnt);
    expect(fCnts.every((fCnt, index) => fCnt > (fCnts[index - 1] ?? 6))).toBe(true);
    expect(fCnts.every((fCnt, index) => fCnt <= ([7, 8, 12][index] ?? 0))).toBe(true);

    rig.perform({ type: "stopClassC", groupId: 2 });
    await rig.pass(3);
    rig.multicast(13, 201, bytes("080d"));
    await rig.pass(4);
    expect(heard()).toHaveLength(3);
    rig.perform({ type: "deleteMcGroup", groupId: 2 });
    await rig.pass(3);
  },

  "uplinks go on during a session": async (rig) => {
    await join(rig);
    rig.perform(group(0, 20));
    rig.perform(window(0, rig.tuning));
    await rig.pass(3);
    const events = await exchange(rig, "03");
    expect(typesOf(events)).toEqual(["uplinkReady", "uplinkDone"]);
    if (!rig.isNetworkForeign) {
      rig.multicast(20, 201, bytes("0814"));
      await rig.pass(4);
      await rig.until(() =>
        rig.events.some((event) => event.type === "downlink" && event.payload[1] === 20),
      );
    }
    rig.perform({ type: "stopClassC", groupId: 0 });
    rig.perform({ type: "deleteMcGroup", groupId: 0 });
    await rig.pass(3);
  },

  "a group that was never set up has no window": async (rig) => {
    expect(() => rig.perform(window(3))).toThrow(RangeError);
    expect(() => rig.perform(group(4, 0))).toThrow(RangeError);
  },
};
