import type { Command } from "commander";
import { integer } from "#tools/run/command.ts";

/** Where a stand-in of a server listens. */
export interface ListeningOptions {
  readonly host: string;
  readonly port: number;
  readonly mqtt?: number;
  readonly coap?: number;
}

export function withListeningOptions(command: Command): Command {
  return command
    .option("--host <address>", "where to listen", "127.0.0.1")
    .option("--port <n>", "where to listen; 0 is any that is free", port, 8080)
    .option("--mqtt <port>", "listens for MQTT there, too; 0 is any that is free", port)
    .option("--coap <port>", "listens for CoAP there, too; 0 is any that is free", port);
}

const port = integer(0, 65_535);
