import fc from "fast-check";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { captureOf } from "#tools/pcap/capture-file.ts";
import { type CapturedFrame, loratapHeader } from "#tools/pcap/loratap.ts";
import { firmwareSizesOf } from "#tools/run/images.ts";
import { recordWorld } from "../recording/recorded-world.ts";
import { CommandBench } from "../run/command-bench.ts";
import { fakeSimulate } from "../run/fake-fleet.ts";

const UPLINK: CapturedFrame = {
  direction: "up",
  gatewayId: "02f00afe00000001",
  phyPayload: Uint8Array.of(0x40, 1, 2, 3, 4),
  frequencyHz: 868_100_000,
  rate: { sf: 7, bandwidthHz: 125_000 },
  counterUs: 0x1_0000_0005,
  gpsUs: 1_400_000_000_250_000,
  signal: { rssiDbm: -60, snrDb: 8 },
};
const hexOf = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");
const header = (frame: Partial<CapturedFrame>) => hexOf(loratapHeader({ ...UPLINK, ...frame }, 1));

describe("a LoRaTap header, version 1", () => {
  test("of an uplink, field by field", () => {
    expect(header({})).toBe(
      [
        "01 00 0023", // version, padding, length
        "33be27a0 01 07", // frequency, bandwidth, SF
        "4f ff ff 20", // RSSI -60 dBm from -139, two that are not known, SNR 8 dB in quarters
        "34", // sync word
        "02f00afe00000001 00000005", // gateway, its counter in 32 bits
        "08 05 0000 00 00 0000", // CRC is good, 4/5, no FSK, chains, tag
      ]
        .join("")
        .replaceAll(" ", ""),
    );
  });

  test("of a downlink: inverted, without CRC, unmeasured", () => {
    const text = header({ direction: "down", signal: undefined });
    expect(text.slice(20, 28)).toBe("ffffff00");
    expect(text.slice(54, 56)).toBe("22");
  });

  test.each([
    [500_000, "04"],
    [250_000, "02"],
    [62_500, "01"],
    [4e9, "ff"],
  ])("a bandwidth of %i Hz is %s", (bandwidthHz, expected) => {
    expect(header({ rate: { sf: 12, bandwidthHz } }).slice(16, 20)).toBe(`${expected}0c`);
  });

  test.each([
    [-139, 0, "00", "00"],
    [-200, 0, "00", "00"],
    [-20, 40, "77", "7f"],
    [120, 0, "fe", "00"],
    [-120, -5, "4c", "ec"],
    [-100, -40, "9c", "80"],
  ])("%i dBm and %i dB", (rssiDbm, snrDb, rssi, snr) => {
    const text = header({ signal: { rssiDbm, snrDb } });
    expect([text.slice(20, 22), text.slice(26, 28)]).toEqual([rssi, snr]);
  });
});

test("version 0 is the beginning of version 1, and says so", () => {
  const [one, zero] = [header({}), hexOf(loratapHeader(UPLINK, 0))];
  expect(zero).toBe(`0000000f${one.slice(8, 30)}`);
});

test("a capture has its frames at their UTC", () => {
  const [file = "", record = "", ...frame] = [...captureOf([UPLINK], 1)].map(hexOf);
  expect(file).toBe("a1b2c3d40002000400000000000000000000ffff0000010e");
  const utc = 1_400_000_000 + 315_964_800 - 18;
  const word = (value: number) => value.toString(16).padStart(8, "0");
  expect(record).toBe([utc, 250_000, 40, 40].map(word).join(""));
  expect(frame).toEqual([header({}), "4001020304"]);
  expect([...captureOf([], 1)].map(hexOf)).toEqual([file]);
});

