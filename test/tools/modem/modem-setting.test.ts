import { afterAll, beforeAll, expect, test } from "vitest";
import { deviceKeys } from "#sim/fleet/identity.ts";
import { InputError } from "#tools/errors.ts";
import { APP_KEY, DEV_EUI, modemSettingOf } from "#tools/modem/modem-setting.ts";
import { CommandBench } from "../run/command-bench.ts";

const bench = new CommandBench();
const hexOf = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex").toUpperCase();
beforeAll(() => {
  const head = bench.read("one-cell.yaml");
  bench.write("sick.yaml", `${head}region: AU915\nseed: 7\nmodem:\n  busy: 0.25\n  echo: true\n`);
});
afterAll(() => bench.remove());

test("nothing said: a healthy modem in Europe", () => {
  const { regional, identity, seed, troubles, scenario } = modemSettingOf(undefined, {});
  expect([hexOf(identity.devEui), hexOf(identity.appKey)]).toEqual([DEV_EUI, APP_KEY]);
  expect([regional.region.name, seed, troubles, scenario]).toEqual(["EU868", 1, {}, undefined]);
});

test("a scenario: its region, seed, first device and troubles", () => {
  const { regional, identity, seed, troubles } = modemSettingOf(bench.at("sick.yaml"), {});
  expect([regional.region.name, seed]).toEqual(["AU915", 7]);
  expect(troubles).toEqual({ busy: 0.25, echo: true });
  const { devEui, joinEui, appKey } = deviceKeys(7, 0, "1.0");
  expect(identity).toEqual({ devEui, joinEui, appKey });
});

test("the command line goes before it", () => {
  const appKey = new Uint8Array(16).fill(9);
  const options = { region: "US915", seed: 3, appKey, set: ["modem.busy=1"] } as const;
  const setting = modemSettingOf(bench.at("sick.yaml"), options);
  expect([setting.regional.region.name, setting.seed]).toEqual(["US915", 3]);
  expect(setting.identity.appKey).toBe(appKey);
  expect(setting.identity.devEui).toEqual(deviceKeys(3, 0, "1.0").devEui);
  expect(setting.troubles.busy).toBe(1);
});

test("--set alone changes the modem and not who it is", () => {
  const { identity, troubles } = modemSettingOf(undefined, { set: ["modem.bootLoops=2"] });
  expect(troubles).toEqual({ bootLoops: 2 });
  expect(hexOf(identity.devEui)).toBe(DEV_EUI);
});

test.each([
  ["modem.busy=2", /modem\.busy is 2, expected .*from 0 to 1/],
  ["modem.buzy=1", /modem\.buzy is unknown; did you mean busy\?/],
  ["modem.band=EU433", /modem\.band/],
  ["modem", /expected KEY=VALUE/],
])("%s is told what is expected, in one line", (set, words) => {
  const run = () => modemSettingOf(undefined, { set: [set] });
  expect(run).toThrow(InputError);
  expect(run).toThrow(words);
  expect(run).not.toThrow(/\n/);
});
