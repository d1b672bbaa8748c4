import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "vitest";
import { drawBelow, drawKey } from "#sim/kernel/draws.ts";
import { imageOf, PullServerBench, signer } from "./pull-bench.ts";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const CHUNK_BYTES = 4096;
const BANK_BYTES = 1024 * 1024;

/** A process on its way through a download; `SIGKILL` comes when a drawn chunk has been asked for. */
export async function pullThroughKills(count: number, seed: number) {
  const folder = mkdtempSync(join(tmpdir(), "fuota-kills-"));
  const image = imageOf(count * 2 * CHUNK_BYTES + 100);
  const server = await PullServerBench.open(image);
  writeFileSync(join(folder, "key.pem"), signer.publicPem());
  const key = drawKey(seed, 0, "kills");
  let kills = 0;
  let running: ChildProcess | undefined;
  const chunks = Math.ceil(image.length / CHUNK_BYTES);
  server.onChunk = (index) => {
    // The kill comes somewhere in what the process does with this chunk, or with the one before.
    const next = Math.floor(((kills + 1) * chunks) / (count + 1));
    if (kills === count || index < next) return;
    kills += 1;
    const delayMs = drawBelow(key, kills, 12);
    const victim = running;
    setTimeout(() => victim?.kill("SIGKILL"), delayMs);
  };
  try {
    for (let lives = 0; lives <= count + 1; lives++) {
      running = startPull(server.url, folder);
      const status = await new Promise<number | null>((resolve) => running?.once("exit", resolve));
      if (status === 0) break;
      expect(status).toBeNull();
    }
    const flash = readFileSync(join(folder, "device", "flash.bin"));
    expect(flash.subarray(BANK_BYTES, BANK_BYTES + image.length).equals(image)).toBe(true);
    expect(server.states.at(-1)).toBe("UPDATED");
    expectAlmostOnce(server.chunks, chunks);
    return { kills, again: server.chunks.length - chunks };
  } finally {
    running?.kill("SIGKILL");
    await server.listener.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** No chunk comes again but the one that a kill took, and that one alone. */
function expectAlmostOnce(asked: readonly number[], chunks: number): void {
  for (const [at, index] of asked.entries()) {
    const before = at === 0 ? -1 : (asked[at - 1] ?? 0);
    expect(index === before || index === before + 1, `${before} then ${index}`).toBe(true);
  }
  expect(new Set(asked).size).toBe(chunks);
}

function startPull(url: string, folder: string): ChildProcess {
  const command = ["--conditions=fuota-source", "--import", "tsx", join(root, "tools/bin.ts")];
  const device = ["--state", join(folder, "device"), "--key", join(folder, "key.pem")];
  const sizes = ["--chunk", String(CHUNK_BYTES), "--bank", String(BANK_BYTES)];
  const args = ["pull", "--url", url, "--token", "T", "--once", ...device, ...sizes];
  return spawn(process.execPath, [...command, ...args], { cwd: root, stdio: "ignore" });
}
