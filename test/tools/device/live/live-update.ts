import { type ChildProcess, fork, spawn } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { fileURLToPath } from "node:url";
import type { ProfileName } from "#sim/modem/profiles.ts";
import { IDENTITY } from "../../../contract/radio/frames.ts";
import { CommandBench } from "../../run/command-bench.ts";
import { fakeSimulate } from "../../run/fake-fleet.ts";
import { ClockFile } from "./clock-file.ts";
import type { NetworkNews, NetworkOrder } from "./network-process.ts";

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const program = at("network-process.ts");
const bin = at("../../../../tools/bin.ts");
const hexOf = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");
const FRAG_SIZE = 48;
const POLL_MS = 10;
/** With what an image has beside its payload this makes a hundred fragments. */
const PAYLOAD_BYTES = 4640;
const CONFIRMED = /booted 2\.0\.0\+0[\s\S]*confirmed by server contact/;
const RUNS_THE_NEW = /booted 2\.0\.0\+0/;

export interface LiveUpdateInput {
  readonly profile: ProfileName;
  /** How much faster than real time. */
  readonly speed: number;
  readonly redundancyPercent: number;
  readonly spacingS: number;
  readonly timeoutExponent: number;
  readonly seed: number;
}

/**
 * A whole update in real processes: `fuota device` on a pseudo-terminal, behind which a modem, its
 * network and a campaign run in another process. One hundred fragments, one in five lost.
 */
export class LiveUpdate {
  readonly #input: LiveUpdateInput;
  readonly #bench = new CommandBench();
  readonly #children = new Set<ChildProcess>();
  readonly #startMs = Date.now();
  readonly #clock: ClockFile;
  #device: ChildProcess | undefined;
  #path = "";
  #output = "";
  #lifeAt = 0;
  /** A device ended by itself. */
  #hasFailed = false;
  #changed: () => void = () => {};
  /** Of the multicast. */
  sent = { multicasts: 0, lost: 0 };

  constructor(input: LiveUpdateInput) {
    this.#input = input;
    this.#clock = ClockFile.make(this.#bench.at("clock"), this.#startMs);
  }

  /** What all lives of the device have printed. */
  get output(): string {
    return this.#output;
  }

  /** Seconds since the beginning, in their world. */
  get elapsedS(): number {
    const nowMs = this.#isInRealTime ? Date.now() : this.#clock.read("worldMs");
    return (nowMs - this.#startMs) / 1000;
  }

  /** It has confirmed the new image, and that is what runs. */
  get isConfirmed(): boolean {
    const thisLife = this.#output.slice(this.#lifeAt);
    return CONFIRMED.test(this.#output) && RUNS_THE_NEW.test(thisLife);
  }

  /** Makes the images, and starts modem and network. */
  async startNetwork(): Promise<void> {
    const { profile, redundancyPercent, spacingS, timeoutExponent, seed } = this.#input;
    await this.#makeImages();
    const order: NetworkOrder = {
      profile,
      image: this.#bench.at("2.0.0.img"),
      fragSize: FRAG_SIZE,
      redundancyPercent,
      spacingS,
      timeoutExponent,
      lossPercent: 20,
      seed,
    };
    const child = fork(program, [JSON.stringify(order)], {
      execArgv: this.#nodeArgs,
      env: this.#environment("leads"),
    });
    this.#children.add(child);
    this.#path = await new Promise<string>((resolve, reject) => {
      child.once("exit", (status) => reject(new Error(`the network ended with ${status}`)));
      child.on("message", (news: NetworkNews) => {
        if (news.type === "path") resolve(news.path);
        else this.sent = news;
      });
    });
  }

