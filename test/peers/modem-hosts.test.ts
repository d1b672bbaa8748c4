import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";

/** Programs that are not ours open the virtual modem as they open any serial port, and use it. */

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const bin = at("../../tools/bin.ts");
const docs = readFileSync(at("../../docs/modems.md"), "utf8");

/** A program, and what it and the modem have said. */
class Running {
  output = "";
  readonly child: ChildProcess;
  readonly ended: Promise<number | null>;
  #changed = () => {};

  constructor(command: string, args: readonly string[]) {
    this.child = spawn(command, args, { stdio: "pipe" });
    this.ended = new Promise((resolve, reject) => {
      this.child.once("error", reject);
      this.child.once("close", resolve);
    });
    const take = (bytes: Uint8Array) => {
      this.output += Buffer.from(bytes).toString("latin1");
      this.#changed();
    };
    this.child.stdout?.on("data", take);
    this.child.stderr?.on("data", take);
  }

  type(line: string): void {
    this.child.stdin?.write(`${line}\r\n`);
  }

  /** What has matched. */
  until(words: RegExp): Promise<string> {
    return new Promise((resolve, reject) => {
      const give = (status: number | null) =>
        reject(new Error(`ended with ${status} before ${words}:\n${this.output}`));
      this.ended.then(give, reject);
      this.#changed = () => {
        const [found] = words.exec(this.output) ?? [];
        if (found !== undefined) resolve(found);
      };
      this.#changed();
    });
  }
}

let folder = "";
let port = "";
let modem: Running;
const running: Running[] = [];

function started(command: string, ...args: string[]): Running {
  const program = new Running(command, args);
  running.push(program);
  return program;
}

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "fuota-port-"));
  port = join(folder, "lora");
  const node = ["--conditions=fuota-source", "--import", "tsx", bin];
  modem = started(process.execPath, ...node, "modem", "--profile", "rui4_2", "--pty", port);
  await modem.until(/modem rui4_2 on/);
});
afterEach(async () => {
  for (const { child } of running) child.kill("SIGKILL");
  await Promise.allSettled(running.splice(0).map(({ ended }) => ended));
  rmSync(folder, { recursive: true });
});

const SENT = /uplink on port 2: 0102/;

test("picocom: asks, joins, sends, and leaves it as it was", async () => {
  const picocom = started("picocom", "--quiet", "--baud", "115200", port);
  const ask = (line: string, answer: RegExp) => {
    picocom.output = "";
    picocom.type(line);
    return picocom.until(answer);
  };
  await ask("AT", /OK\r\n/);
  await ask("AT+VER=?", /AT\+VER=RUI_4\.2\.1_RAK3172-E\r\nOK\r\n/);
  await ask("AT+NONSENSE", /AT_COMMAND_NOT_FOUND\r\n/);
  await ask("AT+DR=5", /OK\r\n/);
  await ask("AT+JOIN", /\+EVT:JOINED\r\n/);
  // Right after a join the duty cycle refuses for a while, and says for how long.
  const answer = /OK\r\n|Restricted_Wait_\d+_ms\r\nAT_BUSY_ERROR\r\n/;
  for (let said = ""; !said.startsWith("OK"); ) {
    said = await ask("AT+SEND=2:0102", answer);
    const waitMs = Number(/\d+/.exec(said)?.[0] ?? 0);
    await new Promise((resolve) => setTimeout(resolve, waitMs));
  }
  await picocom.until(/\+EVT:TX_DONE\r\n/);
  await modem.until(SENT);
  picocom.child.stdin?.end();
  expect(await picocom.ended).toBe(0);

  const next = started("picocom", "--quiet", "--baud", "115200", port);
  next.type("AT+NJS=?");
  await next.until(/AT\+NJS=1\r\nOK\r\n/);
});

test("the script of docs/modems.md", async () => {
  const [, script = ""] = /```bash\n(exec 3<>[\s\S]*?)```/.exec(docs) ?? [];
  expect(script).toContain("/tmp/lora");
  const bash = started("bash", "-e", "-c", script.replaceAll("/tmp/lora", port));
  expect(await bash.ended, bash.output).toBe(0);
  expect(bash.output).toMatch(
    /^(?:OK\s+){3}(?:Current Work Mode: LoRaWAN\.\s+)?\+EVT:JOINED\s[\s\S]*OK\s+\+EVT:TX_DONE\s+$/,
  );
  await modem.until(SENT);
});
