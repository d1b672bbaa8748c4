import { Command } from "commander";
import type { RunParts } from "#tools/run/command.ts";
import { lnsCommand } from "./lns/command.ts";

export function serveCommand(parts: RunParts): Command {
  return new Command("serve")
    .description("our stand-in servers on real sockets, for devices of your own")
    .addCommand(lnsCommand(parts));
}
