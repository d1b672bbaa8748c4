import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";

/** A mosquitto that lets everybody in, on a port of its own. */
export class Mosquitto {
  readonly url: string;
  readonly #child: ChildProcess;

  private constructor(port: number, child: ChildProcess) {
    this.url = `mqtt://127.0.0.1:${port}`;
    this.#child = child;
  }

  static async start(configPath: string): Promise<Mosquitto> {
    const port = await freePort();
    writeFileSync(configPath, `listener ${port} 127.0.0.1\nallow_anonymous true\n`);
    const child = spawn("mosquitto", ["-c", configPath], { stdio: "ignore" });
    child.on("error", () => {});
    while (!(await isListening(port))) await new Promise((resolve) => setTimeout(resolve, 20));
    return new Mosquitto(port, child);
  }

  stop(): void {
    this.#child.kill();
  }
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = Object(probe.address());
  probe.close();
  await once(probe, "close");
  return port;
}

function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}
