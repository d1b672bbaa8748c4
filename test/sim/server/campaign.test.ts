import { describe, expect, test } from "vitest";
import { Encoder } from "#agent/fec/encoder.ts";
import { hex } from "../../hex.ts";
import { GPS_AT_START } from "./bench.ts";
import {
  CampaignBench,
  CONFIG,
  good,
  goodBut,
  IMAGE,
  INTERVAL_S,
  kindOf,
} from "./campaign-bench.ts";

const JOBS = [
  ["ADD_DEVS_TO_MC_GROUP", 1],
  ["ADD_GWS_TO_MC_GROUP", 2],
  ["MC_GROUP_SETUP", 3],
  ["FRAG_SESSION_SETUP", 64],
  ["MC_SESSION", 125],
  ["ENQUEUE", 186],
  ["FRAG_STATUS", 246],
  ["DELETE_MC_GROUP", 562],
  ["COMPLETE", 563],
];

describe.each([1, 2] as const)(
  "a campaign of version %i whose devices answer at once",
  (packages) => {
    const parityVariant = packages === 1 ? "ts004-v1" : "ts004-v2-lbm";
    const whole = () =>
      new CampaignBench([good(packages), good(packages)], { packages, parityVariant }).run();

    test("goes through its jobs; each unicast stage lasts a whole uplink interval", () => {
      const { jobs, rows, campaign } = whole();
      expect(jobs).toEqual(JOBS);
      const row = {
        done: ["mcGroupSetup 30", "fragSessionSetup 90", "mcSession 150", "fragStatus 510"],
        completedAt: 564,
        errorMsg: "",
      };
      expect(rows).toEqual([row, row]);
      expect(campaign.jobError).toBe("");
    });

    test("says each thing once, in order", () => {
      for (const device of whole().devices) {
        expect(device.received.map((command) => [command.atS, kindOf(command)])).toEqual([
          [30, "200 2"],
          [90, "201 2"],
          [150, "200 4"],
          [510, "201 1"],
        ]);
      }
    });

    test("says it in exactly these bytes", () => {
      const { device, campaign } = whole();
      const [group, fragmentation, session, status] = device.received.map(({ payload }) => payload);
      const address = Uint8Array.from(
        [0, 8, 16, 24],
        (shift) => (campaign.mcAddr >>> shift) & 0xff,
      );
      expect(group).toHaveLength(30);
      expect(group?.subarray(0, 6)).toEqual(Uint8Array.of(2, 0, ...address));
      expect(group?.subarray(22)).toEqual(hex("00 00 00 00 ff ff ff ff"));
      const start = hex("02 01 0a 00 0a 02 05 01 02 03 04");
      expect(fragmentation?.subarray(0, 11)).toEqual(start);
      expect(fragmentation).toHaveLength(packages === 1 ? 11 : 17);
      if (packages === 2) expect(fragmentation?.subarray(11, 13)).toEqual(hex("00 00"));
      // GPS 1451260818 + 246 s; 2^8 s; 869.525 MHz; DR0
      expect(session).toEqual(hex("04 00 88 7c 80 56 08 d2 ad 84 00"));
      expect(status).toEqual(hex("01 01"));
    });

    test("sends every fragment once, evenly spaced from the start of the session", () => {
      const bench = whole();
      const block = new Uint8Array(100);
      block.set(IMAGE);
      const encoder = new Encoder(parityVariant, 10, block);
      const fragments = Array.from({ length: 13 }, (_, index) => ({
        atS: 246 + 5 * index,
        fCnt: index,
        payload: Uint8Array.of(0x08, index + 1, 0, ...encoder.fragment(index + 1)),
      }));
      for (const device of bench.devices) expect(bench.fragments(device)).toEqual(fragments);
      expect(bench.campaign.queue).toMatchObject({ sent: 13, fragments: 13, codedFragments: 3 });
    });
  },
);

test("coded fragments are those of the version", () => {
  const fragments = new CampaignBench([good(1)]).run().fragments();
  expect(fragments[10]?.payload).toEqual(hex("08 0b 00 26 26 22 22 2e 2e 22 22 26 26"));
});

test("LoRaWAN 1.1 devices get the group keys under their own root", () => {
  const bench = new CampaignBench([good(2)], { packages: 2 }, "1.1").run();
  expect(bench.fragments()).toHaveLength(13);
});

