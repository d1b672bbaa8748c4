import type { ResolvedScenario } from "#scenarios/defaults.ts";
import { lossModel } from "#sim/air/loss.ts";
import { drawKey } from "#sim/kernel/draws.ts";

/** Group, fragmentation session, multicast session: the last has only to arrive. */
const STAGES = 3;
const LAST = STAGES - 1;

/**
 * Chance that class A brings a device through the set-up, by simulating its frames: in each interval
 * the server adds a copy of the request that it waits for; the device speaks once, and again after
 * whatever it hears; each of its uplinks that arrives fetches one downlink.
 */
export function setupChance(
  { air, campaign }: Pick<ResolvedScenario, "air" | "campaign">,
  trials: number,
  seed: number,
): number {
  const { unicastLoss } = air;
  if (unicastLoss.model === "bernoulli" && unicastLoss.probability === 0) return 1;
  let reached = 0;
  for (let device = 0; device < trials; device++) {
    const loss = lossModel(unicastLoss, drawKey(seed, device, "unicastLoss"), device);
    let frame = 0;
    if (isSetUp(campaign.maxRetries + 1, () => !loss.lost(frame++))) reached += 1;
  }
  return reached / trials;
}

/** `arrives`: whether the next class A frame does, up or down. */
function isSetUp(attempts: number, arrives: () => boolean): boolean {
  const queue: number[] = [];
  let answered = 0;
  for (let stage = 0; stage < STAGES; stage++) {
    for (let attempt = 0; attempt < attempts; attempt++) {
      if (answered === stage) queue.push(stage);
      const heard = speak(queue, arrives, (done) => {
        answered = Math.max(answered, done + 1);
      });
      if (heard.includes(LAST)) return true;
    }
  }
  return false;
}

/** One heartbeat and all that follows from it at once. Returns the stages whose request came. */
function speak(
  queue: number[],
  arrives: () => boolean,
  onAnswer: (stage: number) => void,
): readonly number[] {
  const heard: number[] = [];
  const answers: (number | undefined)[] = [undefined];
  while (answers.length > 0) {
    const answer = answers.shift();
    if (!arrives()) continue;
    if (answer !== undefined) onAnswer(answer);
    const request = queue.shift();
    if (request === undefined || !arrives()) continue;
    heard.push(request);
    answers.push(request);
  }
  return heard;
}
