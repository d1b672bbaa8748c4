import { describe, expect, test } from "vitest";
import { NodeCrypto } from "#hal/node/crypto.ts";
import { type PullFleetOptions, runPullFleet } from "#sim/pull/fleet.ts";
import { GOOD_IP_LINK } from "#sim/pull/http-link.ts";
import { signer } from "../../agent/test-device.ts";

const base: PullFleetOptions = {
  devices: 20,
  seed: 1,
  imageBytes: 20_000,
  chunkBytes: 1024,
  link: GOOD_IP_LINK,
  resets: 0,
  untilS: 86_400,
};
const run = (change: Partial<PullFleetOptions> = {}) =>
  runPullFleet({ ...base, ...change }, new NodeCrypto(), signer);
const CHUNKS = 20;

/* The rules of booting watch every device of these runs. */

describe("a fleet that pulls", () => {
  test("over good links, each chunk is given once", () => {
    const result = run();
    expect(result).toMatchObject({ updated: 20, reportedUpdated: 20, lost: 0, lives: 40 });
    expect(result.chunks).toBe(20 * CHUNKS);
  });

  test.each([
    { what: "a twentieth of all messages lost", link: { loss: 0.05 } },
    { what: "a third of all messages lost", link: { loss: 0.33 } },
    { what: "connections that end", link: { truncation: 0.1 } },
    { what: "slow links", link: { latencyMinMs: 500, latencyMaxMs: 3000 } },
    {
      what: "links slower than the device waits, now and then",
      link: { latencyMinMs: 100, latencyMaxMs: 8000 },
    },
  ])("$what", ({ link }) => {
    const result = run({ link: { ...GOOD_IP_LINK, ...link } });
    expect(result).toMatchObject({ updated: 20, reportedUpdated: 20, lives: 40 });
    expect(result.chunks).toBeGreaterThanOrEqual(20 * CHUNKS);
  });

  test("resets in the first hour: no recorded chunk is given twice", () => {
    const result = run({ resets: 5 });
    expect(result).toMatchObject({ updated: 20, reportedUpdated: 20 });
    expect(result.lives).toBeGreaterThan(40 + 20);
    expect(result.chunks).toBeLessThanOrEqual(20 * CHUNKS + 5 * 20);
  });

  test("resets and losses together", () => {
    const link = { ...GOOD_IP_LINK, loss: 0.2, truncation: 0.05 };
    expect(run({ resets: 5, link })).toMatchObject({ updated: 20, reportedUpdated: 20 });
  });
});

test("the same seed gives the same run, another one another", () => {
  const link = { ...GOOD_IP_LINK, loss: 0.1 };
  const first = run({ link });
  expect(run({ link })).toEqual(first);
  expect(run({ link, seed: 2 }).events).not.toBe(first.events);
});

test("who has no time is not updated", () => {
  expect(run({ untilS: 60 }).reportedUpdated).toBeLessThan(20);
});
