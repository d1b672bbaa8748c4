/** What a device does when the network manages it. */
import {
  DEFAULT_CHANNELS_HZ,
  DR_MAX,
  isDataRate,
  isFrequency,
  isUplinkFrequency,
  RX1_DR_OFFSET_MAX,
  TX_POWER_INDEX_MAX,
} from "#sim/air/eu868.ts";
import { type MacDownlink, type MacUplink, macDownlink, macUplink } from "./mac-commands.wire.ts";
import { channelAt, isChannelIndex, type MacSession } from "./nvm.ts";

/** "Keep what you have" in LinkADRReq. */
const UNCHANGED = 15;
const BATTERY_UNKNOWN = 255;
/** The simulated air has no signal levels: every downlink has this margin. */
const MARGIN_DB = 10;
const MINOR_VERSION = 1;

/** The server changes its own parameters only when it sees these. */
const STICKY: ReadonlySet<MacUplink["name"]> = new Set([
  "RXParamSetupAns",
  "RXTimingSetupAns",
  "DlChannelAns",
]);

/** Answers on their way into FOpts. */
export class MacAnswers {
  #once: Uint8Array[] = [];
  /** Repeated in every uplink until a downlink shows that the server has them. */
  #sticky: Uint8Array[] = [];

  say(answer: MacUplink): void {
    (STICKY.has(answer.name) ? this.#sticky : this.#once).push(macUplink.encode(answer));
  }

  /** The answers for the next uplink: whole ones, as many as fit. */
  peek(bytesMax: number): Uint8Array {
    const fOpts: number[] = [];
    for (const answer of [...this.#sticky, ...this.#once]) {
      if (fOpts.length + answer.length > bytesMax) break;
      fOpts.push(...answer);
    }
    return Uint8Array.from(fOpts);
  }

  /** The uplink leaves with what {@link peek} gave. What did not fit is dropped: the server asks again. */
  onUplink(): void {
    this.#once = [];
  }

  onDownlink(): void {
    this.#sticky = [];
  }

  clear(): void {
    this.#once = [];
    this.#sticky = [];
  }
}

/** RekeyInd, while the 1.1 session is unconfirmed. */
export function rekeyInd(): Uint8Array {
  return macUplink.encode({ name: "RekeyInd", deviceVersion: { minor: MINOR_VERSION } });
}

/** Executes the MAC commands of one downlink, up to the first that is unknown or truncated. */
export function executeMacCommands(
  bytes: Uint8Array,
  session: MacSession,
  answers: MacAnswers,
): void {
  const block: LinkADRReq[] = [];
  for (const decoded of macDownlink.decode(bytes)) {
    const command = decoded.ok ? decoded.command : undefined;
    if (command?.name === "LinkADRReq") {
      block.push(command);
      continue;
    }
    adaptLink(block.splice(0), session, answers);
    const answer = command && execute(command, session);
    if (answer !== undefined) answers.say(answer);
  }
  adaptLink(block, session, answers);
}

type LinkADRReq = Extract<MacDownlink, { name: "LinkADRReq" }>;
type Named<N> = Extract<MacDownlink, { name: N }>;

/** The answer, if the command has one. */
function execute(
  command: Exclude<MacDownlink, LinkADRReq>,
  session: MacSession,
): MacUplink | undefined {
  switch (command.name) {
    case "DutyCycleReq":
      session.maxDutyCycle = command.limit.maxDutyCycle;
      return { name: "DutyCycleAns" };
    case "RXParamSetupReq":
      return setUpReceiveWindows(command, session);
    case "DevStatusReq":
      return { name: "DevStatusAns", battery: BATTERY_UNKNOWN, radio: { marginDb: MARGIN_DB } };
    case "NewChannelReq":
      return setChannel(command, session);
    case "RXTimingSetupReq":
      session.rxDelayS = Math.max(command.settings.delayS, 1);
      return { name: "RXTimingSetupAns" };
    case "DlChannelReq":
      return moveRx1(command, session);
    case "RekeyConf":
      session.rekeyPending = false;
      return undefined;
    case "ADRParamSetupReq":
      return session.keys.lorawan === "1.1" ? { name: "ADRParamSetupAns" } : undefined;
    case "RejoinParamSetupReq":
      return session.keys.lorawan === "1.1"
        ? { name: "RejoinParamSetupAns", status: { timeAck: false } }
        : undefined;
    case "LinkCheckAns": // never asked for
    case "DeviceTimeAns": // never asked for: the agent keeps its clock by TS003
    case "TxParamSetupReq": // EU868 has no dwell time; TS001 wants no answer then
    case "ForceRejoinReq": // the device joins when its agent says so
      return undefined;
    default:
      return command satisfies never;
  }
}

/** A run of LinkADRReq is one request: all of it or nothing, answered once per command. */
function adaptLink(block: readonly LinkADRReq[], session: MacSession, answers: MacAnswers): void {
  const last = block.at(-1);
  if (last === undefined) return;
  const mask = block.reduce<readonly boolean[] | undefined>(
    (current, command) => current && maskedBy(command, current, session),
    session.channels.map((channel) => channel?.enabled === true),
  );
  const { dataRate, txPower } = last.link;
  const dr = dataRate === UNCHANGED ? session.dr : dataRate;
  const carriesDr = session.channels.some(
    (channel, index) =>
      channel !== undefined && mask?.[index] === true && channel.drMin <= dr && dr <= channel.drMax,
  );
  const channelMaskAck = mask?.includes(true) === true;
  const dataRateAck = isDataRate(dr) && carriesDr;
  const powerAck = txPower === UNCHANGED || txPower <= TX_POWER_INDEX_MAX;
  if (mask !== undefined && channelMaskAck && dataRateAck && powerAck) {
    session.dr = dr;
    if (txPower !== UNCHANGED) session.txPower = txPower;
    session.nbTrans = Math.max(last.redundancy.nbTrans, 1);
    for (const [index, channel] of session.channels.entries()) {
      if (channel === undefined) continue;
      session.channels[index] = { ...channel, enabled: mask[index] === true };
    }
  }
  const status = { channelMaskAck, dataRateAck, powerAck };
  for (const _ of block) answers.say({ name: "LinkADRAns", status });
}

/** Undefined: the mask names a channel that does not exist. */
function maskedBy(
  { chMask, redundancy }: LinkADRReq,
  current: readonly boolean[],
  session: MacSession,
): readonly boolean[] | undefined {
  if (redundancy.chMaskCntl === 6)
    return current.map((_, at) => session.channels[at] !== undefined);
  if (redundancy.chMaskCntl !== 0) return undefined;
  for (let index = 0; index < 16; index++) {
    const wanted = ((chMask >> index) & 1) === 1;
    if (wanted && session.channels[index] === undefined) return undefined;
  }
  return current.map((_, index) => ((chMask >> index) & 1) === 1);
}

function setUpReceiveWindows(
  { dlSettings, frequencyHz }: Named<"RXParamSetupReq">,
  session: MacSession,
): MacUplink {
  const channelAck = isFrequency(frequencyHz);
  const rx2DataRateAck = isDataRate(dlSettings.rx2DataRate);
  const rx1DrOffsetAck = dlSettings.rx1DrOffset <= RX1_DR_OFFSET_MAX;
  if (channelAck && rx2DataRateAck && rx1DrOffsetAck) {
    session.rx1DrOffset = dlSettings.rx1DrOffset;
    session.rx2Dr = dlSettings.rx2DataRate;
    session.rx2FrequencyHz = frequencyHz;
  }
  const status = { channelAck, rx2DataRateAck, rx1DrOffsetAck };
  return { name: "RXParamSetupAns", status };
}

function setChannel(
  { chIndex, frequencyHz, drRange }: Named<"NewChannelReq">,
  session: MacSession,
): MacUplink {
  const { drMin, drMax } = drRange;
  const mayChange = chIndex >= DEFAULT_CHANNELS_HZ.length && isChannelIndex(chIndex);
  const frequencyAck = mayChange && (frequencyHz === 0 || isUplinkFrequency(frequencyHz));
  const drRangeAck = mayChange && drMin <= drMax && drMax <= DR_MAX;
  if (frequencyAck && drRangeAck) {
    while (session.channels.length < chIndex) session.channels.push(undefined);
    session.channels[chIndex] =
      frequencyHz === 0 ? undefined : channelAt(frequencyHz, drMin, drMax);
  }
  return { name: "NewChannelAns", status: { frequencyAck, drRangeAck } };
}

function moveRx1({ chIndex, frequencyHz }: Named<"DlChannelReq">, session: MacSession): MacUplink {
  const channel = session.channels[chIndex];
  const frequencyAck = isFrequency(frequencyHz);
  const uplinkFrequencyExists = channel !== undefined;
  if (frequencyAck && channel !== undefined) {
    session.channels[chIndex] = { ...channel, rx1FrequencyHz: frequencyHz };
  }
  const status = { frequencyAck, uplinkFrequencyExists };
  return { name: "DlChannelAns", status };
}