  /** Starts the device's process, for the first time or from what an earlier one has left. */
  startDevice(): void {
    const words = ["device", "--port", this.#path, "--state", this.#bench.at("state")];
    words.push("--dev-eui", hexOf(IDENTITY.devEui), "--join-eui", hexOf(IDENTITY.joinEui));
    words.push("--key", this.#bench.at("public.pem"), "--firmware", this.#bench.at("1.0.0.img"));
    words.push("--heartbeat", "20", "--bank-kib", "16");
    const child = spawn(process.execPath, [...this.#nodeArgs, bin, ...words], {
      env: this.#environment("follows"),
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#children.add(child);
    this.#device = child;
    this.#lifeAt = this.#output.length;
    // A process that starts takes its time, and no more of theirs than that.
    this.#clock.write("speed", 1);
    const take = (bytes: Uint8Array) => {
      this.#output += Buffer.from(bytes).toString();
      this.#clock.write("speed", this.#input.speed);
      this.#changed();
    };
    child.stdout.on("data", take);
    child.stderr.on("data", take);
    child.once("close", (status) => {
      this.#children.delete(child);
      if (status !== null) this.#hasFailed = true;
      if (this.#device === child) this.#device = undefined;
      this.#changed();
    });
  }

  /** SIGKILL: nothing in the process learns of it. */
  async killDevice(): Promise<void> {
    const child = this.#device;
    if (child === undefined) return;
    const gone = new Promise((resolve) => child.once("close", resolve));
    child.kill("SIGKILL");
    await gone;
  }

  /** Until so many seconds of their world are over since the beginning. */
  passUntil(elapsedS: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const poll = setInterval(() => {
        const isOver = this.elapsedS >= elapsedS;
        if (!isOver && !this.#hasFailed) return;
        clearInterval(poll);
        if (isOver) resolve();
        else reject(new Error(`the device ended:\n${this.#output.slice(-4000)}`));
      }, POLL_MS);
    });
  }

  /** The network goes on for so many seconds of its world without a device. */
  async goOnAlone(seconds: number): Promise<void> {
    this.#clock.write("aloneUntilMs", this.#clock.read("worldMs") + seconds * 1000);
    await this.passUntil(this.elapsedS + seconds);
  }

  /** Until the device has said so; fails when it has ended, or has said nothing for so many seconds here. */
  until(isSo: () => boolean, maxS: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const end = (settle: () => void) => {
        clearTimeout(timer);
        this.#changed = () => {};
        settle();
      };
      const give = (why: string) => reject(new Error(`${why}:\n${this.#output.slice(-4000)}`));
      const timer = setTimeout(() => end(() => give("it did not happen")), maxS * 1000);
      this.#changed = () => {
        timer.refresh();
        if (isSo()) end(resolve);
        else if (this.#device === undefined) end(() => give("the device ended"));
      };
      this.#changed();
    });
  }

  async close(): Promise<void> {
    const gone = [...this.#children].map((child) => {
      const ended = new Promise((resolve) => child.once("close", resolve));
      child.removeAllListeners("message");
      child.kill("SIGKILL");
      return ended;
    });
    await Promise.all(gone);
    this.#clock.close();
    this.#bench.remove();
  }

  get #isInRealTime(): boolean {
    return this.#input.speed === 1;
  }

  get #nodeArgs(): string[] {
    const preload = this.#isInRealTime ? [] : ["--import", at("shared-clock-preload.ts")];
    return ["--conditions=fuota-source", "--import", "tsx", ...preload];
  }

  #environment(role: "leads" | "follows"): NodeJS.ProcessEnv {
    return {
      ...process.env,
      FUOTA_APP_KEY: hexOf(IDENTITY.appKey),
      FUOTA_TEST_CLOCK: this.#bench.at("clock"),
      FUOTA_TEST_ROLE: role,
    };
  }

  async #makeImages(): Promise<void> {
    const { privateKey, publicKey } = generateKeyPairSync("ed25519");
    this.#bench.write("private.pem", privateKey.export({ type: "pkcs8", format: "pem" }));
    this.#bench.write("public.pem", publicKey.export({ type: "spki", format: "pem" }));
    for (const version of ["1.0.0", "2.0.0"]) {
      this.#bench.write("app.bin", Buffer.alloc(PAYLOAD_BYTES, version));
      const files = ["--in", this.#bench.at("app.bin"), "--out", this.#bench.at(`${version}.img`)];
      const key = ["--key", this.#bench.at("private.pem"), "--version", version];
      await this.#bench.fuota(fakeSimulate(0), "image", "make", ...files, ...key);
    }
  }
}
