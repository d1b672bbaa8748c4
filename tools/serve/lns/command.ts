import { Command } from "commander";
import { NodeCrypto } from "#hal/node/crypto.ts";
import { SystemEntropy } from "#hal/node/entropy.ts";
import { EXIT } from "#tools/errors.ts";
import { readDeviceFile } from "#tools/provision/device-file.ts";
import type { RunParts } from "#tools/run/command.ts";
import { ProgressLine } from "#tools/run/progress.ts";
import { openSink } from "#tools/run/sink.ts";
import { onEnter } from "./enter-key.ts";
import { LnsWorld, realTime } from "./lns-world.ts";
import { type LnsOptions, prepareLns, withLnsOptions } from "./options.ts";
import { isGood, lnsReportOf } from "./report.ts";
import { progressText, reportText } from "./report-text.ts";
import { runToEnd } from "./run.ts";

export function lnsCommand(parts: RunParts): Command {
  return withLnsOptions(
    new Command("lns").description(
      "a LoRaWAN network server and a FUOTA campaign for your own devices behind your own gateway",
    ),
  ).action(async (source: string, options: LnsOptions) => {
    process.exitCode = await serveLns(source, options, parts);
  });
}

async function serveLns(source: string, options: LnsOptions, parts: RunParts): Promise<number> {
  const { terminal, now } = parts;
  const prepared = prepareLns(source, options, parts);
  const devices = readDeviceFile(options.devices);
  const json = options.json === undefined ? undefined : openSink(options.json, terminal.out);
  const progress = new ProgressLine(terminal, prepared.scenario.name);
  const startedMs = now();
  const say = (text: string) => {
    progress.clear();
    terminal.err(`${((now() - startedMs) / 1000).toFixed(0).padStart(5)} s  ${text}\n`);
  };
  const { kinds } = prepared.scenario.devices;
  const world = await LnsWorld.open({
    ...prepared,
    devices,
    uplinkIntervalS: Math.max(...kinds.map(({ device }) => device.uplinkIntervalS)),
    sessionCnt: options.sessionCnt,
    asksQuestions: options.questions,
    powerDbm: options.power,
    crypto: new NodeCrypto(),
    entropy: new SystemEntropy(),
    say,
    time: realTime(),
  });
  const { signal, end } = parts.interruption();
  const isEnterHeard = onEnter(() => world.lns.start());
  sayWhere(world, options.host, devices.length, isEnterHeard.isHeard, say);
  try {
    await runToEnd(world, {
      interrupt: signal,
      startAfterS: options.startAfter,
      onProgress: () => progress.showText(progressText(prepared.scenario.name, world.lns)),
    });
  } finally {
    progress.clear();
    isEnterHeard.end();
    end();
    await world.close();
  }
  for (const text of world.repeated) say(text);
  const report = lnsReportOf(world.lns, {
    version: parts.version,
    scenario: prepared.scenario.name,
    interrupted: signal.aborted,
    gateways: world.gateways,
    sentBytes: prepared.image.length,
  });
  const print = options.json === "-" ? terminal.err : terminal.out;
  print(reportText(report));
  json?.write(`${JSON.stringify(report, null, 2)}\n`);
  json?.close();
  if (signal.aborted) return EXIT.interrupted;
  return isGood(report) ? EXIT.ok : EXIT.failed;
}

function sayWhere(
  { udpPort, stationPort }: LnsWorld,
  host: string,
  devices: number,
  isEnterHeard: boolean,
  say: (text: string) => void,
): void {
  if (udpPort !== undefined) say(`Semtech UDP on ${host}:${udpPort}`);
  if (stationPort !== undefined) say(`Basics Stations on ws://${host}:${stationPort}`);
  const enter = isEnterHeard ? ", or Enter" : "";
  say(`waiting for ${devices} devices to join and to ask for the time${enter}; Ctrl-C ends`);
}
