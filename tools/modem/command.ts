import { Command, InvalidArgumentError, Option } from "commander";
import { REGIONS } from "#scenarios/regions/regions.ts";
import { PROFILE_NAMES, PROFILES, type ProfileName } from "#sim/modem/profiles.ts";
import { EXIT, InputError } from "#tools/errors.ts";
import {
  type GatewayOptions,
  gatewayWayOf,
  withGatewayOptions,
} from "#tools/fleet/gateway-options.ts";
import { collected, integer, type RunParts } from "#tools/run/command.ts";
import { hexBytes } from "./hex-option.ts";
import { runLiveModem } from "./live-modem.ts";
import {
  APP_KEY,
  DEV_EUI,
  JOIN_EUI,
  type ModemSettingOptions,
  modemSettingOf,
} from "./modem-setting.ts";
import { provisionModem } from "./provision-modem.ts";
import type { ListenAddress } from "./tcp-port.ts";

interface ModemOptions extends ModemSettingOptions, GatewayOptions {
  readonly api?: string;
  readonly apiKey?: string;
  readonly profile: ProfileName;
  readonly pty?: boolean | string;
  readonly tcp?: ListenAddress;
  readonly baud?: number;
}

export function modemCommand(parts: RunParts): Command {
  const command = new Command("modem")
    .description(
      "a virtual LoRa modem on a pseudo-terminal or TCP, in its own network or a server's",
    )
    .argument("[scenario]", "whose region, seed, first device and troubles (`modem`) it has")
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
      new Option("--region <name>", "of the modem and its network (default: EU868)").choices(
        REGIONS.map(({ name }) => name),
      ),
    )
    .addOption(hexOption("--dev-eui <hex>", "that the network knows it by", DEV_EUI))
    .addOption(hexOption("--join-eui <hex>", "of its network", JOIN_EUI))
    .addOption(hexOption("--app-key <hex>", "that the network expects", APP_KEY))
    .option("--seed <n>", "decides every draw (default: 1)", integer(0, 4_294_967_295))
    .option("--set <key=value>", "changes a key of the scenario; again for more", collected)
    .option("--api <address>", "ChirpStack's API: makes gateway and device known there")
    .option("--api-key <file>", "file with an admin API key; else FUOTA_API_KEY");
  return withGatewayOptions(command)
    .addHelpText(
      "after",
      "\nWith --api, --broker, --udp or --station its gateway speaks to that server.\nSIGHUP cuts its power for a moment. --set modem.busy=0.2 needs no scenario.",
    )
    .action(async (source: string | undefined, options: ModemOptions) => {
      const isBroker = command.getOptionValueSource("broker") === "cli";
      process.exitCode = await runModem(source, options, isBroker, parts);
    });
}

function hexOption(flags: string, description: string, usual: string): Option {
  const parse = hexBytes(usual.length / 2);
  return new Option(flags, `${description} (default: ${usual})`).argParser(parse);
}

async function runModem(
  source: string | undefined,
  options: ModemOptions,
  isBroker: boolean,
  parts: RunParts,
): Promise<number> {
  const { profile: name, tcp, api, udp, station } = options;
  const profile = PROFILES[name];
  const setting = modemSettingOf(source, options, api !== undefined);
  if (setting.troubles.ownFuota === true && profile.family !== "rui3") {
    throw new InputError(`modem.ownFuota is of RUI3: choose --profile rui4_2, not ${name}`);
  }
  const isServed = isBroker || [api, udp, station].some((one) => one !== undefined);
  const way = isServed ? gatewayWayOf(options, setting.regional.region.name, 1) : undefined;
  const { signal, end } = parts.interruption();
  try {
    if (api !== undefined) await provisionModem({ api, apiKey: options.apiKey, setting });
    await runLiveModem({
      ...setting,
      way,
      profile,
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
