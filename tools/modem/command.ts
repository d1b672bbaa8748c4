import { Command, InvalidArgumentError, Option } from "commander";
import type { RegionName } from "#scenarios/regions/region.ts";
import { REGIONS, regionOf } from "#scenarios/regions/regions.ts";
import { PROFILE_NAMES, PROFILES, type ProfileName } from "#sim/modem/profiles.ts";
import { EXIT } from "#tools/errors.ts";
import { integer, type RunParts } from "#tools/run/command.ts";
import { hexBytes } from "./hex-option.ts";
import { runLiveModem } from "./live-modem.ts";
import type { ListenAddress } from "./tcp-port.ts";

interface ModemOptions {
  readonly profile: ProfileName;
  readonly pty?: boolean | string;
  readonly tcp?: ListenAddress;
  readonly baud?: number;
  readonly region: RegionName;
  readonly devEui: Uint8Array;
  readonly joinEui: Uint8Array;
  readonly appKey: Uint8Array;
  readonly seed: number;
}

const DEV_EUI = "02F00A0000000001";
const JOIN_EUI = "02F00AFF00000001";
const APP_KEY = "00112233445566778899AABBCCDDEEFF";

export function modemCommand(parts: RunParts): Command {
  return new Command("modem")
    .description("a virtual LoRa modem in a network of its own, on a pseudo-terminal or TCP")
    .addOption(
      new Option("--profile <name>", "its firmware").choices(PROFILE_NAMES).default("rui4_2"),
    )
    .option(
      "--pty [link]",
      "a pseudo-terminal, and a link to it; without --tcp this is the default",
    )
    .option("--tcp <[host:]port>", "a TCP port, for one host at a time", listenAddress)
    .option("--baud <rate>", "how fast its line is; else as its firmware", integer(300, 4_000_000))
    .addOption(
      new Option("--region <name>", "of the modem and its network")
        .choices(REGIONS.map(({ name }) => name))
        .default("EU868"),
    )
    .addOption(hexOption("--dev-eui <hex>", "that the network knows it by", DEV_EUI))
    .addOption(hexOption("--join-eui <hex>", "of its network", JOIN_EUI))
    .addOption(hexOption("--app-key <hex>", "that the network expects", APP_KEY))
    .option("--seed <n>", "decides every draw", integer(0, 4_294_967_295), 1)
    .action(async (options: ModemOptions) => {
      process.exitCode = await runModem(options, parts);
    });
}

function hexOption(flags: string, description: string, usual: string): Option {
  const parse = hexBytes(usual.length / 2);
  return new Option(flags, description).argParser(parse).default(parse(usual), usual);
}

async function runModem(options: ModemOptions, parts: RunParts): Promise<number> {
  const { profile: name, tcp, region, devEui, joinEui, appKey, seed } = options;
  const profile = PROFILES[name];
  const { signal, end } = parts.interruption();
  try {
    await runLiveModem({
      profile,
      regional: {
        region: regionOf(region),
        subBand: undefined,
        dwell: { uplink: false, downlink: false },
      },
      identity: { devEui, joinEui, appKey },
      seed,
      baudRate: options.baud ?? profile.baudRate,
      tcp,
      pty: options.pty ?? tcp === undefined,
      interrupt: signal,
      now: parts.now,
      say: (text) => parts.terminal.out(`${text}\n`),
    });
    // Ctrl-C is how it is meant to end.
    return EXIT.ok;
  } finally {
    end();
  }
}

function listenAddress(text: string): ListenAddress {
  const [, host = "127.0.0.1", port = ""] = /^(?:([\w.-]+):)?(\d{1,5})$/.exec(text) ?? [];
  if (port !== "" && Number(port) < 65_536) return { host, port: Number(port) };
  throw new InvalidArgumentError("expected a port, or host:port; 0 is any free one");
}
