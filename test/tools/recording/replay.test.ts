import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import fc from "fast-check";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { InputError } from "#tools/errors.ts";
import { recordingSchema } from "#tools/recording/schema.ts";
import { firmwareSizesOf } from "#tools/run/images.ts";
import { publishedText } from "#tools/schema-text.ts";
import { CommandBench } from "../run/command-bench.ts";
import { fakeSimulate } from "../run/fake-fleet.ts";
import { recordWorld } from "./recorded-world.ts";

let bench = new CommandBench({ firmwareSizesOf });
beforeEach(() => {
  bench.remove();
  bench = new CommandBench({ firmwareSizesOf });
});
afterAll(() => bench.remove());
const at = (name: string) => bench.at(name);
const replay = (...args: string[]) =>
  bench.fuota(fakeSimulate(1), "replay", at("r.rec.ndjson"), ...args);
const complaint = (...args: string[]) =>
  bench.complaint(fakeSimulate(1), "replay", at("r.rec.ndjson"), ...args);
const save = (lines: readonly string[]) => bench.write("r.rec.ndjson", lines.join(""));

const calm = `name: recorded
devices:
  count: 4
  defaults: { uplinkIntervalS: 60 }
firmware: { sizeBytes: 2100 }
campaign: { redundancyPercent: 100 }
air: { classADutyCycle: false }
expect: { updated: all }
`;
const air = (text: string) => calm.replace("air: {", `air: { ${text},`);
const lossy = air(
  "multicastLoss: { model: bernoulli, probability: 0.25 }, unicastLoss: { model: bernoulli, probability: 0.05 }",
);
const faulty = `${lossy.replace("60 }", "60, packages: v2 }")}faults:
  - { kind: powerCut, share: 0.5, when: { atFragment: 4 }, forS: 20 }
  - { kind: deaf, share: 0.25, when: { atFragment: 8 }, forS: 60 }
  - { kind: powerCut, share: 0.5, when: { atFragment: 12 }, forS: 5 }
`;
const copied = air(
  "reach: 3, location: { latitude: 60.17, longitude: 24.94 }, sharedLoss: { model: bernoulli, probability: 0.3 }, unicastLoss: { model: bernoulli, probability: 0.3 }",
);
const first = recordWorld({ text: lossy, seed: 3 }).lines;
/** Of one device, and soon read. */
const short = recordWorld({ text: lossy.replace("count: 4", "count: 1"), seed: 3 }).lines;
/** Where a type of line stands first. */
const placeOf = (lines: readonly string[], type: string) =>
  lines.findIndex((line) => line.startsWith(`{"type":"${type}"`));

describe("what was recorded replays the same", () => {
  test.each([
    ...[1, 2, 3, 4, 5].map((seed) => ({ what: "losses", text: lossy, seed, gateways: 1 })),
    ...[1, 2, 3].map((seed) => ({ what: "power cuts", text: faulty, seed, gateways: 1 })),
    { what: "nothing wrong", text: calm, seed: 1, gateways: 1 },
    { what: "several gateways", text: lossy, seed: 1, gateways: 3 },
    ...[1, 2].map((seed) => ({ what: "copies", text: copied, seed, gateways: 6 })),
    {
      what: "a gateway in the dark",
      text: air("outages: [{ when: { atS: 0 }, forS: 100 }]"),
      seed: 1,
      gateways: 1,
    },
    {
      what: "a patch",
      text: calm.replace("2100 }", "8192, deltaPercent: 1 }"),
      seed: 1,
      gateways: 1,
    },
    {
      what: "another signature",
      text: calm.replace("2100 }", "2100, signature: ecdsa-p256 }"),
      seed: 1,
      gateways: 1,
    },
    {
      what: "an image that crashes",
      text: calm.replace("2100 }", "2100, defect: crash }"),
      seed: 1,
      gateways: 1,
    },
  ])("$what, seed $seed, $gateways gateways", async ({ text, seed, gateways }) => {
    const { lines, results } = recordWorld({ text, seed, gateways });
    save(lines);
    expect(await replay("--ndjson", at("d.ndjson")), bench.terminal.stderr).toBe(0);
    expect(bench.terminal.stdout).toContain(`the same in all ${lines.length - 1} lines`);
    const devices = bench.read("d.ndjson").trimEnd().split("\n");
    const head = { scenario: "recorded", seed };
    expect(devices.map((line) => JSON.parse(line))).toEqual(
      results.map((result) => ({ ...head, ...result })),
    );
  });

  test("with power cuts that really happened", () => {
    const { results } = recordWorld({ text: faulty, seed: 1 });
    expect(results.some(({ powerCuts }) => powerCuts > 0)).toBe(true);
  });

  test("of a run that Ctrl-C ended", async () => {
    save(recordWorld({ text: lossy, seed: 3, untilUs: 400e6 }).lines);
    expect(await replay("--json", at("r.json"))).toBe(0);
    expect(JSON.parse(bench.read("r.json"))).toMatchObject({ interrupted: true, expectations: [] });
  });
});

