import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { clockSyncDownlink, clockSyncUplink } from "#agent/packages/clock-sync.wire.ts";
import { fwDownlink, fwUplink } from "#agent/packages/firmware-management.wire.ts";
import {
  fragDownlinkV1,
  fragDownlinkV2,
  fragUplinkV1,
  fragUplinkV2,
  fragUplinkV2Chirpstack,
} from "#agent/packages/fragmentation.wire.ts";
import {
  mcDownlink,
  mcUplinkChirpstack,
  mcUplinkV1,
  mcUplinkV2,
} from "#agent/packages/multicast-setup.wire.ts";
import { hex } from "../../hex.ts";
import { chirpstackLengths } from "./chirpstack-lengths.ts";
import { clockSyncVectors } from "./clock-sync-vectors.ts";
import { firmwareVectors } from "./firmware-vectors.ts";
import { fragmentationVectors } from "./fragmentation-vectors.ts";
import { multicastVectors } from "./multicast-vectors.ts";
import { packageVersionVectors } from "./package-version-vectors.ts";

const sets = {
  clockSyncDownlink,
  clockSyncUplink,
  mcDownlink,
  mcUplinkV1,
  mcUplinkV2,
  mcUplinkChirpstack,
  fragDownlinkV1,
  fragDownlinkV2,
  fragUplinkV1,
  fragUplinkV2,
  fragUplinkV2Chirpstack,
  fwDownlink,
  fwUplink,
};

/** A set seen without its types: the vectors are data of many types. */
interface AnySet {
  decode(payload: Uint8Array): readonly { readonly ok: boolean; readonly command?: unknown }[];
  encode(command: unknown): Uint8Array;
}
const setOf = (name: keyof typeof sets) => sets[name] as unknown as AnySet;

const vectors = [
  ...packageVersionVectors,
  ...clockSyncVectors,
  ...multicastVectors,
  ...fragmentationVectors,
  ...firmwareVectors,
];

describe.each(vectors)("$set: $bytes is $command.name", ({ set, bytes, command }) => {
  test("both ways", () => {
    expect(setOf(set).decode(hex(bytes))).toEqual([{ ok: true, command }]);
    expect(setOf(set).encode(command)).toEqual(hex(bytes));
  });

  test("every truncation is refused, never misread", () => {
    const whole = hex(bytes);
    // the data of a fragment may have any length; its header may not
    const lengthMax = command.name === "DataFragment" ? 3 : whole.length;
    for (let length = 1; length < lengthMax; length++) {
      const decoded = setOf(set).decode(whole.subarray(0, length));
      expect(decoded).toEqual([{ ok: false, reason: "truncated", at: 0 }]);
    }
  });

  test("an unknown command behind it does not hide it", () => {
    if (command.name === "DataFragment") return;
    const decoded = setOf(set).decode(hex(`${bytes} 7f 00`));
    expect(decoded).toEqual([
      { ok: true, command },
      { ok: false, reason: "unknownCommand", at: hex(bytes).length },
    ]);
  });
});

describe("reserved bits are ignored", () => {
  test.each([
    { set: "mcDownlink", bytes: "01 f5", same: "01 05" },
    { set: "mcDownlink", bytes: "03 fe", same: "03 02" },
    { set: "fragDownlinkV1", bytes: "01 fd", same: "01 05" },
    { set: "fragDownlinkV2", bytes: "03 fe", same: "03 02" },
    { set: "clockSyncDownlink", bytes: "02 ff", same: "02 0f" },
    { set: "clockSyncDownlink", bytes: "03 ff", same: "03 07" },
    { set: "clockSyncDownlink", bytes: "01 01 00 00 00 f3", same: "01 01 00 00 00 03" },
  ] as const)("$set: $bytes is $same", ({ set, bytes, same }) => {
    expect(setOf(set).decode(hex(bytes))).toEqual(setOf(set).decode(hex(same)));
  });
});

test.each(chirpstackLengths)("ChirpStack wants $bytes bytes: $command.name", (row) => {
  expect(setOf(row.set).encode(row.command)).toHaveLength(row.bytes);
});

test("a padded StartMissed is success in 1.0.0, missed for ChirpStack, two commands in plain 2.0.0", () => {
  const padded = hex("04 20 00 00 00");
  const startMissed = { startMissed: true, mcGroupUndefined: false };
  const read = (set: keyof typeof sets) => setOf(set).decode(padded)[0];
  expect(read("mcUplinkV1")).toMatchObject({ ok: true, command: { timeToStart: 0 } });
  expect(read("mcUplinkChirpstack")).toMatchObject({
    ok: true,
    command: { status: startMissed, timeToStart: 0 },
  });
  expect(mcUplinkV2.decode(padded)).toMatchObject([
    { ok: true, command: { name: "McClassCSessionAns", status: startMissed } },
    { ok: true, command: { name: "PackageVersionAns" } },
  ]);
});

describe("hostile bytes", () => {
  test.each(Object.keys(sets) as (keyof typeof sets)[])("%s reads any payload", (name) => {
    const set = setOf(name);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (payload) => {
        const decoded = set.decode(payload);
        decoded.forEach((item, index) => {
          if (!item.ok) expect(index).toBe(decoded.length - 1);
          else expect(set.decode(set.encode(item.command))).toEqual([item]);
        });
      }),
      { seed: 1, numRuns: 300 },
    );
  });
});
