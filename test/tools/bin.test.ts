import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test, vi } from "vitest";

/** The command as a process: what only streams, signals and exit statuses can show. */

const root = fileURLToPath(new URL("../..", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "fuota-bin-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const command = ["--conditions=fuota-source", "--import", "tsx", join(root, "tools/bin.ts")];
// Under npm the program names itself as the clone does.
const env = { ...process.env, npm_lifecycle_event: "" };

function fuota(...args: string[]) {
  const run = spawnSync(process.execPath, [...command, ...args], {
    cwd: root,
    env,
    encoding: "utf8",
  });
  return { status: run.status, stdout: run.stdout, stderr: run.stderr };
}

// A process takes a second to start on a busy machine.
vi.setConfig({ testTimeout: 60_000 });

describe("exit status and streams", () => {
  test("help is on standard output", () => {
    const { status, stdout, stderr } = fuota("--help");
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout).toMatch(/^Usage: fuota /);
  });

  test.each([
    { args: ["run", "no.yaml"], says: "fuota: no.yaml: no such file\n" },
    {
      args: ["run", "clean", "--repat", "1"],
      says: "fuota: unknown option '--repat' (Did you mean --repeat?)\n",
    },
    { args: ["replay"], says: "fuota: missing required argument 'file'\n" },
    { args: ["replay", "package.json"], says: "fuota: package.json: is not a report:" },
    { args: ["qick-start"], says: "fuota: qick-start: no such file; did you mean quick-start?\n" },
    { args: ["fec", "check", "package.json"], says: "fuota: package.json" },
  ])("$args is unusable input: one line, status 2", ({ args, says }) => {
    const { status, stdout, stderr } = fuota(...args);
    expect({ status, stdout, start: stderr.slice(0, says.length) }).toEqual({
      status: 2,
      stdout: "",
      start: says,
    });
    expect(stderr.trimEnd()).not.toContain("\n");
  });

  test("a disk that is full is the outside world", () => {
    const { status, stderr } = fuota("run", "clean", "--devices", "2", "--json", "/dev/full");
    expect({ status, stderr }).toEqual({
      status: 3,
      stderr: "fuota: cannot write /dev/full: no space left\n",
    });
  });
});

test("a reader that has seen enough is no error", () => {
  const script = `"$0" "$@" | head -n 1; echo "\${PIPESTATUS[0]}"`;
  const args = [process.execPath, ...command, "run", "clean", "--devices", "4", "--ndjson", "-"];
  const { stdout, stderr } = spawnSync("bash", ["-c", script, ...args], {
    cwd: root,
    env,
    encoding: "utf8",
  });
  const [first = "", status] = stdout.trimEnd().split("\n");
  expect(JSON.parse(first)).toMatchObject({ scenario: "clean" });
  expect(status).toBe("0");
  expect(stderr).not.toContain("Error");
});

test("Ctrl-C ends with what is known so far", async () => {
  const args = ["run", "clean", "--devices", "20", "--repeat", "10000"];
  const child = spawn(process.execPath, [...command, ...args], { cwd: root, env });
  let output = "";
  let isKilled = false;
  const ended = new Promise<number | null>((resolve) => child.on("close", resolve));
  child.stdout.on("data", (chunk) => {
    output += chunk;
    if (isKilled || !output.includes("replay:")) return;
    isKilled = child.kill("SIGINT");
  });
  expect(await ended).toBe(130);
  expect(output).toMatch(/clean · seed 1 · 20 devices in 1 cell · fuota/);
  expect(output).toMatch(/runs met their expectations/);
});