test("no retry: the session starts one interval after it is announced", () => {
  const { jobs, device } = new CampaignBench([good(1)], { maxRetries: 0 }).run();
  expect(jobs.slice(4)).toEqual([
    ["MC_SESSION", 125],
    ["ENQUEUE", 186],
    ["FRAG_STATUS", 187],
    ["DELETE_MC_GROUP", 502],
    ["COMPLETE", 503],
  ]);
  expect(sessionTimeOf(device.all("200 4")[0]?.payload)).toBe(GPS_AT_START + 186);
});

describe("the status", () => {
  test("is asked once, however many retries the set-up has", () => {
    const script = goodBut("201 1");
    const { device, jobs } = new CampaignBench([script], { maxRetries: 5 }).run();
    expect(device.all("201 1")).toHaveLength(1);
    const at = new Map(jobs);
    expect(at.get("DELETE_MC_GROUP")).toBe((at.get("ENQUEUE") ?? 0) + 5 * 60 + 256 + INTERVAL_S);
  });

  test("never: the group goes at the end of the session, and a device is complete without", () => {
    const { device, jobs, rows } = new CampaignBench([good(1)], { requestStatus: "never" }).run();
    expect(device.all("201 1")).toEqual([]);
    expect(jobs.slice(5)).toEqual([
      ["ENQUEUE", 186],
      ["DELETE_MC_GROUP", 246],
      ["COMPLETE", 502],
    ]);
    expect(rows[0]).toMatchObject({ completedAt: 503, errorMsg: "" });
  });

  test("after enqueueing: asked while fragments are on the air, which then are dropped", () => {
    const bench = new CampaignBench([good(1)], {
      requestStatus: "afterFragmentEnqueue",
      redundancyPercent: 100,
    }).run();
    expect(bench.device.all("201 1").map(({ atS }) => atS)).toEqual([270]);
    expect(bench.jobs.slice(6)).toEqual([
      ["FRAG_STATUS", 246],
      ["DELETE_MC_GROUP", 307],
      ["COMPLETE", 308],
    ]);
    bench.bench.run(1000);
    // 246, 251, ... 306: the group goes at 308
    expect(bench.fragments().map(({ atS }) => atS)).toEqual(
      Array.from({ length: 13 }, (_, index) => 246 + 5 * index),
    );
    expect(bench.campaign.queue).toMatchObject({ sent: 13, fragments: 20 });
  });

  test("volunteered: nobody is asked, and the group goes at the end of the session", () => {
    const bench = new CampaignBench([good(1)], { requestStatus: "afterFragmentEnqueue" });
    bench.bench.engine.schedule(200e6, () => {
      bench.device.radio.send({ fPort: 201, payload: hex("01 0d 00 00 00") });
    });
    const { device, jobs, rows, campaign } = bench.run();
    expect(device.all("201 1")).toEqual([]);
    expect(jobs.slice(6)).toEqual([
      ["FRAG_STATUS", 246],
      ["DELETE_MC_GROUP", 247],
      ["COMPLETE", 502],
    ]);
    expect(campaign.queue.sent).toBe(13);
    expect(rows[0]).toMatchObject({ completedAt: 503, errorMsg: "" });
  });

  test("deleting the group at the end of the session drops what is left too", () => {
    const { campaign } = new CampaignBench([good(1)], {
      timeoutExponent: 5,
      requestStatus: "never",
    }).run();
    expect(campaign.queue).toMatchObject({ sent: 7, fragments: 13 });
  });
});

test("a second campaign goes on counting sessions, and leaves the rows of the first alone", () => {
  const bench = new CampaignBench([good(2)], { packages: 2 }).run();
  const before = JSON.stringify(bench.rows);
  const second = bench.campaignOf({ ...CONFIG, packages: 2, image: IMAGE.subarray(1) });
  bench.run(second);
  expect(second.rows[0]).toMatchObject({ errorMsg: "" });
  expect(second.rows[0]?.completedAt).toBeDefined();
  expect(second.mcAddr).not.toBe(bench.campaign.mcAddr);
  expect(bench.device.all("201 2").map(({ payload }) => payload[11])).toEqual([0, 1]);
  expect(JSON.stringify(bench.rows)).toBe(before);
});

function sessionTimeOf(request: Uint8Array = new Uint8Array(11)): number {
  return new DataView(request.buffer, request.byteOffset).getUint32(2, true);
}
