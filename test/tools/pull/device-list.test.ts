import { statSync } from "node:fs";
import { afterAll, describe, expect, test } from "vitest";
import { readDeviceList, writeDeviceList } from "#tools/pull/device-list.ts";
import { CommandBench } from "../run/command-bench.ts";

const bench = new CommandBench();
afterAll(() => bench.remove());

const devices = [
  { name: "lab 1", token: "secret-1" },
  { name: "lab 2", token: "secret-2" },
];

test("what is written is read, and is for its owner alone", () => {
  writeDeviceList(bench.at("fleet.json"), devices);
  expect(readDeviceList(bench.at("fleet.json"))).toEqual(devices);
  expect(statSync(bench.at("fleet.json")).mode & 0o077).toBe(0);
});

describe("no list of devices", () => {
  test.each([
    { text: "{", says: /fleet.json: is not JSON/ },
    { text: "{}", says: /expected a list of objects with name and token/ },
    { text: "[]", says: /expected a list of objects/ },
    { text: "[null]", says: /device 1: its name is missing/ },
    { text: '[{"name":"../x","token":"secret"}]', says: /device 1: its name is/ },
    { text: '[{"name":".","token":"secret"}]', says: /device 1: its name is/ },
    { text: '[{"name":"a"}]', says: /device 1: its token is missing/ },
    { text: '[{"name":"a","token":"sec ret"}]', says: /device 1: its token is/ },
    {
      text: '[{"name":"a","token":"secret"},{"name":"a","token":"secret"}]',
      says: /device 2: a is there twice/,
    },
  ])("$text", ({ text, says }) => {
    bench.write("fleet.json", text);
    expect(() => readDeviceList(bench.at("fleet.json"))).toThrow(says);
    expect(() => readDeviceList(bench.at("fleet.json"))).not.toThrow(/sec ?ret/);
  });
});
