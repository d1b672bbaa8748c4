import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { mcKEKey, mcRootKey, mcSessionKeys, wrapMcKey } from "#agent/keys/multicast.ts";
import { fragDownlinkV1 } from "#agent/packages/fragmentation.wire.ts";
import { mcDownlink } from "#agent/packages/multicast-setup.wire.ts";
import { NodeCrypto } from "#hal/node/crypto.ts";
import type { ModemTroubles } from "#scenarios/modem-schema.ts";
import { hexOf } from "#sim/modem/hex-text.ts";
import type { ProfileName } from "#sim/modem/profiles.ts";
import { hex } from "../../hex.ts";
import { GPS_AT_START, ModemBench } from "./modem-bench.ts";

/** RUI 5: FUOTA inside the modem, beside its AT firmware (RAK-STM32-RUI 5.0.0 with SUPPORT_FUOTA). */

const crypto = new NodeCrypto();
const APP_KEY = hex("2b 7e 15 16 28 ae d2 a6 ab f7 15 88 09 cf 4f 3c");
const MC_KEY = new Uint8Array(16).fill(7);
const MC_ADDR = 0x11223344;
const TUNING = { frequencyHz: 869_525_000, dr: 3 };
const FRAG_SIZE = 10;
const NB_FRAG = 4;

const serverKeys = mcSessionKeys(MC_KEY, MC_ADDR, crypto);
const GROUP_OF_SERVER = {
  mcAddr: MC_ADDR,
  nwkSKey: hexOf(serverKeys.mcNwkSKey),
  appSKey: hexOf(serverKeys.mcAppSKey),
};

const groupSetup = () => {
  const kek = mcKEKey(mcRootKey("1.0", APP_KEY, crypto), crypto);
  return mcDownlink.encode({
    name: "McGroupSetupReq",
    header: { mcGroupId: 0 },
    mcAddr: MC_ADDR,
    mcKeyEncrypted: wrapMcKey(kek, MC_KEY, crypto),
    minMcFCnt: 0,
    maxMcFCnt: 0xffff,
  });
};
const fragSetup = (fragSize = FRAG_SIZE, nbFrag = NB_FRAG) =>
  fragDownlinkV1.encode({
    name: "FragSessionSetupReq",
    session: { mcGroupBitMask: 1, fragIndex: 0 },
    nbFrag,
    fragSize,
    control: { blockAckDelay: 0, fragAlgo: 0 },
    padding: 0,
    descriptor: hex("00 00 00 00"),
  });

class OwnBench extends ModemBench {
  /** Of the session that was asked for last. */
  startGps = 0;

  constructor(profile: ProfileName = "rui5fuota", troubles: ModemTroubles = {}) {
    super(profile, "A", troubles);
    this.lab.modem.powerOn();
    this.tell("AT+DR=5", 2);
    expect(this.tell("AT+JOIN", 20)).toEqual(["OK", "+EVT:JOINED"]);
  }

  /** It is fetched by an uplink of the host; what the modem says, and what the server hears besides. */
  downlink(fPort: number, payload: Uint8Array, seconds = 40) {
    this.uplinks.splice(0);
    this.lab.server.enqueue(this.lab.device, fPort, payload);
    const said = this.tell("AT+SEND=10:00", seconds);
    return { said, heard: this.uplinks.filter((uplink) => uplink !== "10 00") };
  }

  get gps(): number {
    return this.lab.server.gpsAt(this.lab.engine.now);
  }

  session(inS: number, timeOut = 8): readonly string[] {
    this.startGps = this.gps + inS;
    const request = mcDownlink.encode({
      name: "McClassCSessionReq",
      header: { mcGroupId: 0 },
      sessionTime: this.startGps,
      param: { timeOut },
      dlFrequencyHz: TUNING.frequencyHz,
      dr: TUNING.dr,
    });
    return this.downlink(200, request).heard;
  }

  /** Everything set up; the session begins in a minute or so. */
  programmed(): this {
    this.downlink(200, groupSetup());
    this.downlink(201, fragSetup());
    expect(this.session(100)[0]).toMatch(/^200 0400[0-9a-f]{2}0000$/);
    return this;
  }

  /** Until the modem is so far from the start of its session, in seconds. */
  untilStart(inS: number): void {
    const atUs = (this.startGps - GPS_AT_START - inS) * 1e6;
    this.lab.engine.advance(Math.max(this.lab.engine.now, atUs));
    this.said = "";
  }

  fragment(n: number): void {
    const data = Uint8Array.of(8, n, 0, ...new Uint8Array(FRAG_SIZE).fill(n));
    this.multicast(n, 201, data, TUNING, GROUP_OF_SERVER);
    this.#heard.push(...this.wait(10).filter((line) => line.includes(":MULTICAST:201:08")));
  }

  readonly #heard: string[] = [];

  /** By the host. */
  get heardFragments(): number {
    return this.#heard.length;
  }
}

