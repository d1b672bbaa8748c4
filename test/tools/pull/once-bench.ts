import { cpSync, readFileSync } from "node:fs";
import { EXIT, RefusedError } from "#tools/errors.ts";
import { readPublicKey } from "#tools/public-key.ts";
import { openDevice } from "#tools/pull/device-folder.ts";
import { CommandBench } from "../run/command-bench.ts";
import { fakeSimulate } from "../run/fake-fleet.ts";
import { signer } from "./pull-bench.ts";

export const BANK_BYTES = 65_536;

export interface Ended {
  readonly status: number;
  /** All that a person reads, the last line as the command ends with it. */
  readonly lines: readonly string[];
  /** The image that ran before is there, bit for bit. */
  readonly isUntouched: boolean;
}

/** `fuota pull --once` of devices that have never heard of an update, hasty ones. */
export class OnceBench {
  readonly command = new CommandBench();
  readonly #factory = this.command.at("factory");
  readonly #passwordBefore = process.env["FUOTA_PASSWORD"];
  #folders = 0;

  constructor() {
    this.command.write("key.pub.pem", signer.publicPem());
    const keys = [readPublicKey(this.command.at("key.pub.pem"))];
    openDevice(this.#factory, () => ({ keys, bankBytes: BANK_BYTES })).flash.close();
  }

  async pull(url: string, args: readonly string[], password?: string): Promise<Ended> {
    const { terminal } = this.command;
    terminal.stdout = "";
    const folder = this.command.at(`device-${this.#folders++}`);
    cpSync(this.#factory, folder, { recursive: true });
    const given = ["--url", url, "--state", folder, "--once", "--back-off", "1", ...args];
    const lines: string[] = [];
    const setPassword = (text: string | undefined) => {
      if (text === undefined) delete process.env["FUOTA_PASSWORD"];
      else process.env["FUOTA_PASSWORD"] = text;
    };
    setPassword(password);
    let status: number;
    try {
      status = await this.command.fuota(fakeSimulate(0), "pull", ...given);
    } catch (error) {
      if (!(error instanceof RefusedError)) throw error;
      status = EXIT.refused;
      lines.push(error.message);
    } finally {
      setPassword(this.#passwordBefore);
    }
    lines.unshift(...terminal.stdout.trimEnd().split("\n"));
    const isUntouched = runningImageOf(folder).equals(runningImageOf(this.#factory));
    return { status, lines, isUntouched };
  }

  remove(): void {
    this.command.remove();
  }
}

function runningImageOf(folder: string): Buffer {
  return readFileSync(`${folder}/flash.bin`).subarray(0, BANK_BYTES);
}
