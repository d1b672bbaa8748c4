import { expect, test } from "vitest";
import { Engine } from "#sim/kernel/engine.ts";
import type { ModemGroup } from "#sim/modem/modem-radio.ts";
import { OwnRadio } from "#sim/modem/own-radio.ts";
import { ScriptedRadio } from "./scripted-radio.ts";

/** A radio that the host's AT firmware and FUOTA of the modem share. */

const group = (mcAddr: number): ModemGroup => ({
  mcAddr,
  nwkSKey: new Uint8Array(16),
  appSKey: new Uint8Array(16),
  nextFCnt: 0,
  frequencyHz: 869_525_000,
  dr: 0,
});

function shared(own: readonly number[], isReserved = false) {
  const radio = new ScriptedRadio(new Engine());
  radio.isJoined = true;
  let resets = 0;
  const onReset = () => {
    resets += 1;
  };
  const groups = own.map(group);
  const host = new OwnRadio(radio, { isReserved, groups, onReset });
  const heard = () => radio.listening.map(({ mcAddr }) => mcAddr);
  return { host, heard, radio, resets: () => resets };
}

test.each([
  ["class A: nobody's", "A", [], [7], []],
  ["class C: the host's before its own", "C", [1, 2], [7], [1, 2, 7]],
  ["one that both have is the host's", "C", [7], [7, 8], [7, 8]],
  ["four at most", "C", [1, 2, 3], [7, 8], [1, 2, 3, 7]],
] as const)("%s", (_, modemClass, hosts, own, heard) => {
  const bench = shared(own);
  bench.host.listen(modemClass, hosts.map(group));
  expect(bench.heard()).toEqual(heard);
});

test("what the packages tune goes on with the host's groups", () => {
  const bench = shared([7]);
  bench.host.listen("C", [group(1)]);
  bench.host.tune("A");
  expect(bench.heard()).toEqual([]);
  bench.host.tune("C");
  expect(bench.heard()).toEqual([1, 7]);
});

test.each([
  [false, true, "accepted"],
  [true, true, "busy"],
  [true, false, "notJoined"],
])("reserved %s, joined %s: %s", (isReserved, isJoined, type) => {
  const { host, radio } = shared([], isReserved);
  radio.isJoined = isJoined;
  const options = { confirmed: false, linkCheck: false, timeRequest: false };
  expect(host.send(1, Uint8Array.of(0), 0, options).type).toBe(type);
});

test("a reset is one of both", () => {
  const { host, heard, resets } = shared([7]);
  host.listen("C", [group(1)]);
  host.reset();
  expect([heard(), host.modemClass, host.isJoined, resets()]).toEqual([[], "A", false, 1]);
});
