import { describe, expect, test } from "vitest";
import { dataBlockIntKey, dataBlockMic } from "#agent/keys/data-block.ts";
import { hex } from "../../hex.ts";
import { crypto } from "./bench.ts";
import {
  type Answers,
  CampaignBench,
  CONFIG,
  good,
  goodBut,
  IMAGE,
  type Kind,
  kindOf,
} from "./campaign-bench.ts";

const NOBODY = "There are no devices available to complete this step";
const GROUP_REFUSED = "Error: McGroupSetupAns response id_error=true";
const SETUP_REFUSED =
  "Error: FragSessionAns response encoding_unsupported=false, not_enough_memory=true, frag_session_index_not_supported=false, wrong_descriptor=false";
const THREE_MISSING =
  "Error: FragSessionStatusAns response nb_frag_received=7, missing_frag=3, not_enough_matrix_memory=false";
const silent: Answers = () => undefined;

/** Says `first` to the first command of a kind, and the good answer to the others. */
function firstSays(kind: Kind, first: Uint8Array | undefined): Answers {
  let count = 0;
  return (command) => (kindOf(command) === kind && count++ === 0 ? first : good(1)(command));
}

const STAGES: readonly (readonly [kind: Kind, text: string, requests: number])[] = [
  ["200 2", "McGroupSetupReq timeout.", 3],
  ["201 2", "FragSessionSetupReq timeout.", 3],
  ["200 4", "McSessionReq timeout", 3],
  ["201 1", "FragStatusReq timeout.", 1],
];

describe.each(STAGES)("a device that does not answer %s", (kind, text, requests) => {
  const bench = () => new CampaignBench([goodBut(kind), good(1)], { maxRetries: 2 }).run();

  test("is asked every interval, as often as there are retries, then given up", () => {
    const { device, rows } = bench();
    const asked = device.all(kind);
    expect(asked).toHaveLength(requests);
    expect(asked.map(({ atS }) => atS - (asked[0]?.atS ?? 0))).toEqual(
      [0, 60, 120].slice(0, requests),
    );
    expect(rows[0]).toMatchObject({ errorMsg: text, completedAt: undefined });
  });

  test("gets nothing of the stages behind, and does not harm the others", () => {
    const { device, rows } = bench();
    const kinds = new Set(device.received.map(kindOf));
    expect([...kinds].at(-1)).toBe(kind);
    expect(rows[1]).toMatchObject({ errorMsg: "" });
    expect(rows[1]?.completedAt).toBeDefined();
  });
});

describe.each(STAGES.slice(0, 3))("when nobody answers %s", (kind, text) => {
  test("the campaign is cut short: the group goes, nothing is sent to it", () => {
    const { campaign, jobs, rows, bench } = new CampaignBench([goodBut(kind), goodBut(kind)]).run();
    expect(campaign.jobError).toBe(NOBODY);
    expect(jobs.map(([job]) => job).slice(-2)).toEqual(["DELETE_MC_GROUP", "COMPLETE"]);
    expect(rows).toMatchObject([{ errorMsg: text }, { errorMsg: text }]);
    expect(rows.map(({ completedAt }) => completedAt)).toEqual([undefined, undefined]);
    bench.run(1000);
    expect(bench.requests.some(({ timing }) => timing.type === "immediately")).toBe(false);
  });
});

test("a campaign without devices ends", () => {
  const { campaign, rows } = new CampaignBench([]).run();
  expect(campaign.jobError).toBe(NOBODY);
  expect(rows).toEqual([]);
});

test("only the first time-out is kept", () => {
  const { rows } = new CampaignBench([silent, good(1)]).run();
  expect(rows[0]).toEqual({
    done: [],
    completedAt: undefined,
    errorMsg: "McGroupSetupReq timeout.",
  });
});

test("repeated requests are the same, the session's start with them", () => {
  const { device } = new CampaignBench([goodBut("200 4"), good(1)], { maxRetries: 2 }).run();
  const payloads = device.all("200 4").map(({ payload }) => payload);
  expect(payloads).toHaveLength(3);
  expect(payloads[1]).toEqual(payloads[0]);
  expect(payloads[2]).toEqual(payloads[0]);
});

test("version 2: every transmission of a set-up has a new counter and its own MIC", () => {
  const bench = new CampaignBench([goodBut("201 2", undefined, 2), good(2)], {
    packages: 2,
    maxRetries: 2,
  }).run();
  const { provisioned } = bench.device.radio;
  const key = dataBlockIntKey(provisioned.rootSecret, crypto);
  const payloads = bench.device.all("201 2").map(({ payload }) => payload);
  expect(payloads.map((payload) => payload[11])).toEqual([0, 1, 2]);
  for (const [sessionCnt, payload] of payloads.entries()) {
    const { descriptor } = CONFIG;
    const block = { sessionCnt, fragIndex: 0, descriptor, sizeBytes: IMAGE.length };
    const mac = dataBlockMic(key, block, crypto);
    mac.update(IMAGE);
    expect([...payload.subarray(13)]).toEqual([...mac.digest().subarray(0, 4)]);
  }
  // a device counts for itself
  expect(bench.devices[1]?.all("201 2").map(({ payload }) => payload[11])).toEqual([0]);
});

