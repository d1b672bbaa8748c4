import { describe, expect, test } from "vitest";
import type { DeviceStatus, FragSessionStatus } from "#agent/status.ts";
import { type DeviceView, viewRows } from "#tools/device/device-view.ts";

const block: FragSessionStatus = {
  fragIndex: 0,
  nbFrag: 100,
  fragSize: 48,
  received: 44,
  coded: 2,
  beyondM: 0,
  missing: 58,
  state: "receiving",
  failure: undefined,
};

const idle: DeviceStatus = {
  joined: true,
  clockSynced: true,
  groups: [],
  sessions: [],
  lastFailure: undefined,
  boot: {
    active: 0,
    pending: undefined,
    bankStates: ["confirmed", "empty"],
    attemptsLeft: 0,
    securityCounter: 0,
    lastReason: "none",
    updateId: 0,
  },
  running: { version: "1.0.0+0", hash: new Uint8Array(32), securityCounter: 0, sizeBytes: 4096 },
};

const group = { groupId: 1, mcAddr: 1, nextMcFCnt: 0, session: "none" } as const;
const window = { groupId: 1, frequencyHz: 869_525_000, dr: 5 };

const view: DeviceView = {
  nowMs: 100_000,
  modem: "rui3 RUI_4.2.1 on /dev/ttyUSB0 at 115200 baud",
  status: idle,
  isTrial: false,
  window: undefined,
  air: undefined,
  signals: [],
  linkCheck: undefined,
  down: undefined,
  up: undefined,
};

/** The text beside a label, with what has no room on its line. */
function textOf(label: string, changes: Partial<DeviceView>, columns = 100): string | undefined {
  const rows = viewRows({ ...view, ...changes }, columns);
  const at = rows.findIndex((row) => row.label.trim() === label);
  const next = rows[at + 1];
  return rows[at]?.text.concat(next?.label.trim() === "" ? ` ${next.text}` : "");
}

const withStatus = (status: Partial<DeviceStatus>) => ({ status: { ...idle, ...status } });

test("the modem, and that it is gone", () => {
  expect(textOf("modem", {})).toBe("rui3 RUI_4.2.1 on /dev/ttyUSB0 at 115200 baud");
  expect(textOf("modem", { modem: undefined })).toBe("gone; looking for it");
});

const ready = { ...idle.boot, pending: 1, attemptsLeft: 2 } as const;
test.each<[string, Partial<DeviceView>, string]>([
  ["none yet", { status: undefined }, "boots"],
  ["confirmed", {}, "1.0.0+0 from bank A, confirmed"],
  ["another is ready", withStatus({ boot: ready }), "1.0.0+0 from bank A, confirmed"],
  [
    "on trial",
    { ...withStatus({ boot: ready }), isTrial: true },
    "1.0.0+0 from bank B, on trial, 2 more tries",
  ],
])("the image: %s", (_, changes, text) => expect(textOf("image", changes)).toBe(text));

const complete = { ...block, state: "complete", missing: 0 } as const;
const confirmed = { ...idle.boot, lastReason: "confirmed" } as const;
test.each<[string, Partial<DeviceView>, string]>([
  ["boots", { status: undefined }, "not joined"],
  ["joins", withStatus({ joined: false }), "not joined: joins"],
  [
    "no clock",
    withStatus({ clockSynced: false }),
    "joined, clock not set yet; waits for a campaign",
  ],
  ["nothing to do", {}, "joined; waits for a campaign"],
  ["a group", withStatus({ groups: [group] }), "joined; group 1 is set up"],
  [
    "a session to come",
    withStatus({ groups: [{ ...group, session: "programmed" }] }),
    "joined; waits for the session of group 1 to begin",
  ],
  ["in class C", { window }, "joined; class C of group 1 at 869.525 MHz, DR5"],
  [
    "a block is there",
    withStatus({ sessions: [complete] }),
    "joined; has the image, waits to be asked how it went",
  ],
  ["on trial", { isTrial: true, window }, "joined; the new image waits for a word of the server"],
  [
    "updated",
    withStatus({ sessions: [complete], boot: confirmed }),
    "joined; updated and confirmed",
  ],
  ["failed", withStatus({ lastFailure: "signature" }), "joined; the last update failed: signature"],
])("the state: %s", (_, changes, text) => expect(textOf("state", changes)).toBe(text));

