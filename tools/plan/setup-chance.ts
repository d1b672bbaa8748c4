import type { ResolvedScenario } from "#scenarios/defaults.ts";
import { unicastLossesOf } from "#sim/fleet/per-gateway.ts";

/** Group, fragmentation session, multicast session: the last has only to arrive. */
const STAGES = 3;
const LAST = STAGES - 1;

/**
 * Chance that class A brings a device through the set-up, by simulating its frames: in each interval
 * the server adds a copy of the request that it waits for; the device speaks once, and again after
 * whatever it hears; each of its uplinks that arrives fetches one downlink by the gateway that heard it.
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
    const losses = unicastLossesOf({ air, campaign }, seed, device);
    let frame = 0;
    const way: Way = {
      up: () => {
        const counter = frame++;
        const gateway = losses.findIndex((loss) => !loss.lost(counter));
        return gateway < 0 ? undefined : gateway;
      },
      down: (gateway: number) => losses[gateway]?.lost(frame++) === false,
    };
    if (isSetUp(campaign.maxRetries + 1, way)) reached += 1;
  }
  return reached / trials;
}

/** What becomes of the next class A frame. */
interface Way {
  /** The gateway that hears it; undefined: none. */
  readonly up: () => number | undefined;
  readonly down: (gateway: number) => boolean;
}

function isSetUp(attempts: number, way: Way): boolean {
  const queue: number[] = [];
  let answered = 0;
  for (let stage = 0; stage < STAGES; stage++) {
    for (let attempt = 0; attempt < attempts; attempt++) {
      if (answered === stage) queue.push(stage);
      const heard = speak(queue, way, (done) => {
        answered = Math.max(answered, done + 1);
      });
      if (heard.includes(LAST)) return true;
    }
  }
  return false;
}

/** One heartbeat and all that follows from it at once. Returns the stages whose request came. */
function speak(queue: number[], way: Way, onAnswer: (stage: number) => void): readonly number[] {
  const heard: number[] = [];
  const answers: (number | undefined)[] = [undefined];
  while (answers.length > 0) {
    const answer = answers.shift();
    const gateway = way.up();
    if (gateway === undefined) continue;
    if (answer !== undefined) onAnswer(answer);
    const request = queue.shift();
    if (request === undefined || !way.down(gateway)) continue;
    heard.push(request);
    answers.push(request);
  }
  return heard;
}
