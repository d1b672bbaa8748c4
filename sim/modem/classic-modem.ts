import { bytesFrom, hexOf } from "./hex-text.ts";
import type { FirmwareParts, Interpreter } from "./interpreter.ts";
import type { RadioEvent, SendOutcome } from "./modem-radio.ts";

const UNSUPPORTED = 1;
const BAD_PARAMETER = 2;
const BUSY = 80;
const NOT_JOINED = 86;
const TOO_LONG = 87;
const DUTY_CYCLE = 90;
const JOIN_FAILED = 99;
const NO_ACK = 96;

const REGIONS = ["EU433", "CN470", "IN865", "EU868", "US915", "AU915", "KR920", "AS923"];
/** Plain settings: what they take. */
const SETTINGS: Readonly<Record<string, RegExp>> = {
  work_mode: /^0$/,
  join_mode: /^[01]$/,
  class: /^[02]$/,
  dr: /^[0-7]$/,
  tx_power: /^\d{1,2}$/,
  adr: /^[01]$/,
  dutycycle_enable: /^[01]$/,
  confirm: /^[01]$/,
  send_repeat_cnt: /^\d$/,
  multicastenable: /^[01]$/,
};

type Reply = readonly string[];

/** RAK811 v3, RAK4200 and RAK4270 (their AT command manuals): commands that wait for their outcome. */
export class ClassicModem implements Interpreter {
  readonly #parts: FirmwareParts;
  readonly #multicast: {
    mcAddr?: number;
    nwkSKey?: Uint8Array;
    appSKey?: Uint8Array;
  } = {};

  constructor(parts: FirmwareParts) {
    this.#parts = parts;
  }

  start(): void {
    const { print, nvm } = this.#parts;
    const sessionClass = nvm.settings["class"] === "2" ? "C" : "A";
    print(
      `Current work_mode:LoRaWAN, join_mode:OTAA, MulticastEnable: ${this.#isMulticast}, Class: ${sessionClass}`,
    );
    print("Initialization OK");
  }

  execute(line: string): void {
    for (const text of this.#run(line)) this.#parts.print(text);
  }

  /** What is said at once; what takes a while says it later. */
  #run(line: string): Reply {
    const [, name = "", value = ""] = /^at\+(\w+)(?:=(.*))?$/i.exec(line) ?? [];
    switch (name.toLowerCase()) {
      case "version":
        return [`OK V${this.#parts.profile.firmware}`];
      case "join":
        return this.#join();
      case "send":
        return this.#send(value);
      case "set_config":
        return this.#set(value);
      case "get_config":
        return this.#get(value);
      default:
        return [errorText(UNSUPPORTED)];
    }
  }

  onRadio(event: RadioEvent): void {
    switch (event.type) {
      case "joined":
        this.#listen();
        this.#parts.print("OK Join Success");
        return;
      case "joinFailed":
        this.#parts.print(errorText(JOIN_FAILED));
        return;
      case "exchangeOver": {
        const { confirmed, acknowledged, answer } = event;
        const isLost = confirmed && !acknowledged;
        this.#parts.print(isLost ? errorText(NO_ACK) : "OK");
        if (!isLost && answer !== undefined) this.#received(answer.fPort ?? 0, answer);
        return;
      }
      case "multicast":
      case "unicast":
        this.#received(event.fPort, event);
        return;
      default:
        event satisfies never;
    }
  }

  #join(): Reply {
    const { nvm, radio } = this.#parts;
    return radio.join(nvm, this.#dr) ? [] : [errorText(BUSY)];
  }

  #send(value: string): Reply {
    const { nvm, radio } = this.#parts;
    const [, port = "", hex = ""] = /^lora:(\d{1,3}):(.*)$/i.exec(value) ?? [];
    const payload = bytesFrom(hex);
    if (payload === undefined || Number(port) < 1 || Number(port) > 223) {
      return [errorText(BAD_PARAMETER)];
    }
    const confirmed = nvm.settings["confirm"] === "1";
    const options = { confirmed, linkCheck: false, timeRequest: false };
    const error = errorOf(radio.send(Number(port), payload, this.#dr, options));
    return error === undefined ? [] : [errorText(error)];
  }

  #set(value: string): Reply {
    const { nvm, radio } = this.#parts;
    if (/^device:restart$/i.test(value)) {
      radio.reset();
      this.start();
      return [];
    }
    const [, name = "", text = ""] = /^lora:(\w+):(.*)$/i.exec(value) ?? [];
    const pattern = SETTINGS[name];
    if (pattern !== undefined) {
      if (!pattern.test(text)) return [errorText(BAD_PARAMETER)];
      nvm.settings[name] = text;
    } else if (!this.#setOther(name, text)) {
      return [errorText(name === "" ? UNSUPPORTED : BAD_PARAMETER)];
    }
    this.#listen();
    return ["OK"];
  }

  #setOther(name: string, text: string): boolean {
    const { nvm } = this.#parts;
    const eui = bytesFrom(text, 8);
    const key = bytesFrom(text, 16);
    const address = bytesFrom(text, 4);
    if (name === "region" && REGIONS.includes(text)) nvm.settings["region"] = text;
    else if (name === "dev_eui" && eui !== undefined) nvm.devEui = eui;
    // One of zeros only is refused.
    else if (name === "app_eui" && eui?.some((byte) => byte !== 0) === true) nvm.joinEui = eui;
    else if (name === "app_key" && key !== undefined) nvm.appKey = key;
    else if (name === "multicast_nwks_key" && key !== undefined) this.#multicast.nwkSKey = key;
    else if (name === "multicast_apps_key" && key !== undefined) this.#multicast.appSKey = key;
    else if (name === "multicast_dev_addr" && address !== undefined) {
      this.#multicast.mcAddr = Number.parseInt(text, 16);
    } else return false;
    return true;
  }

  #get(value: string): Reply {
    const { nvm, radio } = this.#parts;
    const { settings } = nvm;
    if (/^device:status$/i.test(value)) {
      return ["OK Board Core:RAK4270", "MCU:STM32L071KB", "LoRa chip:SX1262"];
    }
    if (!/^lora:status$/i.test(value)) return [errorText(BAD_PARAMETER)];
    const { frequencyHz, dr } = radio.rx2;
    return [
      "OK Work Mode: LoRaWAN",
      `Region: ${settings["region"] ?? "EU868"}`,
      `MulticastEnable: ${this.#isMulticast}`,
      "Join_mode: OTAA",
      `DevEui: ${hexOf(nvm.devEui)}`,
      `AppEui: ${hexOf(nvm.joinEui)}`,
      `AppKey: ${hexOf(nvm.appKey)}`,
      `Class: ${settings["class"] === "2" ? "C" : "A"}`,
      `Joined Network:${radio.isJoined}`,
      `RX2_CHANNEL_FREQUENCY: ${frequencyHz}, RX2_CHANNEL_DR:${dr}`,
    ];
  }

  #received(
    fPort: number,
    { rssiDbm, snrDb, payload }: { rssiDbm: number; snrDb: number; payload: Uint8Array },
  ): void {
    const data = payload.length > 0 ? `:${hexOf(payload)}` : "";
    const head = payload.length > 0 ? fPort : 0;
    this.#parts.print(`at+recv=${head},${rssiDbm},${snrDb},${payload.length}${data}`);
  }

  get #dr(): number {
    return Number(this.#parts.nvm.settings["dr"] ?? "5");
  }

  get #isMulticast(): boolean {
    return this.#parts.nvm.settings["multicastenable"] === "1";
  }

  /** One group, where RX2 is. */
  #listen(): void {
    const { nvm, radio } = this.#parts;
    const { mcAddr, nwkSKey, appSKey } = this.#multicast;
    if (!radio.isJoined) return;
    const modemClass = nvm.settings["class"] === "2" ? "C" : "A";
    const isOn = modemClass === "C" && this.#isMulticast;
    if (!isOn || mcAddr === undefined || nwkSKey === undefined || appSKey === undefined) {
      radio.listen(modemClass, []);
      return;
    }
    radio.listen(modemClass, [{ mcAddr, nwkSKey, appSKey, nextFCnt: 0, ...radio.rx2 }]);
  }
}

function errorText(code: number): string {
  return `ERROR: ${code}`;
}

function errorOf(outcome: SendOutcome): number | undefined {
  switch (outcome.type) {
    case "accepted":
      return undefined;
    case "notJoined":
      return NOT_JOINED;
    case "busy":
      return BUSY;
    case "tooLong":
      return TOO_LONG;
    case "restricted":
      return DUTY_CYCLE;
    default:
      return outcome satisfies never;
  }
}
