import { type Command, InvalidArgumentError } from "commander";
import { CHUNK_FAULTS, type ChunkFault, parseChunkFault } from "#sim/server/thingsboard/faults.ts";
import { integer } from "#tools/run/command.ts";

/** What a stand-in does to chunks, and how long they are where only offsets are asked for. */
export interface FaultOptions {
  readonly fault?: readonly ChunkFault[];
  readonly chunk: number;
}

const CHUNK_BYTES_MAX = 1024 * 1024;

/** `where`: nobody says there which chunk it is. */
export function withFaultOptions(command: Command, where: string): Command {
  return command
    .option(
      "--fault <kind[:chunk[xtimes]]>",
      `what becomes of chunks: ${Object.keys(CHUNK_FAULTS).join(", ")}; again for more`,
      fault,
    )
    .option(
      "--chunk <bytes>",
      `how long the chunks are that --fault counts ${where}`,
      integer(1, CHUNK_BYTES_MAX),
      16_384,
    );
}

function fault(text: string, before: readonly ChunkFault[] = []): readonly ChunkFault[] {
  const parsed = parseChunkFault(text);
  if (parsed !== undefined) return [...before, parsed];
  throw new InvalidArgumentError("expected kind, kind:chunk or kind:chunkxtimes, like short:3x2");
}
