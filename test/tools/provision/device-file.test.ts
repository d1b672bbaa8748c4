import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { resolveScenario } from "#scenarios/defaults.ts";
import { abpSession, deviceKeys } from "#sim/fleet/identity.ts";
import { InputError } from "#tools/errors.ts";
import { readDeviceFile } from "#tools/provision/device-file.ts";
import { csvOf, deviceListOf, type ListedDevice } from "#tools/provision/device-list.ts";

const folder = mkdtempSync(join(tmpdir(), "fuota-devices-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const path = join(folder, "list");

function listOf(lorawan: "1.0" | "1.1", packages: "v1" | "v2" = "v1"): readonly ListedDevice[] {
  const defaults = { lorawan, packages };
  const devices = { count: 3, defaults };
  const campaign = { redundancyPercent: 10 };
  return deviceListOf(resolveScenario({ name: "a", devices, campaign, expect: {} }), 1);
}
const read = (text: string) => {
  writeFileSync(path, text);
  return readDeviceFile(path);
};
const complaint = (text: string): string => {
  try {
    read(text);
  } catch (error) {
    if (error instanceof InputError) return error.message.replace(path, "list");
    throw error;
  }
  return "none";
};

describe.each(["1.0", "1.1"] as const)("a list of %s devices", (lorawan) => {
  const list = listOf(lorawan, "v2");
  const expected = [0, 1, 2].map((id) => ({ ...deviceKeys(1, id, lorawan), lorawan, packages: 2 }));

  test("is read as it was written, in both forms", () => {
    expect(read([...csvOf(list)].join(""))).toEqual(expected);
    expect(read(JSON.stringify(list, null, 2))).toEqual(expected);
  });
});

describe.each(["1.0.2", "1.1"] as const)(
  "devices of %s with a session from the start",
  (lorawan) => {
    const defaults = { lorawan, activatedBy: "abp", firstDevAddr: "01abcdef" } as const;
    const scenario = resolveScenario({
      name: "a",
      devices: { count: 2, defaults },
      campaign: { redundancyPercent: 10 },
      expect: {},
    });

    test("have it back", () => {
      const found = read([...csvOf(deviceListOf(scenario, 1))].join(""));
      expect(found.map(({ abp }) => abp)).toEqual(
        scenario.devices.kinds.flatMap(({ device }) =>
          [0, 1].map((id) => abpSession(1, id, device)),
        ),
      );
    });
  },
);

describe("what people do to a CSV file is understood", () => {
  const [device] = listOf("1.0");
  if (device === undefined) throw new RangeError("no device");
  const { devEui, joinEui, appKey, genAppKey } = device;

  test.each<[string, string]>([
    [
      "columns in another order, and others",
      `colour,packages,appKey,genAppKey,joinEui,lorawan,devEui\nred,1,${appKey},${genAppKey},${joinEui},1.0,${devEui}\n`,
    ],
    [
      "quotes, commas and line breaks in names, and no break at the end",
      `name,devEui,joinEui,lorawan,packages,appKey,genAppKey\r\n"a ""b"",\nc",${devEui},"${joinEui}",1.0,1,${appKey},${genAppKey}`,
    ],
    [
      "a byte order mark, empty lines, upper case, and EUIs with dashes",
      `\uFEFFdevEui,joinEui,lorawan,packages,appKey,genAppKey\n\n${(devEui.match(/../g) ?? []).join("-").toUpperCase()},${joinEui},1.0,1,${appKey},${genAppKey}\n\n`,
    ],
  ])("%s", (_, text) => {
    expect(read(text)).toEqual([{ ...deviceKeys(1, 0, "1.0"), lorawan: "1.0", packages: 1 }]);
  });
});

describe("what cannot be used is told by line and field", () => {
  const list = listOf("1.0");
  const csv = [...csvOf(list)];
  const changed = (field: keyof ListedDevice, value: unknown) =>
    JSON.stringify(
      list.map((device, index) => (index === 1 ? { ...device, [field]: value } : device)),
    );

  test.each<[string, RegExp]>([
    ["", /^list:1: has no column devEui; expected columns devEui,joinEui,/],
    [csv[0] ?? "", /^list: lists no device$/],
    ["[]", /^list: lists no device$/],
    ["[7]", /^list: device 1: expected an object with devEui/],
    ["[{", /^list: no JSON: /],
    [changed("devEui", "02f0"), /^list: device 2: devEui is "02f0"; expected 16 hex digits$/],
    [changed("appKey", undefined), /^list: device 2: appKey is missing; expected 32 hex digits$/],
    [changed("genAppKey", "xyz"), /^list: device 2: genAppKey is "xyz"; expected 32 hex digits$/],
    [
      changed("lorawan", "1.2"),
      /^list: device 2: lorawan is "1\.2"; expected one of 1\.0, 1\.0\.2/,
    ],
    [changed("packages", 3), /^list: device 2: packages is 3; expected 1 or 2$/],
    [changed("devEui", list[0]?.devEui), /^list: device 2: devEui is that of list: device 1, too$/],
    [`${csv.join("")}1,2\r\n`, /^list:5: 2 columns, expected 16$/],
    [`${csv[0]}${csv[1]}${csv[2]?.replace("02f0", "0xf0")}`, /^list:3: devEui is "0xf0/],
    [`${csv[0]}"a"b,c\n`, /^list:2: a quote in the wrong place$/],
    [`${csv[0]}"never closed\n`, /^list:2: a quote in the wrong place$/],
  ])("%j", (text, words) => {
    expect(complaint(text).replaceAll(path, "list")).toMatch(words);
  });

  test("a file that is not there", () => {
    expect(() => readDeviceFile(join(folder, "none"))).toThrow(/no such file/);
  });

  test("noise, in one line", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 60 }), (noise) => {
        for (const text of [noise, `[${noise}`, `${csv[0]}${noise}`]) {
          expect(complaint(text)).not.toBe("none");
        }
      }),
      { numRuns: 20 },
    );
  });
});