describe("it answers what it has told its host", () => {
  test.each([
    ["TS003 version", 202, hex("00"), ["202 000101"]],
    ["TS003 periodicity: not supported", 202, hex("02 05"), [/^202 0201[0-9a-f]{8}$/]],
    ["TS004 version", 201, hex("00"), ["201 000301"]],
    ["TS004 set-up", 201, fragSetup(), ["201 0200"]],
    ["TS004 set-up of more than 200 bytes a fragment", 201, fragSetup(201), ["201 0202"]],
    ["TS004 set-up of more than 4000 fragments", 201, fragSetup(10, 4001), ["201 0202"]],
    ["TS004 delete of nothing", 201, hex("03 01"), ["201 0305"]],
    ["TS004 status without a session", 201, hex("01 01"), ["201 0100000000"]],
    ["TS005 version", 200, hex("00"), ["200 000201"]],
    ["TS005 group set-up", 200, groupSetup(), ["200 0200"]],
    ["TS005 delete of nothing", 200, hex("03 02"), ["200 0306"]],
    ["TS005 group status: not implemented", 200, hex("01 0f"), []],
    ["two commands, one uplink", 200, hex("00 03 02"), ["200 0002010306"]],
    ["an unknown command", 201, hex("7f"), []],
    ["TS006", 203, hex("00"), []],
    ["the host's own port", 2, hex("00"), []],
  ])("%s", (_, fPort, payload, answers) => {
    const bench = new OwnBench();
    const { said, heard } = bench.downlink(fPort, payload);
    const line = `+EVT:RX_1:-60:8:UNICAST:${fPort}:${hexOf(payload).toLowerCase()}`;
    // The end of its own uplinks is told as of any other.
    const ends = answers.map(() => "+EVT:TX_DONE");
    expect(said).toEqual(["OK", "+EVT:TX_DONE", line, ...ends]);
    expect(heard).toEqual(
      answers.map((answer) => (answer instanceof RegExp ? expect.stringMatching(answer) : answer)),
    );
  });

  test("it asks for the time when it is told to, until it is answered", () => {
    const { said, heard } = new OwnBench().downlink(202, hex("03 03"), 120);
    expect(heard).toEqual([expect.stringMatching(/^202 01[0-9a-f]{8}00$/)]);
    expect(said.at(-1)).toMatch(/RX_1:.*:202:01/);
  });

  test.each([
    ["alone, whoever asked for it: the token is what counts", [], 1000],
    ["with the network's time, which goes before it", ["AT+TIMEREQ=1"], 0],
    ["with another token", [], 0, "05"],
  ])("a correction of its clock %s", (_, before, offS, token = "00") => {
    const bench = new OwnBench();
    bench.downlink(202, hex("00"));
    for (const line of before) bench.tell(line);
    bench.downlink(202, hex(`01 e8 03 00 00 ${token}`));
    const [answer = ""] = bench.downlink(202, hex("02 05")).heard;
    const time = Buffer.from(answer.slice("202 0201".length), "hex").readUInt32LE();
    const isOffS = time - bench.lab.server.gpsUsAt(bench.uplinkUs) / 1e6;
    expect(Math.abs(isOffS - offS)).toBeLessThan(12);
  });

  test.each(["rui4_2", "rui3_2"] as const)("%s does not", (profile) => {
    expect(new OwnBench(profile).downlink(202, hex("00")).heard).toEqual([]);
  });

  test("nor any more when a scenario says so; under 4.2 when one does", () => {
    const isOn = (profile: ProfileName, ownFuota: boolean) =>
      new OwnBench(profile, { ownFuota }).downlink(202, hex("00")).heard.length === 1;
    expect([isOn("rui5fuota", false), isOn("rui4_2", true)]).toEqual([false, true]);
  });

  test("each answer asks the network for the time, and sets its clock", () => {
    const bench = new OwnBench();
    expect(bench.tell("AT+LTIME=?")[0]).toMatch(/1970$/);
    bench.downlink(202, hex("00"));
    expect(bench.tell("AT+LTIME=?")[0]).toMatch(/on 01\/01\/2026$/);
  });

  test("a link check of the host is none of its answer's", () => {
    const bench = new OwnBench();
    bench.tell("AT+LINKCHECK=2");
    const { said } = bench.downlink(202, hex("00"));
    expect(said.filter((line) => line.includes("LINKCHECK"))).toHaveLength(1);
  });
});

