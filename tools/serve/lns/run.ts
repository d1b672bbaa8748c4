import type { LnsWorld } from "./lns-world.ts";

export interface RunHooks {
  readonly interrupt: AbortSignal;
  /** Of the world's seconds. Undefined: when its devices are ready. */
  readonly startAfterS: number | undefined;
  readonly onProgress: () => void;
}

const CHECK_MS = 50;
const PROGRESS_CHECKS = 20;

/** Until the last campaign is over and its devices are back, or until it is interrupted. */
export async function runToEnd(world: LnsWorld, hooks: RunHooks): Promise<void> {
  const { lns, clock } = world;
  const { interrupt, startAfterS = Number.POSITIVE_INFINITY, onProgress } = hooks;
  const startedUs = clock.ageUs;
  let timer: NodeJS.Timeout | undefined;
  let checks = 0;
  let wasAsked = false;
  const ended = new Promise<void>((resolve) => {
    timer = setInterval(() => {
      if (!wasAsked && clock.ageUs - startedUs >= startAfterS * 1e6) {
        wasAsked = true;
        lns.start();
      }
      if (checks++ % PROGRESS_CHECKS === 0) onProgress();
      if (lns.phase === "done" || interrupt.aborted) resolve();
    }, CHECK_MS);
  });
  try {
    await Promise.race([ended, clock.run()]);
  } finally {
    clearInterval(timer);
    clock.stop();
  }
}
