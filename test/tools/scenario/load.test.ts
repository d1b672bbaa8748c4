import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { InputError } from "#tools/errors.ts";
import { loadScenario, parseScenario } from "#tools/scenario/load.ts";

const good = `name: test
devices:
  count: 10
campaign:
  redundancyPercent: 20
expect:
  updated: all
`;

function complaintOf(text: string): string {
  try {
    parseScenario(text, "test.yaml");
  } catch (error) {
    if (error instanceof InputError) return error.message;
    throw error;
  }
  return "accepted";
}

test("a good scenario is accepted, and its text kept to the letter", () => {
  const loaded = parseScenario(good, "test.yaml");
  expect(loaded.scenario.devices?.count).toBe(10);
  expect(loaded.text).toBe(good);
  expect(loaded.sha256).toMatch(/^[0-9a-f]{64}$/);
});

/** One line: file, line, path, value, and what was expected. */
describe("a bad scenario", () => {
  test.each([
    {
      change: ["redundancyPercent: 20", 'redundancyPercent: "lots"'],
      says: 'test.yaml:5: campaign.redundancyPercent is "lots", expected an integer from 0 to 1000',
    },
    {
      change: ["redundancyPercent: 20", "redundancyPercent: 20.5"],
      says: "test.yaml:5: campaign.redundancyPercent is 20.5, expected an integer from 0 to 1000",
    },
    {
      change: ["redundancyPercent: 20", "redundancyPercnt: 20"],
      says: "test.yaml:5: campaign.redundancyPercnt is unknown; did you mean redundancyPercent?",
    },
    {
      change: ["  redundancyPercent: 20", "  dr: 5"],
      says: "test.yaml:4: campaign.redundancyPercent is missing, expected an integer from 0 to 1000",
    },
    {
      change: ["count: 10", "count: -1"],
      says: "test.yaml:3: devices.count is -1, expected an integer from 1 to 1000000",
    },
    {
      change: ["count: 10", "count: 10\n  defaults: { packages: v3 }"],
      says: 'test.yaml:4: devices.defaults.packages is "v3", expected "v1" or "v2"',
    },
    {
      change: ["count: 10", "count: 10\n  defaults: { granuleBytes: 3 }"],
      says: "test.yaml:4: devices.defaults.granuleBytes is 3, expected 1, 2, 4, 8, 16 or 32",
    },
    {
      change: ["name: test", "name: Über Test"],
      says: 'test.yaml:1: name is "Über Test", expected up to 64 lower-case letters, digits and dashes',
    },
    {
      change: ["updated: all", "updated: most"],
      says: 'test.yaml:7: expect.updated is "most", expected all, a number, or a comparison like ">= 95%"',
    },
    {
      change: ["expect:", "air: { multicastLoss: { model: gilbert, goodToBad: 0.1 } }\nexpect:"],
      says: 'test.yaml:6: air.multicastLoss.model is "gilbert", expected "bernoulli", "gilbertElliott" or "trace"',
    },
    {
      change: ["expect:", "air: { multicastLoss: { probability: 0.1 } }\nexpect:"],
      says: 'test.yaml:6: air.multicastLoss.model is missing, expected "bernoulli", "gilbertElliott" or "trace"',
    },
    {
      change: [
        "expect:",
        "air: { multicastLoss: { model: bernoulli, probability: 1.1 } }\nexpect:",
      ],
      says: "test.yaml:6: air.multicastLoss.probability is 1.1, expected a number from 0 to 1",
    },
    {
      change: [
        "expect:",
        "faults:\n  - { kind: reset, share: 1, when: { atFragment: 0 } }\nexpect:",
      ],
      says: "test.yaml:7: faults[0].when.atFragment is 0, expected an integer from 1 to 16383",
    },
    {
      change: ["expect:", "faults:\n  - { kind: reset, share: 1, when: { } }\nexpect:"],
      says: "test.yaml:7: faults[0].when is a mapping, expected a mapping with atS or a mapping with atFragment",
    },
    {
      change: ["devices:\n  count: 10", "devices: 10"],
      says: "test.yaml:2: devices is 10, expected a mapping with count, perCell, defaults, dealt, mix",
    },
    {
      change: ["name: test", "nam\u0001e\u202e: test"],
      says: "test.yaml:1: nam?e? is unknown; did you mean name?",
    },
    {
      change: ["name: test", "__proto__: { name: test }"],
      says: "test.yaml:1: __proto__ is unknown; known are",
    },
    {
      change: ["name: test", "name: test\nname: again"],
      says: 'test.yaml:2: key "name" is repeated',
    },
    { change: [good, "[]"], says: "test.yaml:1: the file is a list, expected a fuota scenario" },
    { change: [good, "# nothing\n"], says: "test.yaml: is empty, expected a scenario" },
    {
      change: [good, "just words"],
      says: 'test.yaml:1: the file is "just words", expected a fuota scenario',
    },
  ])("$says", ({ change: [from = "", to = ""], says }) => {
    const complaint = complaintOf(good.replace(from, to));
    expect(complaint.slice(0, says.length)).toBe(says);
    expect(complaint).not.toContain("\n");
    expect(complaint.length).toBeLessThan(250);
  });

  test("is refused wherever it is cut off, or accepted; nothing else", () => {
    for (let length = 0; length < good.length; length++) complaintOf(good.slice(0, length));
  });

  test("of any bytes gets one line", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: "binary", maxLength: 200 }),
        fc.nat(good.length),
        (junk, at) => {
          const complaint = complaintOf(good.slice(0, at) + junk + good.slice(at));
          expect(complaint).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}]/u);
        },
      ),
      { seed: 1, numRuns: 300 },
    );
  });
});

describe("a file", () => {
  let folder = "";
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "fuota-load-"));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const file = (name: string, content: string | Uint8Array) => {
    const path = join(folder, name);
    writeFileSync(path, content);
    return path;
  };
  const loading = (path: string) => () => loadScenario(path);

  test("is read from a path, or by the name of a shipped scenario", () => {
    expect(loadScenario(file("good.yaml", good)).scenario.name).toBe("test");
    expect(loadScenario("quick-start").scenario.devices?.count).toBe(200);
  });

  test("with a byte-order mark is read", () => {
    expect(loadScenario(file("bom.yaml", `\uFEFF${good}`)).scenario.name).toBe("test");
  });

  test("that is not there, no file, no text, or too large is refused", () => {
    expect(loading(join(folder, "none.yaml"))).toThrow(/none\.yaml: no such file$/);
    expect(loading(folder)).toThrow(/: is a directory$/);
    expect(loading("a\0b")).toThrow(/^a\?b: not a file name$/);
    expect(loading(file("latin1.yaml", Uint8Array.of(0x61, 0xe4, 0x62)))).toThrow(
      /is not UTF-8 text$/,
    );
    expect(loading(file("large.yaml", " ".repeat(1_048_577)))).toThrow(
      /larger than 1048576 bytes$/,
    );
    expect(loading("quick-stat")).toThrow(/^quick-stat: no such file; did you mean quick-start\?$/);
  });
});
