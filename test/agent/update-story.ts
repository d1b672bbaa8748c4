import { expect } from "vitest";
import { PowerLoss } from "#hal/ports.ts";
import type { Cut, FlashOperation } from "#sim/flash/cuts.ts";
import { FragServer, multicast, setUpGroup } from "./frag-server.ts";
import { PortProbe } from "./port-probe.ts";
import { factoryImage, imageOf, TestDevice } from "./test-device.ts";

export const CUTS: readonly Cut[] = [
  { kind: "notDone" },
  { kind: "doneButLost" },
  { kind: "prefix", bytes: 1 },
  { kind: "prefix", bytes: 9 },
  { kind: "halfErase" },
  { kind: "randomErase" },
  { kind: "marginalErase" },
  { kind: "unstable" },
  { kind: "partialBits" },
];
const update = imageOf("2.0.0", 2, 84);
const LOST = [2, 5, 6, 11];

export interface StoryOptions {
  /** Of TS003, TS004 and TS005. */
  readonly version?: 1 | 2;
  readonly probe?: PortProbe;
}

/** What happens to a device from its set-up to its confirmation. */
export class UpdateStory {
  readonly device: TestDevice;
  readonly server: FragServer;
  /** Fragments that a step returned from: accepted. */
  readonly accepted = new Set<number>();
  /** Those of them that came before the block was complete. */
  useful = 0;
  cuts = 0;

  constructor(granuleBytes: number, { version = 2, probe }: StoryOptions = {}) {
    const packages = { clockSync: version, multicastSetup: version, fragmentation: version };
    const parityVariant = version === 1 ? "ts004-v1" : "ts004-v2-lbm";
    const config = { packages, parityVariant } as const;
    const probed = probe === undefined ? {} : { probe };
    this.device = new TestDevice({ config, granuleBytes, ...probed });
    if (probe !== undefined) probe.onCut = () => this.device.flash.powerOff();
    this.server = new FragServer({ version, data: update, fragSize: 21 });
  }

  /** Repeats a step until power holds; after a cut the device starts anew. */
  #withPower(step: () => void): void {
    for (;;) {
      try {
        if (this.device.device === undefined) {
          this.device.powerOn();
          this.#expectNothingLost();
        }
        step();
        return;
      } catch (error) {
        if (!(error instanceof PowerLoss)) throw error;
        this.cuts += 1;
        this.device.device = undefined;
      }
    }
  }

  #isComplete(): boolean {
    return this.device.device?.status().sessions[0]?.state === "complete";
  }

  #expectNothingLost(): void {
    const session = this.device.status().sessions[0];
    if (session === undefined || session.state === "complete") return;
    expect(session.received).toBeGreaterThanOrEqual(this.accepted.size);
    const uncoded = [...this.accepted].filter((n) => n <= this.server.nbFrag).length;
    expect(session.missing).toBeLessThanOrEqual(this.server.nbFrag - uncoded);
    const group = this.device.status().groups[0];
    expect(group?.nextMcFCnt).toBeGreaterThanOrEqual(Math.max(0, ...this.accepted));
  }

  run(): void {
    const { device, server } = this;
    this.#withPower(() => setUpGroup(device));
    this.#withPower(() => device.downlink(201, server.setup()));
    for (let n = 1; n <= server.nbFrag + 14; n++) {
      if (LOST.includes(n)) continue;
      const { cuts } = this;
      const wasComplete = device.boot.report().updateId !== 0 && this.#isComplete();
      this.#withPower(() => {
        // The fragment that power took away is gone: it is not sent again.
        if (this.cuts === cuts) device.downlink(201, server.fragment(n), multicast(0, n - 1));
      });
      if (this.cuts === cuts) this.accepted.add(n);
      if (this.cuts === cuts && !wasComplete) this.useful += 1;
    }
    this.#withPower(() => {
      if (device.decision?.ok !== true || device.decision.trial) return;
      device.downlink(201, server.statusReq());
      device.wait(20);
    });
    this.#withPower(() => {
      device.send({ type: "contact", at: device.now, morePending: false });
    });
  }
}

/** Whatever happened to its power: the update is in, the old image untouched, nothing is blamed. */
export function expectUpdated({ device, useful, cuts }: UpdateStory, where: string): void {
  expect(device.bank(1).subarray(0, update.length), where).toEqual(update);
  expect(device.bank(0).subarray(0, factoryImage.length), where).toEqual(factoryImage);
  expect(device.boot.report(), where).toMatchObject({ active: 1, lastReason: "confirmed" });
  const status = device.status();
  expect(status.lastFailure, where).toBeUndefined();
  expect(status.sessions, where).toMatchObject([{ missing: 0, state: "complete" }]);
  expect(status.sessions[0]?.received, where).toBeGreaterThanOrEqual(useful);
  expect(status.sessions[0]?.received, where).toBeLessThanOrEqual(useful + cuts);
  expect(status.running.version, where).toBe("2.0.0+0");
}

/** The flash operations of an update without a cut, in order. */
export function operationsOf(granuleBytes: number, version: 1 | 2 = 2): readonly FlashOperation[] {
  const story = new UpdateStory(granuleBytes, { version });
  const operations: FlashOperation[] = [];
  story.device.flash.onOperation = (operation) => operations.push(operation);
  story.run();
  expectUpdated(story, "without a cut");
  return operations;
}

/** The port calls of an update without a cut, in order. */
export function callsOf(granuleBytes: number, version: 1 | 2 = 2): readonly string[] {
  const probe = new PortProbe();
  const story = new UpdateStory(granuleBytes, { version, probe });
  story.run();
  expectUpdated(story, "without a cut");
  return probe.names;
}
