import { describe, expect, test } from "vitest";
import type { OtaPackage } from "#sim/server/thingsboard/ota-package.ts";
import type { PullWorld } from "../agent/pull/pull-world.ts";
import { update } from "../agent/pull/scripted-server.ts";
import { factoryImage } from "../agent/test-device.ts";
import { packageOf } from "../sim/server/thingsboard/stand-in.ts";

/** What the server gives. */
export type Given = "attributes" | "chunk";
/** What becomes of it on its way; `breaks`: the exchange, or the session, ends instead. */
export type Fate = "arrives" | "lost" | "breaks";

/** The server, and what its people do there and see, in ThingsBoard's words. */
export interface RigServer {
  readonly server: {
    assignToProfile(profile: string, kind: "fw", ota: OtaPackage | undefined): void;
    restart(): void;
  };
  wait(seconds: number): void;
  /** That the device says it runs. */
  readonly reportedVersion: unknown;
  /** Undefined: it has no word for that. */
  telemetry(key: string): unknown;
}

/** A device that pulls, a server, and what carries their words, in virtual time. */
export interface PullRig {
  readonly standIn: RigServer;
  readonly world: PullWorld;
  /** Chunks that were asked for, in this order. */
  readonly chunks: readonly number[];
  /** Whatever was asked for, chunks among it. */
  readonly asked: number;
  fateOf: (given: Given) => Fate;
  /** The device gives the token that the server knows. */
  isKnown: boolean;
}

const CHUNKS = Math.ceil(update.length / 256);
const ota = packageOf({ data: update });
const other = packageOf({ id: "2", version: "3.0.0", data: factoryImage });

function assigned(rig: PullRig, assigns = ota): PullRig {
  rig.standIn.server.assignToProfile("default", "fw", assigns);
  return rig;
}

type Cases = Readonly<Record<string, (rig: PullRig) => void>>;

const cases: Cases = {
  "an update, each chunk asked for once": (rig) => {
    const { world, standIn } = assigned(rig);
    world.run(60);
    expect(world.status()).toMatchObject({ version: "2.0.0", isTrial: false, isIdle: true });
    expect(standIn.telemetry("fw_state")).toBe("UPDATED");
    expect(standIn.reportedVersion).toBe("2.0.0");
    expect(rig.chunks).toEqual(Array.from({ length: CHUNKS }, (_, index) => index));
  },

  "assigned while it waits": (rig) => {
    rig.world.run(100);
    expect(rig.world.status().isIdle).toBe(true);
    assigned(rig).standIn.wait(1);
    rig.world.run(1000);
    expect(rig.standIn.telemetry("fw_state")).toBe("UPDATED");
  },

  "assigned while it was away": (rig) => {
    rig.world.run(10);
    rig.world.cutPower();
    assigned(rig).standIn.wait(1);
    rig.world.run(100);
    expect(rig.standIn.telemetry("fw_state")).toBe("UPDATED");
  },

  ...disturbed("chunk", "lost"),
  ...disturbed("chunk", "breaks"),
  ...disturbed("attributes", "lost"),
  ...disturbed("attributes", "breaks"),

  "another package in the middle: none of the first one's bytes": (rig) => {
    const { world, standIn } = assigned(rig, other);
    world.run(60, () => rig.chunks.length === 1);
    assigned(rig, ota);
    standIn.wait(1);
    world.run(1000);
    expect(world.status().version).toBe("2.0.0");
    expect(world.bank(1).subarray(0, update.length)).toEqual(update);
  },

  "un-assigned in the middle: nothing of it stays": (rig) => {
    const { world, standIn } = assigned(rig);
    world.run(60, () => rig.chunks.length === 2);
    standIn.server.assignToProfile("default", "fw", undefined);
    world.run(1000);
    expect(world.status()).toMatchObject({
      version: "1.0.0",
      offsetBytes: undefined,
      isIdle: true,
    });
  },

  "a token that the server does not know, until it does": (rig) => {
    const { world, standIn } = assigned(rig);
    rig.isKnown = false;
    world.run(3600);
    expect(world.notesOf("denied").length).toBeGreaterThan(5);
    expect(world.status().version).toBe("1.0.0");
    rig.isKnown = true;
    world.run(1000);
    expect(standIn.telemetry("fw_state")).toBe("UPDATED");
  },

  "the server restarts in the middle": (rig) => {
    const { world, standIn } = assigned(rig);
    world.run(60, () => rig.chunks.length === 3);
    standIn.server.restart();
    world.run(1000);
    expect(standIn.telemetry("fw_state")).toBe("UPDATED");
  },

  "power fails again and again: only the chunk that was on its way is asked for twice": (rig) => {
    const { world, standIn } = assigned(rig);
    for (let each = 1; each <= CHUNKS; each++) {
      world.run(600, () => rig.chunks.length >= 2 * each);
      world.cutPower();
    }
    world.run(600);
    expect(standIn.telemetry("fw_state")).toBe("UPDATED");
    expect(rig.chunks.length).toBeLessThanOrEqual(2 * CHUNKS);
  },

  "the checksum of other bytes: three downloads, and the reason is told": (rig) => {
    const { world, standIn } = assigned(rig, { ...ota, checksum: "ab".repeat(32) });
    world.run(24 * 3600);
    expect(world.status().version).toBe("1.0.0");
    expect(rig.chunks).toHaveLength(3 * CHUNKS);
    expect(standIn.telemetry("fw_state")).toBe("FAILED");
    expect(standIn.telemetry("fw_error")).toMatch(/^checksum: SHA256 is /);
  },

  "larger than the bank: no chunk, and the reason is told": (rig) => {
    const { world, standIn } = assigned(rig, packageOf({ data: new Uint8Array(2049) }));
    world.run(3600);
    expect(rig.chunks).toEqual([]);
    expect(standIn.telemetry("fw_error")).toBe("offer: 2049 bytes, the bank has 2048");
  },

  ...hopeless("lost"),
  ...hopeless("breaks"),
};

