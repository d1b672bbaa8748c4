import { Command } from "commander";
import type { RunParts } from "#tools/run/command.ts";
import { drogueCommand } from "./drogue/command.ts";
import { lnsCommand } from "./lns/command.ts";
import { thingsBoardCommand } from "./thingsboard/command.ts";

export function serveCommand(parts: RunParts): Command {
  return new Command("serve")
    .description("a stand-in of a server, on real sockets")
    .addCommand(lnsCommand(parts))
    .addCommand(thingsBoardCommand(parts))
    .addCommand(drogueCommand(parts));
}