describe("the command", () => {
  let bench = new CommandBench({ firmwareSizesOf });
  beforeEach(() => {
    bench.remove();
    bench = new CommandBench({ firmwareSizesOf });
  });
  afterAll(() => bench.remove());
  const args = () => ["pcap", bench.at("r.rec.ndjson"), "-o", bench.at("r.pcap")];
  const pcap = () => bench.fuota(fakeSimulate(1), ...args());
  const text = `name: recorded
devices: { count: 2, defaults: { uplinkIntervalS: 60 } }
firmware: { sizeBytes: 2100 }
campaign: { redundancyPercent: 100 }
expect: {}
`;
  const { lines } = recordWorld({ text, seed: 1, gateways: 2 });
  const countOf = (part: string) => lines.filter((line) => line.includes(part)).length;

  test("counts what it wrote: each uplink, and each downlink that went out", async () => {
    bench.write("r.rec.ndjson", lines.join(""));
    expect(await pcap()).toBe(0);
    const up = countOf('{"type":"uplink"');
    const down = countOf('"ok"');
    expect(bench.terminal.stderr).toBe(`${bench.at("r.pcap")}: ${up} uplinks, ${down} downlinks\n`);
    expect(down).toBeGreaterThan(20);
  });

  test("has all of gateways that were switched on before, too", async () => {
    const copied = text.replace("expect:", "air: { reach: 2 }\nexpect:");
    const recorded = recordWorld({ text: copied, seed: 1, gateways: 2 }).lines;
    const sum = (part: string) => recorded.filter((line) => line.includes(part)).length;
    bench.write("r.rec.ndjson", recorded.join(""));
    expect(await pcap()).toBe(0);
    expect(bench.terminal.stderr).toContain(
      `: ${sum('{"type":"uplink"')} uplinks, ${sum('"ok"')} downlinks\n`,
    );
  });

  test("takes what there is of a recording that was cut off anywhere", async () => {
    for (let length = 1; length < lines.length; length += 7) {
      bench.write("r.rec.ndjson", lines.slice(0, length).join(""));
      expect(await pcap()).toBe(0);
    }
  });

  test("wants a recording, and somewhere to write", async () => {
    bench.write("r.rec.ndjson", "{}\n");
    expect(await bench.complaint(fakeSimulate(1), ...args())).toMatch(
      /is not a recording of fleet/,
    );
    bench.write("r.rec.ndjson", lines.join(""));
    const nowhere = ["pcap", bench.at("r.rec.ndjson"), "-o", bench.at("no/r.pcap")];
    expect(await bench.complaint(fakeSimulate(1), ...nowhere)).toMatch(
      /cannot write .*no such file/,
    );
    expect(await bench.complaint(fakeSimulate(1), ...args(), "--loratap", "2")).toMatch(
      /expected 0 or 1/,
    );
    expect(await bench.complaint(fakeSimulate(1), "pcap", "x")).toMatch(
      /--out <file>' not specified/,
    );
  });

  test("an acknowledgement of nothing, or of another way, is no frame", async () => {
    const [head = "", start = "", ...rest] = lines;
    const ack = rest.find((line) => line.startsWith('{"type":"ack"')) ?? "";
    const noWay = ack.replace('["ok"]', '["ignored","ok"]');
    bench.write("r.rec.ndjson", [head, start, ack, noWay].join(""));
    expect(await pcap()).toBe(0);
    expect(bench.terminal.stderr).toMatch(/: 0 uplinks, 0 downlinks\n$/);
  });
});

test("whatever the schema of a recording lets through can be written", () => {
  const uint = (max: number) => fc.integer({ min: 0, max });
  const frame = fc.record({
    direction: fc.constantFrom("up" as const, "down" as const),
    gatewayId: fc.constant(UPLINK.gatewayId),
    phyPayload: fc.uint8Array({ maxLength: 255 }),
    frequencyHz: uint(2 ** 32 - 1),
    rate: fc.record({ sf: uint(255), bandwidthHz: uint(2 ** 32 - 1) }),
    counterUs: uint(366 * 86_400 * 1e6),
    gpsUs: uint(3.9e15),
    signal: fc.option(
      fc.record({ rssiDbm: fc.double({ noNaN: true }), snrDb: fc.double({ noNaN: true }) }),
      { nil: undefined },
    ),
  });
  fc.assert(
    fc.property(frame, (one) => {
      const [, record, tap, phyPayload] = [...captureOf([one], 1)];
      expect([record?.length, tap?.length, phyPayload]).toEqual([16, 35, one.phyPayload]);
    }),
    { seed: 1 },
  );
});
