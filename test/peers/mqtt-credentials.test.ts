import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { MqttSession, type MqttSessionOptions } from "#hal/net/mqtt-session.ts";
import { makeCertificate } from "./certificates.ts";

/* A device that a mosquitto knows by its password, or by its certificate. */

const folder = mkdtempSync(join(tmpdir(), "fuota-credentials-"));
const at = (name: string) => join(folder, name);
let broker: ChildProcess | undefined;
let plain = 0;
let secure = 0;

beforeAll(async () => {
  [plain, secure] = [await freePort(), await freePort()];
  execFileSync("mosquitto_passwd", ["-b", "-c", at("passwords"), "user", "right"]);
  makeCertificate(folder, "ca");
  makeCertificate(folder, "server", {
    by: "ca",
    options: ["-addext", "subjectAltName=IP:127.0.0.1"],
  });
  makeCertificate(folder, "device", { by: "ca" });
  makeCertificate(folder, "stranger");
  const lines = [
    // Or else it becomes one who cannot read these files.
    `user ${userInfo().username}`,
    "per_listener_settings true",
    `listener ${plain} 127.0.0.1`,
    "allow_anonymous false",
    `password_file ${at("passwords")}`,
    `listener ${secure} 127.0.0.1`,
    "allow_anonymous true",
    `cafile ${at("ca.pem")}`,
    `certfile ${at("server.pem")}`,
    `keyfile ${at("server.key")}`,
    "require_certificate true",
  ];
  writeFileSync(at("mosquitto.conf"), `${lines.join("\n")}\n`);
  broker = spawn("mosquitto", ["-c", at("mosquitto.conf")], { stdio: "ignore" });
  broker.on("error", () => {});
  for (const port of [plain, secure]) {
    while (!(await isListening(port))) {
      if (broker.exitCode !== null) throw new RangeError(`mosquitto ended with ${broker.exitCode}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
});
afterAll(() => {
  broker?.kill();
  rmSync(folder, { recursive: true, force: true });
});

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const address = probe.address();
  if (typeof address !== "object" || address === null) throw new RangeError("no port");
  probe.close();
  await once(probe, "close");
  return address.port;
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

/** How the first attempt ends. */
function attempt(options: MqttSessionOptions): Promise<string> {
  return new Promise((resolve) => {
    const session = new MqttSession(options, {
      onConnected: () => {
        session.close();
        resolve("connected");
      },
      onMessage: () => {},
      onClosed: (detail, isUnknown) => resolve(`${isUnknown ? "unknown" : "closed"}: ${detail}`),
    });
  });
}

test.each([
  { password: "right", is: "connected" },
  { password: "wrong", is: "unknown: the server does not know these credentials" },
])("a user name with the $password password", async ({ password, is }) => {
  expect(await attempt({ url: `mqtt://127.0.0.1:${plain}`, username: "user", password })).toBe(is);
});

const pem = (name: string) => ({
  cert: readFileSync(at(`${name}.pem`)),
  key: readFileSync(at(`${name}.key`)),
});

test.each([
  { name: "device", trusts: "ca", is: /^connected$/ },
  { name: "stranger", trusts: "ca", is: /^closed: / },
  { name: "device", trusts: "stranger", is: /^closed: .*certificate/ },
])("the certificate of a $name that trusts $trusts", async ({ name, trusts, is }) => {
  const url = `mqtts://127.0.0.1:${secure}`;
  expect(await attempt({ url, ...pem(name), ca: readFileSync(at(`${trusts}.pem`)) })).toMatch(is);
});
