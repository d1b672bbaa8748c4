import { Command, InvalidArgumentError } from "commander";
import { InputError } from "#tools/errors.ts";
import { writeOutputFile } from "#tools/files.ts";
import { isRecording, readRecording } from "#tools/recording/read.ts";
import { countText } from "#tools/run/words.ts";
import type { Terminal } from "#tools/terminal.ts";
import { captureOf } from "./capture-file.ts";
import { framesOf } from "./frames.ts";
import type { LoratapVersion } from "./loratap.ts";

interface PcapOptions {
  readonly out: string;
  readonly loratap: LoratapVersion;
}

export function pcapCommand(terminal: Terminal): Command {
  return new Command("pcap")
    .description("writes the frames of a recorded run as a capture for Wireshark")
    .argument("<recording>", "a recording of fleet")
    .requiredOption("-o, --out <file>", "the capture, with LoRaTap headers")
    .option("--loratap <version>", "0 for Wireshark before 4.2", loratapVersion, 1)
    .action((path: string, { out, loratap }: PcapOptions) => {
      if (!isRecording(path)) throw new InputError(`${path}: is not a recording of fleet`);
      const frames = framesOf(readRecording(path).lines);
      writeOutputFile(out, Buffer.concat([...captureOf(frames, loratap)]));
      const up = frames.filter(({ direction }) => direction === "up").length;
      const counts = `${countText(up, "uplink")}, ${countText(frames.length - up, "downlink")}`;
      terminal.err(`${out}: ${counts}\n`);
    });
}

function loratapVersion(text: string): LoratapVersion {
  if (text === "0") return 0;
  if (text === "1") return 1;
  throw new InvalidArgumentError("expected 0 or 1");
}
