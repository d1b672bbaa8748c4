import { expect, test } from "vitest";
import type { DownlinkRequest } from "#sim/air/frames.ts";
import type { CampaignConfig } from "#sim/server/campaign-requests.ts";
import { S } from "./bench.ts";
import { CampaignBench, good } from "./campaign-bench.ts";

/** "gateway@when"; the time it is handed over, from the first on, or the time it is for. */
function sent(config: Partial<CampaignConfig>) {
  const { bench, campaign } = new CampaignBench([good(1)], config);
  const frames: { text: string; request: DownlinkRequest }[] = [];
  let startS: number | undefined;
  bench.sends = (request) => {
    const { timing, gateway } = request;
    const devAddr = new DataView(request.phyPayload.slice().buffer).getUint32(1, true);
    if (devAddr !== campaign.mcAddr) return true;
    const now = bench.engine.now / S;
    startS ??= now;
    const forS = timing.type === "at" ? ` for ${timing.us / S - startS}` : "";
    frames.push({ text: `${gateway}@${now - startS}${forS}`, request });
    return true;
  };
  campaign.start();
  bench.engine.run(2000 * S, () => campaign.done);
  return frames;
}

const textsOf = (frames: ReturnType<typeof sent>) => frames.map(({ text }) => text);

test("one gateway sends each of the 13 frames", () => {
  const texts = textsOf(sent({ gateways: 1 }));
  expect(texts).toHaveLength(13);
  expect(texts.slice(0, 3)).toEqual(["0@0", "0@5", "0@10"]);
});

test("two send it one after the other, a margin apart, the same bytes", () => {
  const frames = sent({ gateways: 2, spacingUs: 10 * S });
  expect(frames).toHaveLength(26);
  expect(textsOf(frames).slice(0, 4)).toEqual(["0@0", "1@5", "0@10", "1@15"]);
  for (let at = 0; at < frames.length; at += 2) {
    expect(frames[at]?.request.phyPayload).toBe(frames[at + 1]?.request.phyPayload);
  }
});

test("or at one time", () => {
  const frames = sent({ isSimultaneous: true, spacingUs: 10 * S, gateways: 3 });
  expect(frames).toHaveLength(39);
  expect(textsOf(frames).slice(0, 4)).toEqual(["0@0", "1@0", "2@0", "0@10"]);
});

test("a deleted group takes back the copies that are still to come", () => {
  const misbehaviour = { deleteGroupAfterS: 12 };
  const frames = sent({ gateways: 2, spacingUs: 10 * S, misbehaviour });
  expect(textsOf(frames)).toEqual(["0@0", "1@5", "0@10"]);
});