describe("a recording that stops short", () => {
  test("after any line is replayed until there", async () => {
    const end = placeOf(short, "end");
    for (let length = 1; length < short.length; length++) {
      save(short.slice(0, length));
      bench.terminal.stdout = "";
      expect(await replay(), `${length} lines`).toBe(0);
      const words =
        length <= end
          ? "where the recording does; until there the same in"
          : "replayed: the same in";
      expect(bench.terminal.stdout).toContain(words);
    }
  });

  test("within a line is replayed until that line", async () => {
    const [head = "", start = "", ...rest] = first;
    const next = rest[0] ?? "";
    for (let length = 0; length < next.length - 2; length += 7) {
      save([head, start, next.slice(0, length)]);
      expect(await replay()).toBe(0);
      expect(bench.terminal.stdout).toContain("the same in all 1 line of");
    }
    save([head, start, rest.join("").trimEnd()]);
    bench.terminal.stdout = "";
    expect(await replay()).toBe(0);
    expect(bench.terminal.stdout).toContain(`the same in all ${first.length - 1} lines`);
  });

  test("within its first line is none", async () => {
    const [head = ""] = first;
    for (let length = 40; length < head.length - 1; length += 41) {
      save([head.slice(0, length)]);
      expect(await complaint()).toContain("its first line is cut off or another");
    }
  });
});

interface ChangedItem {
  items: { phyPayload: string; timing: object }[];
}

describe("what does not come out the same is named by its first event", () => {
  const changed = (
    place: number,
    change: (line: ChangedItem & Record<string, unknown>) => void,
  ) => {
    const line = JSON.parse(first[place] ?? "");
    change(line);
    return first.with(place, `${JSON.stringify(line)}\n`);
  };

  test("a changed command, by what the device does not answer", async () => {
    save(
      changed(placeOf(first, "command"), ({ items: [item] }) => {
        if (item !== undefined) item.phyPayload = `${item.phyPayload.slice(0, -2)}00`;
      }),
    );
    expect(await replay()).toBe(1);
    expect(bench.terminal.stderr).toMatch(
      /replays differently: .*:\d+ \(uplink of gateway 0 at \d+\.\d{6} s\): did not happen\n/,
    );
  });

  test("a command that is missing, by the acknowledgement that is missing", async () => {
    const place = placeOf(first, "command");
    save(first.toSpliced(place, 1));
    expect(await replay()).toBe(1);
    expect(bench.terminal.stderr).toMatch(
      /differently: .*ack of gateway 0 .*did not happen|was "ack"/,
    );
  });

  test("a fragment of another time, by its acknowledgement", async () => {
    const place = first.findIndex((line) => line.includes('{"type":"immediately"}'));
    save(changed(place, (line) => Object.assign(line, { at: Number(line["at"]) - 1 })));
    expect(await replay()).toBe(1);
    expect(bench.terminal.stderr).toMatch(/ack of gateway 0 at .*: at was \d+, is \d+/);
  });

  test.each([
    ["uplink", "rssiDbm", -61, /uplink .*: rssiDbm was -61, is -60/],
    ["stats", "received", 77, /stats .*: received was 77, is 0/],
    ["ack", "statuses", ["tooLate"], /ack .*: statuses was \["tooLate"\], is \["ok"\]/],
    ["device", "state", "failed", /\(device 0\): state was "failed", is "updated"/],
    ["device", "timeline", [], /\(device 0\): timeline was \[\], is /],
  ])("%s: %s", async (type, key, value, words) => {
    save(changed(placeOf(first, type), (line) => Object.assign(line, { [key]: value })));
    expect(await replay()).toBe(1);
    expect(bench.terminal.stderr).toMatch(words);
  });

  test("something that happened, and is not in it", async () => {
    const end = placeOf(first, "end");
    const place = first.findLastIndex(
      (line, index) => index < end && line.startsWith('{"type":"s'),
    );
    save(first.toSpliced(place, end - place));
    expect(await replay()).toBe(1);
    expect(bench.terminal.stderr).toMatch(/of gateway 0 at \d+\.\d{6} s is not in the recording/);
  });

  test("a crash that does not happen again", async () => {
    const end = placeOf(first, "end");
    const crash = { type: "crashed", at: JSON.parse(first[end] ?? "").at, error: "a breach" };
    save([...first.slice(0, end), `${JSON.stringify(crash)}\n`]);
    expect(await replay()).toBe(1);
    expect(bench.terminal.stderr).toContain(
      "the run crashed here (a breach), and this one does not",
    );
  });

  test("another firmware of this version of fuota", async () => {
    const { firmware } = JSON.parse(first[0] ?? "");
    const sha256 = "ab".repeat(32);
    save([(first[0] ?? "").replace(firmware.sha256, sha256), ...first.slice(1)]);
    expect(await replay()).toBe(1);
    expect(bench.terminal.stderr).toContain(`firmware: sha256 was "${sha256.slice(0, 59)}…, is `);
  });
});