function disturbed(what: Given, fate: Fate): Record<string, (rig: PullRig) => void> {
  return {
    [`every other ${what} ${fate === "lost" ? "is lost" : fate}: it comes through`]: (rig) => {
      const { world, standIn } = assigned(rig);
      let count = 0;
      rig.fateOf = (given) => (given === what && count++ % 2 === 0 ? fate : "arrives");
      world.run(3600);
      expect(standIn.telemetry("fw_state")).toBe("UPDATED");
      expect(world.bank(1).subarray(0, update.length)).toEqual(update);
    },
  };
}

/** Back-off ends at a minute here. */
function hopeless(fate: Fate): Record<string, (rig: PullRig) => void> {
  return {
    [`whatever it asks for ${fate === "lost" ? "is lost" : fate}: it asks ever more rarely`]: (
      rig,
    ) => {
      const { world } = assigned(rig);
      rig.fateOf = () => fate;
      world.run(24 * 3600);
      expect(world.status().version).toBe("1.0.0");
      expect(rig.asked).toBeLessThan(6000);
    },
  };
}

/** A case that does not hold with a server, why, and what does instead. */
export interface Instead {
  readonly because: string;
  readonly holds: (rig: PullRig) => void;
}

/** What a device that pulls does, whatever carries its words to its server. */
export function pullContract(
  name: string,
  newRig: () => PullRig,
  insteadOf: Readonly<Record<string, Instead>> = {},
): void {
  const unknown = Object.keys(insteadOf).filter((title) => !Object.hasOwn(cases, title));
  if (unknown.length > 0) throw new RangeError(`no such case: ${unknown.join(", ")}`);
  describe(`pull: ${name}`, () => {
    for (const [title, run] of Object.entries(cases)) {
      const instead = insteadOf[title];
      if (instead === undefined) test(title, () => run(newRig()));
      else test(`${title} - not so: ${instead.because}`, () => instead.holds(newRig()));
    }
  });
}