describe("the block", () => {
  const air = { n: 55, heard: 44, lost: 11 };
  const receiving = { ...withStatus({ sessions: [block] }), air };
  const figures = "42/100  44 received, 2 of them coded, 11 of 55 lost";

  test("is not there before its session", () => expect(textOf("block 0", {})).toBeUndefined());

  test.each([
    ["a wide terminal: the bar is at its longest", 140, 40],
    ["a usual one", 80, 17],
    ["a narrow one: the bar at its shortest, the end of the figures missing", 40, 8],
  ])("on %s", (_, columns, width) => {
    const text = textOf("block 0", receiving, columns) ?? "";
    expect(text.match(/^█*/)?.[0]).toHaveLength(Math.floor(0.42 * width));
    expect(text.match(/^[█░]*/)?.[0]).toHaveLength(width);
    const said = text.replace(/^[█░]* +/, "");
    expect(columns > 60 ? said : said.slice(0, -1)).toBe(
      figures.slice(0, columns > 60 ? undefined : said.length - 1),
    );
  });

  test("complete, and failed", () => {
    const row = (session: FragSessionStatus) =>
      textOf("block 0", withStatus({ sessions: [session] }));
    expect(row(complete)).toMatch(/^█{40} 100\/100 /);
    expect(row({ ...block, state: "failed", failure: "mic" })).toBe("failed: mic");
  });
});

test.each<[string, Partial<DeviceView>, string | undefined]>([
  ["nothing heard", {}, undefined],
  ["one frame", { signals: [{ rssiDbm: -97, snrDb: -3 }] }, "-97 dBm, SNR -3 dB"],
  [
    "more",
    {
      signals: [
        { rssiDbm: -90, snrDb: 4 },
        { rssiDbm: -101, snrDb: -7 },
      ],
    },
    "-101 dBm, SNR -7 dB; last 2: -95 dBm, SNR -7 to 4 dB",
  ],
  ["a link check", { linkCheck: { marginDb: 12, gateways: 2 } }, "12 dB of margin, 2 gateways"],
])("the link: %s", (_, changes, text) => expect(textOf("link", changes)).toBe(text));

describe("what was said last", () => {
  test.each([
    [0, "0 s"],
    [119_999, "119 s"],
    [120_000, "2 min"],
    [7_200_000, "2 h"],
    [-5000, "0 s"],
  ])("%i ms ago", (ms, age) => {
    expect(textOf("heard", { down: { atMs: view.nowMs - ms, text: "x" } })).toBe(`${age} ago: x`);
  });

  test("goes on in a second line, and no further", () => {
    const up = {
      atMs: view.nowMs,
      text: Array.from({ length: 30 }, (_, n) => `word${n}`).join(" "),
    };
    const rows = viewRows({ ...view, up }, 60).slice(-2);
    expect(rows.map(({ label }) => label.trim())).toEqual(["said", ""]);
    expect(rows[0]?.text).toMatch(/^0 s ago: word0 .*word\d$/);
    expect(rows[1]?.text).toMatch(/^word\d .*…$/);
  });
});

test.each([0, 10, 20, 40, 80, 200])("no line is wider than %i columns, but for 20", (columns) => {
  const text = "a".repeat(300);
  const said = { atMs: 0, text };
  const status = withStatus({ sessions: [block] });
  const rows = viewRows({ ...view, ...status, modem: text, down: said, up: said }, columns);
  for (const row of rows) {
    expect(row.label.length + row.text.length).toBeLessThan(Math.max(20, columns));
  }
});

test("what a modem calls itself does not move the cursor", () => {
  expect(textOf("modem", { modem: "a\u001B[2Jb\r\nc\u0007é" })).toBe("a?[2Jb??c??");
});