test("a device that answers the second request is as good as any", () => {
  const { device, rows, jobs } = new CampaignBench([firstSays("201 2", undefined), good(1)]).run();
  expect(device.all("201 2")).toHaveLength(2);
  expect(rows[0]).toMatchObject({ errorMsg: "" });
  expect(rows[0]?.completedAt).toBeDefined();
  expect(new Map(jobs).get("MC_SESSION")).toBe(64 + 1 + 2 * 60);
});

test("a repeated request waits in the queue beside the first: both are delivered", () => {
  const bench = new CampaignBench([good(1)], { maxRetries: 2 });
  bench.device.silentUntilS = 120;
  const { device, rows } = bench.run();
  expect(device.all("200 2").map(({ atS }) => atS)).toEqual([150, 150, 150]);
  expect(rows[0]).toMatchObject({ errorMsg: "" });
  expect(rows[0]?.completedAt).toBeDefined();
});

describe("a late answer", () => {
  test("is booked: the device catches up, the time-out stays", () => {
    const bench = new CampaignBench([goodBut("200 2"), good(1)]);
    const { engine } = bench.bench;
    // the first stage is given up at 124 s; the second is in its first interval
    engine.schedule(140e6, () => {
      bench.device.radio.send({ fPort: 200, payload: hex("02 00") });
    });
    const others = bench.run().rows[1];
    expect(bench.rows[0]).toMatchObject({ errorMsg: "McGroupSetupReq timeout." });
    expect(bench.rows[0]?.done).toHaveLength(4);
    expect(bench.rows[0]?.completedAt).toBe(others?.completedAt);
    expect(others?.errorMsg).toBe("");
  });

  test("after the last job is booked too, and completes nothing", () => {
    const bench = new CampaignBench([goodBut("201 1")]).run();
    expect(bench.rows[0]?.done).toHaveLength(3);
    bench.device.radio.send({ fPort: 201, payload: hex("01 0d 00 00 00") });
    expect(bench.rows[0]?.done).toHaveLength(4);
    expect(bench.rows[0]).toMatchObject({
      errorMsg: "FragStatusReq timeout.",
      completedAt: undefined,
    });
  });

  test("is booked on the newest deployment of the device, whichever is running", () => {
    const bench = new CampaignBench([good(1)]);
    const newest = bench.campaignOf(CONFIG);
    bench.run();
    expect(bench.rows[0]).toMatchObject({ done: [], errorMsg: "McGroupSetupReq timeout." });
    expect([...(newest.rows[0]?.doneAt.keys() ?? [])]).toEqual(["mcGroupSetup"]);
  });
});

describe("an error", () => {
  test("stays, though a later good answer completes the stage and the device", () => {
    const { rows } = new CampaignBench([firstSays("201 2", hex("02 02"))]).run();
    expect(rows[0]?.done).toHaveLength(4);
    expect(rows[0]?.completedAt).toBeDefined();
    expect(rows[0]?.errorMsg).toBe(SETUP_REFUSED);
  });

  test("is not overwritten by a time-out", () => {
    const script = goodBut("200 2", hex("02 05"));
    const { rows, device } = new CampaignBench([script, good(1)]).run();
    expect(device.all("200 2")).toHaveLength(2);
    expect(rows[0]).toMatchObject({ done: [], errorMsg: GROUP_REFUSED });
  });

  test("is overwritten by a later one", () => {
    let count = 0;
    const script: Answers = (command) => {
      if (kindOf(command) !== "201 2") return good(1)(command);
      return count++ === 0 ? hex("02 01") : hex("02 02");
    };
    const { rows } = new CampaignBench([script, good(1)]).run();
    expect(rows[0]).toMatchObject({ errorMsg: SETUP_REFUSED });
  });

  test("of the status says how many fragments are missing", () => {
    const { rows } = new CampaignBench([goodBut("201 1", hex("01 07 00 03 00"))]).run();
    expect(rows[0]).toMatchObject({
      errorMsg: THREE_MISSING,
      completedAt: undefined,
    });
  });
});

describe("an answer that ChirpStack cannot read is none", () => {
  test.each<[kind: Kind, payload: string, text: string]>([
    ["200 2", "02 00 00", "McGroupSetupReq timeout."],
    ["200 2", "00 02 01 02 00", "McGroupSetupReq timeout."],
    ["201 2", "02", "FragSessionSetupReq timeout."],
    ["200 4", "04 00", "McSessionReq timeout"],
    ["200 4", "04 20", "McSessionReq timeout"],
    ["201 1", "01 0d 00 00", "FragStatusReq timeout."],
  ])("%s answered by %s", (kind, payload, text) => {
    const { rows } = new CampaignBench([goodBut(kind, hex(payload)), good(1)]).run();
    expect(rows[0]).toMatchObject({ errorMsg: text, completedAt: undefined });
  });
});
