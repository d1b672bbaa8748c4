import { beforeAll, describe, expect, test } from "vitest";
import type { Evidence } from "#tools/conformance/evidence.ts";
import { SITUATIONS, type Situation } from "#tools/conformance/requirement.ts";
import { type Judged, judgeAll, REQUIREMENTS } from "#tools/conformance/suite.ts";
import { provokeStandIn } from "./stand-in.ts";

/** Our server does as ChirpStack v4 does: it takes any group and index, asks for the status once, and says old requests late. */
const AS_CHIRPSTACK: readonly string[] = ["M-08", "M-09", "F-17", "F-20"];

let judged: readonly Judged[] = [];
beforeAll(async () => {
  const evidences = new Map<Situation, Evidence>();
  for (const situation of SITUATIONS) evidences.set(situation, await provokeStandIn(situation));
  judged = judgeAll(evidences);
});

test("requirements have numbers of their own, and there are at least forty", () => {
  const ids = REQUIREMENTS.map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  expect(ids.length).toBeGreaterThanOrEqual(40);
});

describe("our own server", () => {
  test("is asked for everything", () => {
    const untried = judged.filter(({ finding }) => finding.verdict === "notTried");
    expect(untried.map(({ requirement }) => requirement.id)).toEqual([]);
  });

  test("fails where ChirpStack does, and nowhere else", () => {
    const failed = judged.filter(({ finding }) => finding.verdict === "fail");
    expect(failed.map(({ requirement }) => requirement.id)).toEqual(AS_CHIRPSTACK);
  });
});

test("a fragment that another overtakes is not one that is left out", async () => {
  const evidence = await provokeStandIn("conformance-answers-v1", true);
  const found = judgeAll(new Map([["conformance-answers-v1", evidence]]));
  const verdictOf = (id: string) => found.find((one) => one.requirement.id === id)?.finding.verdict;
  expect(["F-03", "F-08"].map(verdictOf)).toEqual(["pass", "fail"]);
});
