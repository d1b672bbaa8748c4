import { describe, expect, test } from "vitest";
import { CHECKSUM_BYTES, type ChecksumAlgorithm } from "#agent/pull/checksum.ts";
import { CHUNK_FAULTS, type ChunkFault } from "#sim/server/thingsboard/faults.ts";
import {
  type HttpRequest,
  type PullServer,
  PullWorld,
  type Reply,
} from "../../../agent/pull/pull-world.ts";
import { update } from "../../../agent/pull/scripted-server.ts";
import { packageOf, StandIn } from "./stand-in.ts";

/* Our device and our stand-in of its server. */

class StandInServer extends StandIn implements PullServer {
  reply({ method, path, body = "" }: HttpRequest, nowUs: number): Reply {
    this.engine.advance(Math.max(nowUs, this.engine.now));
    // Its token has a space.
    const outcome = this.ask(method, path.replace("/T%201/", "/T/"), body);
    if (outcome === undefined || outcome === "silence") return "lost";
    return outcome === "close" ? "the connection was closed" : outcome;
  }
}

function worldOf(standIn: StandInServer, algorithm: ChecksumAlgorithm = "SHA256"): PullWorld {
  standIn.server.assignToProfile("default", "fw", packageOf({ data: update, algorithm }));
  return new PullWorld(standIn);
}

test.each(Object.keys(CHECKSUM_BYTES) as ChecksumAlgorithm[])(
  "an update checked by %s",
  (algorithm) => {
    const standIn = new StandInServer();
    const world = worldOf(standIn, algorithm);
    world.run(600);
    expect(world.status().version).toBe("2.0.0");
    expect(standIn.telemetry("fw_state")).toBe("UPDATED");
    expect(standIn.telemetry("current_fw_version")).toBe("2.0.0");
  },
);

test("nobody is told twice; who was away when it was assigned asks", () => {
  const standIn = new StandInServer();
  const world = new PullWorld(standIn);
  world.run(10);
  world.cutPower();
  standIn.server.assignToProfile("default", "fw", packageOf({ data: update }));
  standIn.wait(100);
  world.run(1000);
  expect(standIn.telemetry("fw_state")).toBe("UPDATED");
});

test("a rate limit slows it down and does not stop it", () => {
  const standIn = new StandInServer({}, { rateLimit: { requests: 3, seconds: 30 } });
  const world = worldOf(standIn);
  world.run(3600);
  expect(standIn.telemetry("fw_state")).toBe("UPDATED");
});

describe("chunk faults", () => {
  const kinds = Object.keys(CHUNK_FAULTS) as ChunkFault["kind"][];

  test.each(kinds)("%s, twice at chunk 2: it comes through", (kind) => {
    const standIn = new StandInServer({}, { faults: [{ kind, chunk: 2, times: 2 }] });
    const world = worldOf(standIn);
    world.run(3600);
    expect(world.status().version).toBe("2.0.0");
    expect(standIn.telemetry("fw_state")).toBe("UPDATED");
  });

  test.each(kinds)("%s, always: it runs what it ran", (kind) => {
    const standIn = new StandInServer({}, { faults: [{ kind }] });
    const world = worldOf(standIn);
    world.run(12 * 3600);
    expect(world.status()).toMatchObject({ version: "1.0.0", boot: { active: 0 } });
    const isAnswered = ["empty", "short", "long", "flipped"].includes(kind);
    expect(standIn.telemetry("fw_state")).toBe(isAnswered ? "FAILED" : "DOWNLOADING");
  });
});
