import fc from "fast-check";
import { expect, test } from "vitest";
import type { LorawanRevision } from "#scenarios/lorawan.ts";
import type { AirUplink } from "#sim/air/frames.ts";
import { newMacNvm } from "#sim/mac/end-device.ts";
import type { SessionKeys } from "#sim/mac/session-keys.ts";
import { hex } from "../../hex.ts";
import { bigEndian, buffer, loraPacket, plain } from "./lora-packet.ts";
import { Network } from "./network.ts";
import { openUplink, type PeerDownlink, type PeerSession, sealDownlink } from "./peer.ts";

/*
 * The MAC against lora-packet alone: nothing that our own codec made is taken for granted. A story is a
 * join or a session of its own, then uplinks with their answers, from any frame counters on.
 */

const DEV_STATUS_REQ = 0x06;
const DEV_STATUS_ANS = hex("06 ff 0a");
const REKEY_IND = hex("0b 01");
const RESET_IND = hex("01 01");

const bytes = (maxLength: number) => fc.uint8Array({ minLength: 1, maxLength });
/** Zero, and close to where 16 bits run over, and anywhere. */
const counter = fc.oneof(
  fc.constantFrom(0, 0xfffe, 0xffff, 0x1_0000, 0x1_fffe, 0x7fff_fffe),
  fc.nat(0xfff0_0000),
);
const downlink = fc.record({
  confirmed: fc.boolean(),
  /** How many counters the server has used up in vain. */
  skipped: fc.constantFrom(0, 0, 1, 300, 16_000),
  statusRequests: fc.nat(3),
  content: fc.constantFrom("application", "port 0", "none"),
  fPort: fc.integer({ min: 1, max: 223 }),
  payload: bytes(51),
  window: fc.constantFrom("rx1", "rx2"),
});
const exchange = fc.record({
  fPort: fc.integer({ min: 1, max: 223 }),
  payload: bytes(100),
  confirmed: fc.boolean(),
  answer: fc.option(downlink, { nil: undefined, freq: 3 }),
});
const story = fc.record({
  lorawan: fc.constantFrom<LorawanRevision[]>("1.0.2", "1.0.3", "1.0.4", "1.1"),
  isAbp: fc.boolean(),
  seed: fc.nat(1000),
  devAddr: fc.nat(0xffff_ffff),
  joinNonce: fc.nat(0xff_ffff),
  counters: fc.record({ up: counter, down: counter, application: counter }),
  exchanges: fc.array(exchange, { minLength: 1, maxLength: 5 }),
});
type Story = typeof story extends fc.Arbitrary<infer T> ? T : never;
type Answer = NonNullable<Story["exchanges"][number]["answer"]>;

const sessionKey = (fill: number) => Uint8Array.from({ length: 16 }, (_, at) => fill + 3 * at);
function ownKeys(lorawan: LorawanRevision): SessionKeys {
  const [appSKey, fNwkSIntKey] = [sessionKey(1), sessionKey(2)];
  if (lorawan !== "1.1") return { lorawan: "1.0", nwkSKey: fNwkSIntKey, appSKey };
  const [sNwkSIntKey, nwkSEncKey] = [sessionKey(3), sessionKey(4)];
  return { lorawan, fNwkSIntKey, sNwkSIntKey, nwkSEncKey, appSKey };
}

/** A device in a session, and what the peer knows of it. */
function begin({ lorawan, isAbp, seed, devAddr, joinNonce }: Story) {
  if (isAbp) {
    const session: PeerSession = { devAddr, keys: ownKeys(lorawan) };
    const network = new Network({ lorawan, seed, abp: session });
    network.mac.perform({ type: "join" });
    network.run(11);
    return { network, session };
  }
  const nvm = { ...newMacNvm(), devNonce: seed };
  const network = new Network({ lorawan, seed, nvm });
  let keys: SessionKeys | undefined;
  network.onUplink = (uplink) => {
    keys = acceptByPeer(network, uplink, lorawan, devAddr, joinNonce);
  };
  network.mac.perform({ type: "join" });
  network.run(60);
  network.onUplink = () => {};
  network.air.splice(0);
  if (keys === undefined) throw new Error("no join request");
  return { network, session: { devAddr, keys } };
}