describe("a session", () => {
  test("is accepted with the time to its start, as the answer leaves", () => {
    const bench = new OwnBench();
    bench.downlink(200, groupSetup());
    const [answer = ""] = bench.session(100);
    const [, toStartS = ""] = /^200 0400(..)0000$/.exec(answer) ?? [];
    const expectedS = bench.startGps - bench.lab.server.gpsUsAt(bench.uplinkUs) / 1e6;
    expect(Math.abs(Number.parseInt(toStartS, 16) - expectedS)).toBeLessThan(1);
  });

  test("is refused for a group that nobody has set up, and for a start that has passed", () => {
    const bench = new OwnBench();
    expect(bench.session(100)).toEqual(["200 041c"]);
    bench.downlink(200, groupSetup());
    expect(bench.session(-5)).toEqual(["200 0410"]);
  });

  test.each([
    [20, "OK"],
    [12, "OK"],
    [10.5, "AT_BUSY_ERROR"],
    [2, "AT_BUSY_ERROR"],
  ])("%s s before it begins, an uplink of the host is answered %s", (inS, status) => {
    const bench = new OwnBench().programmed();
    bench.untilStart(inS);
    expect(bench.tell("AT+SEND=10:00")).toEqual([status]);
  });

  test("when it begins, the modem says so and is gone: only the air hears of it", () => {
    const bench = new OwnBench().programmed();
    bench.untilStart(2);
    expect(bench.wait(2)).toEqual(["app switch class c"]);
    expect(bench.tell("AT", 5)).toEqual([]);
    for (const n of [1, 2]) bench.fragment(n);
    bench.uplinks.splice(0);
    bench.multicast(3, 201, hex("01 01"), TUNING, GROUP_OF_SERVER);
    expect(bench.wait(60)).toEqual([]);
    // As LoRaMac-node counts: N of the last fragment, and none was missed yet.
    expect(bench.uplinks).toEqual(["201 0102000000"]);
  });

  test("a host that is in class C before it keeps its modem, until the time-out of the session", () => {
    const bench = new OwnBench().programmed();
    bench.untilStart(3);
    const { mcAddr, nwkSKey, appSKey } = GROUP_OF_SERVER;
    const at = `${TUNING.frequencyHz}:${TUNING.dr}`;
    expect(bench.tell(`AT+ADDMULC=C:${mcAddr.toString(16)}:${nwkSKey}:${appSKey}:${at}`)).toEqual([
      "OK",
    ]);
    expect(bench.tell("AT+CLASS=C", 5)).toEqual(["OK"]);
    bench.fragment(1);
    expect(bench.heardFragments).toBe(1);
    expect(bench.wait(256)).toEqual(["switch class a"]);
    // It goes by what it was told.
    expect(bench.tell("AT+CLASS=?")).toEqual(["AT+CLASS=C", "OK"]);
    bench.fragment(2);
    expect(bench.heardFragments).toBe(1);
  });

  describe("a power cut", () => {
    const left = () => {
      const bench = new OwnBench().programmed();
      bench.untilStart(0);
      return bench;
    };
    const revived = (bench: OwnBench) => {
      bench.wait(5);
      bench.lab.modem.powerCut();
      return bench.wait(5).concat(bench.tell("AT+NJS=?"));
    };

    test("before the first fragment brings its AT firmware back, and nothing of the session", () => {
      const bench = left();
      expect(revived(bench)).toEqual(["Current Work Mode: LoRaWAN.", "AT+NJS=0", "OK"]);
      bench.tell("AT+JOIN", 20);
      expect(bench.downlink(201, hex("03 00")).heard).toEqual(["201 0304"]);
    });

    test("after one it does not: the fragment was written over it", () => {
      const bench = left();
      bench.fragment(3);
      expect(revived(bench)).toEqual([]);
    });

    test("after the whole block neither: it has reset itself, and what it runs is not known", () => {
      const bench = left();
      for (let n = 1; n <= NB_FRAG; n++) bench.fragment(n);
      bench.uplinks.splice(0);
      bench.multicast(9, 201, hex("01 01"), TUNING, GROUP_OF_SERVER);
      bench.wait(60);
      expect(bench.uplinks).toEqual([]);
      expect(revived(bench)).toEqual([]);
    });
  });

  test("a reset before it forgets it", () => {
    const bench = new OwnBench().programmed();
    bench.tell("ATZ", 2);
    expect(bench.tell("AT+JOIN", 20)).toContain("+EVT:JOINED");
    bench.untilStart(-5);
    expect(bench.tell("AT")).toEqual(["OK"]);
  });
});

test("whatever comes on its ports, it goes on", () => {
  const bench = new OwnBench();
  bench.tell("AT+CLASS=C");
  bench.tell(
    `AT+ADDMULC=C:11223344:${GROUP_OF_SERVER.nwkSKey}:${GROUP_OF_SERVER.appSKey}:869525000:3`,
  );
  let fCnt = 0;
  const frame = fc.uint8Array({ minLength: 1, maxLength: 40 });
  const command = fc
    .tuple(fc.integer({ min: 0, max: 8 }), frame)
    .map(([cid, rest]) => Uint8Array.of(cid, ...rest));
  fc.assert(
    fc.property(
      fc.constantFrom(200, 201, 202),
      fc.oneof(frame, command),
      fc.boolean(),
      (port, payload, isOwn) => {
        if (isOwn) bench.lab.server.enqueue(bench.lab.device, port, payload);
        else bench.multicast(fCnt++, port, payload, TUNING, GROUP_OF_SERVER);
        bench.tell("AT+SEND=10:00", 20);
      },
    ),
    { numRuns: 300 },
  );
  bench.lab.modem.powerCut();
  bench.wait(5);
});

test("the same twice", () => {
  const life = () => {
    const bench = new OwnBench().programmed();
    bench.untilStart(0);
    bench.fragment(1);
    bench.multicast(2, 201, hex("01 01"), TUNING, GROUP_OF_SERVER);
    bench.wait(60);
    return bench.uplinks;
  };
  expect(life()).toEqual(life());
});