describe("options", () => {
  test("--until stops before an event, and compares until there", async () => {
    save(first);
    expect(await replay("--until", "100", "--json", at("r.json"))).toBe(0);
    expect(bench.terminal.stdout).toMatch(
      /until \d+\.\d{3} s, before event 100; until there the same/,
    );
    expect(JSON.parse(bench.read("r.json")).cells[0].events).toBe(100);
  });

  test("--device says what happened to one, and only that", async () => {
    save(first);
    expect(await replay("--device", "2")).toBe(0);
    expect(bench.terminal.stdout).toMatch(/^ {5}2 .* booted 1\.0\.0/);
    expect(await complaint("--device", "4")).toContain("has no device 4");
  });

  test("a machine has standard output to itself", async () => {
    save(first);
    expect(await replay("--json", "-")).toBe(0);
    expect(JSON.parse(bench.terminal.stdout).totals.devices).toBe(4);
    expect(bench.terminal.stderr).toContain("replayed: the same");
    expect(await complaint("--json", "-", "--ndjson", "-")).toContain("two outputs cannot go to");
  });

  test("--run and --firmware are of other files", async () => {
    save(first);
    bench.write("fw.bin", new Uint8Array(1000));
    expect(await complaint("--run", "2")).toContain("is a recording, and of one run");
    expect(await complaint("--firmware", at("fw.bin"))).toMatch(/was run without --firmware$/);
  });
});

describe("hostile files", () => {
  const [head = "", start = ""] = first;
  const command = first[placeOf(first, "command")] ?? "";
  test.each([
    ["not JSON", [head, "{\n"], /:2: is not JSON/],
    ["not UTF-8", [head, Buffer.from([0xff, 0x0a]).toString("latin1")], /:2: is not JSON/],
    ["an unknown type", [head, '{"type":"x"}\n'], /:2: is no line of a recording: /],
    [
      "another version",
      [head.replace('"schemaVersion":1', '"schemaVersion":2')],
      /:1: is a recording of version 2; this fuota reads version 1/,
    ],
    ["a second head", [head, head], /:2: another recording begins/],
    ["a second start", [head, start, start], /:3: the world was started before/],
    [
      "time that goes back",
      [head, start.replace(/"at":\d+/, '"at":9000000'), start],
      /:3: is earlier than the line before/,
    ],
    [
      "a time beyond a year",
      [head, '{"type":"start","at":1e15}\n'],
      /:2: .*at is 1000000000000000/,
    ],
    [
      "a gateway that is not",
      [head, start, command.replace('"gateway":0', '"gateway":1')],
      /:3: gateway is 1, of 1 from 0/,
    ],
    [
      "a frame of 256 bytes",
      [head, command.replace(/"phyPayload":"/, `$&${"00".repeat(256)}`)],
      /items\.0\.phyPayload/,
    ],
    [
      "a device that is not",
      [...first.slice(0, -1), (first.at(-1) ?? "").replace('"id":3', '"id":9')],
      /device 9 has no place/,
    ],
    ["a device twice", [...first, first.at(-1) ?? ""], /device 3 has no place/],
    ["a device before the end", [head, first.at(-1) ?? ""], /:2: device 3 has no place/],
    ["more after the end", [...first, start], /follows the end of the run/],
    [
      "another scenario than its digest",
      [head.replace("redundancyPercent: 100", "redundancyPercent: 50")],
      /sha256 is not that of/,
    ],
    ["an endless line", [head, "x".repeat(10_000_000)], /has a line of more than 8388608 bytes/],
  ])("%s", async (_, lines, words) => {
    save(lines);
    const said = await complaint();
    expect(said).toMatch(words);
    expect(said).not.toContain("\n");
  });

  test("any byte of any line changed is a difference, a refusal or no matter, and never a bug", async () => {
    const text = short.join("");
    const inLines = fc.nat({ max: text.length - 1 });
    await fc.assert(
      fc.asyncProperty(inLines, fc.integer({ min: 0x20, max: 0x7e }), async (place, byte) => {
        save([text.slice(0, place), String.fromCharCode(byte), text.slice(place + 1)]);
        const status = await replay().catch((error: unknown) => {
          if (error instanceof InputError) return 2;
          throw error;
        });
        expect([0, 1, 2]).toContain(status);
      }),
      { numRuns: 50, seed: 1 },
    );
  });
});

test("every line has the published form", () => {
  const url = new URL("../../../docs/recording.schema.json", import.meta.url);
  const published = readFileSync(url, "utf8");
  expect(published).toBe(publishedText(recordingSchema));
  const validate = new Ajv2020({ strict: false }).compile(JSON.parse(published));
  for (const line of recordWorld({ text: faulty, seed: 1 }).lines) {
    expect(validate(JSON.parse(line)), `${line}${JSON.stringify(validate.errors)}`).toBe(true);
  }
});
