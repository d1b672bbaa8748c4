import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "vitest";
import { drawBelow, drawKey } from "#sim/kernel/draws.ts";
import { DrogueServerBench } from "./drogue-bench.ts";
import { imageOf, PullServerBench, signer } from "./pull-bench.ts";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const CHUNK_BYTES = 4096;
const BANK_BYTES = 1024 * 1024;

/** A server with one image for a device. */
interface KillServer {
  /** How the device comes to it. */
  readonly args: readonly string[];
  /** In the order in which they were asked for. */
  readonly chunks: readonly number[];
  onChunk: (index: number) => void;
  isUpdated(): boolean;
  close(): Promise<void>;
}

export const killServers = {
  ThingsBoard: async (image: Uint8Array): Promise<KillServer> => {
    const server = await PullServerBench.open(image);
    return {
      args: ["--url", server.url, "--token", "T"],
      chunks: server.chunks,
      set onChunk(onChunk: (index: number) => void) {
        server.onChunk = onChunk;
      },
      isUpdated: () => server.states.at(-1) === "UPDATED",
      close: () => server.close(),
    };
  },
  Drogue: async (image: Uint8Array): Promise<KillServer> => {
    const server = DrogueServerBench.of(image);
    const url = await server.openHttp();
    const made: KillServer & { chunks: number[] } = {
      args: ["--dialect", "drogue", "--url", url, "--username", "d1@app1"],
      chunks: [],
      onChunk: () => {},
      isUpdated: () => Object(server.device.status["firmware"]).current === "2.0.0",
      close: () => server.close(),
    };
    server.onOffset = (offset) => {
      // Past the end, it hears that there is no more.
      if (offset % CHUNK_BYTES !== 0) return;
      made.chunks.push(offset / CHUNK_BYTES);
      made.onChunk(offset / CHUNK_BYTES);
    };
    return made;
  },
} as const;

/** A process on its way through a download; `SIGKILL` comes when a drawn chunk has been asked for. */
export async function pullThroughKills(
  count: number,
  seed: number,
  kind: keyof typeof killServers = "ThingsBoard",
) {
  const folder = mkdtempSync(join(tmpdir(), "fuota-kills-"));
  const image = imageOf(count * 2 * CHUNK_BYTES + 100);
  const server = await killServers[kind](image);
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
      running = startPull(server.args, folder);
      const status = await new Promise<number | null>((resolve) => running?.once("exit", resolve));
      if (status === 0) break;
      expect(status).toBeNull();
    }
    const flash = readFileSync(join(folder, "device", "flash.bin"));
    expect(flash.subarray(BANK_BYTES, BANK_BYTES + image.length).equals(image)).toBe(true);
    expect(server.isUpdated()).toBe(true);
    expectAlmostOnce(server.chunks, chunks);
    return { kills, again: server.chunks.length - chunks };
  } finally {
    running?.kill("SIGKILL");
    await server.close();
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

function startPull(server: readonly string[], folder: string): ChildProcess {
  const command = ["--conditions=fuota-source", "--import", "tsx", join(root, "tools/bin.ts")];
  const device = ["--state", join(folder, "device"), "--key", join(folder, "key.pem")];
  const sizes = ["--chunk", String(CHUNK_BYTES), "--bank", String(BANK_BYTES)];
  const args = ["pull", ...server, "--once", ...device, ...sizes];
  const env = { ...process.env, FUOTA_PASSWORD: "secret" };
  return spawn(process.execPath, [...command, ...args], { cwd: root, env, stdio: "ignore" });
}
