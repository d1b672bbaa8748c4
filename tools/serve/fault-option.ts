import { type Command, InvalidArgumentError } from "commander";
import { CHUNK_FAULTS, type ChunkFault, parseChunkFault } from "#sim/server/thingsboard/faults.ts";

/** What a stand-in does to chunks. */
export interface FaultOptions {
  readonly fault?: readonly ChunkFault[];
}

export function withFaultOption(command: Command): Command {
  return command.option(
    "--fault <kind[:chunk[xtimes]]>",
    `what becomes of chunks: ${Object.keys(CHUNK_FAULTS).join(", ")}; again for more`,
    fault,
  );
}

function fault(text: string, before: readonly ChunkFault[] = []): readonly ChunkFault[] {
  const parsed = parseChunkFault(text);
  if (parsed !== undefined) return [...before, parsed];
  throw new InvalidArgumentError("expected kind, kind:chunk or kind:chunkxtimes, like short:3x2");
}