/** Checks a join request, answers it, and derives the keys: all by lora-packet. */
function acceptByPeer(
  network: Network,
  uplink: AirUplink,
  lorawan: LorawanRevision,
  devAddr: number,
  joinNonce: number,
): SessionKeys {
  const { joinEui, devEui, appKey, nwkKey } = network;
  const request = loraPacket.fromWire(buffer(uplink.phyPayload));
  expect(request.isJoinRequestMessage()).toBe(true);
  expect(loraPacket.verifyMIC(request, undefined, buffer(nwkKey))).toBe(true);
  expect([plain(request.JoinEUI), plain(request.DevEUI)]).toEqual([joinEui, devEui]);
  const devNonce = buffer(plain(request.DevNonce));
  const nonce = bigEndian(joinNonce, 3);
  const is11 = lorawan === "1.1";
  const { JSIntKey } = loraPacket.generateJSKeys(buffer(nwkKey), buffer(devEui));
  const accept = loraPacket.fromFields(
    {
      MType: "Join Accept",
      AppNonce: nonce,
      NetID: bigEndian(0x13, 3),
      DevAddr: bigEndian(devAddr, 4),
      DLSettings: is11 ? 0x80 : 0,
      RxDelay: 1,
      CFList: Buffer.alloc(0),
      AppEUI: buffer(joinEui),
      DevNonce: devNonce,
    },
    undefined,
    JSIntKey,
    buffer(nwkKey),
  );
  network.answer(uplink, plain(accept.PHYPayload), { delayUs: 5_000_000 });
  if (!is11) {
    const keys = loraPacket.generateSessionKeys10(
      buffer(appKey),
      bigEndian(0x13, 3),
      nonce,
      devNonce,
    );
    return { lorawan: "1.0", nwkSKey: plain(keys.NwkSKey), appSKey: plain(keys.AppSKey) };
  }
  const keys = loraPacket.generateSessionKeys11(
    buffer(appKey),
    buffer(nwkKey),
    buffer(joinEui),
    nonce,
    devNonce,
  );
  return {
    lorawan: "1.1",
    fNwkSIntKey: plain(keys.FNwkSIntKey),
    sNwkSIntKey: plain(keys.SNwkSIntKey),
    nwkSEncKey: plain(keys.NwkSEncKey),
    appSKey: plain(keys.AppSKey),
  };
}

function contentOf({ content, fPort, payload, statusRequests }: Answer): Partial<PeerDownlink> {
  const requests = new Uint8Array(statusRequests).fill(DEV_STATUS_REQ);
  if (content === "port 0" && statusRequests > 0) return { fPort: 0, payload: requests };
  return content === "application" ? { fPort, payload, fOpts: requests } : { fOpts: requests };
}

const joined = (parts: readonly Uint8Array[]) =>
  Uint8Array.from(parts.flatMap((part) => [...part]));

function tell(told: Story): void {
  const { network, session } = begin(told);
  const { nvm } = network;
  if (nvm.session === undefined) throw new Error("no session");
  expect(nvm.session.keys).toEqual(session.keys);
  const next = { ...told.counters };
  Object.assign(nvm.session, {
    fCntUp: next.up,
    nFCntDown: next.down,
    aFCntDown: next.application,
  });
  const is11 = session.keys.lorawan === "1.1";
  const indication = is11 ? [told.isAbp ? RESET_IND : REKEY_IND] : [];
  let statusAnswers = 0;
  /** Counter of a confirmed downlink that is to be acknowledged. */
  let acknowledged: number | undefined;

  for (const { fPort, payload, confirmed, answer } of told.exchanges) {
    const before = network.events.length;
    network.air.splice(0);
    const fCntUp = next.up++;
    let taken: number | undefined;
    network.onUplink = (uplink) => {
      if (answer === undefined) return;
      const isApplication = is11 && answer.content === "application";
      const which = isApplication ? "application" : "down";
      next[which] += answer.skipped;
      taken = next[which]++;
      const fields = { confirmed: answer.confirmed, ack: confirmed, ...contentOf(answer) };
      const { window } = answer;
      network.answer(uplink, sealDownlink(fields, session, taken, fCntUp), { window });
    };
    network.exchange(payload, { fPort, confirmed });

    expect(network.air.length).toBeGreaterThan(0);
    for (const uplink of network.air) {
      expect(openUplink(uplink, session, fCntUp, acknowledged ?? 0)).toEqual({
        fPort,
        payload,
        fOpts: joined([...indication, ...new Array(statusAnswers).fill(DEV_STATUS_ANS)]),
        ack: acknowledged !== undefined,
        isConfirmed: confirmed,
      });
    }
    const heard = network.events
      .slice(before)
      .filter(({ type }) => type === "downlink" || type === "contact");
    expect(heard.length).toBe(answer === undefined ? 0 : 1);
    if (answer?.content === "application") {
      expect(heard).toMatchObject([{ fPort: answer.fPort, payload: answer.payload }]);
    }
    statusAnswers = answer?.statusRequests ?? 0;
    acknowledged = answer?.confirmed === true ? taken : undefined;
  }
}

test("what the device sends, lora-packet opens; what lora-packet sends, the device takes", () => {
  fc.assert(fc.property(story, tell), { numRuns: 150, seed: 1 });
});

test.each(["1.0.3", "1.1"] as const)("%s: MAC commands in two places are in none", (lorawan) => {
  const session = { devAddr: 0x0101_0101, keys: ownKeys(lorawan) };
  const network = new Network({ lorawan, abp: session });
  network.mac.perform({ type: "join" });
  network.run(11);
  const fields = { confirmed: true, ack: false, fPort: 0, payload: hex("06"), fOpts: hex("06") };
  network.onUplink = (uplink) => network.answer(uplink, sealDownlink(fields, session, 0, 0));
  network.exchange(hex("00"));
  network.exchange(hex("00"));
  expect(network.count("contact")).toBe(0);
  expect(network.nvm.session?.nFCntDown).toBe(0);
  const { ack, fOpts } = openUplink(network.lastUplink(), session, 1, 0);
  expect(ack).toBe(false);
  expect(fOpts).toEqual(lorawan === "1.1" ? RESET_IND : hex(""));
});
