import { addressHex, bytesFrom, hexOf } from "./hex-text.ts";
import type { FirmwareParts, Interpreter } from "./interpreter.ts";
import type { AnswerDownlink, ModemGroup, RadioEvent } from "./modem-radio.ts";

type Send = "MSGHEX" | "CMSGHEX";
type Reply = readonly string[];

const BAD_PARAMETER = "ERROR(-1)";
const UNKNOWN = "ERROR(-10)";
const REGIONS = ["EU868", "US915", "AU915", "AS923", "KR920", "IN865", "CN470", "RU864"];

/**
 * Seeed LoRa-E5 (LoRa-E5 AT Command Specification 1.0). Replies begin with the command's name and
 * have no common last line. Not here: P2P tests, low power, most of `AT+LW`.
 */
export class E5Modem implements Interpreter {
  readonly #parts: FirmwareParts;
  #isForced = false;
  #sending: Send | undefined;
  #port = 8;
  /** Not stored. */
  #class = "A";
  #rx2: Pick<ModemGroup, "frequencyHz" | "dr"> | undefined;

  constructor(parts: FirmwareParts) {
    this.#parts = parts;
  }

  start(): void {
    this.#sending = undefined;
    this.#class = "A";
    this.#rx2 = undefined;
  }

  execute(line: string): void {
    if (/^AT$/i.test(line)) {
      this.#say("AT", "OK");
      return;
    }
    const [, name = "", rest = ""] = /^AT\+(\w{1,32})(.*)$/i.exec(line) ?? [];
    const command = name.toUpperCase();
    const reply = this.#run(command, rest.replace(/^=\??|^\?$/, ""));
    if (reply === undefined) this.#say("AT", UNKNOWN);
    else for (const text of reply) this.#say(command, text);
  }

  onRadio(event: RadioEvent): void {
    switch (event.type) {
      case "joined":
        this.#endJoin();
        return;
      case "joinFailed":
        this.#say("JOIN", "Join failed");
        this.#say("JOIN", "Done");
        return;
      case "exchangeOver":
        this.#endExchange(event);
        return;
      case "multicast":
      case "unicast": {
        const { rssiDbm, snrDb, fPort, payload } = event;
        if (event.type === "multicast") this.#say("MSG", "MULTICAST");
        this.#say("MSG", `PORT: ${fPort}; RX: "${hexOf(payload)}"`);
        this.#say("MSG", `RXWIN0, RSSI ${rssiDbm}, SNR ${snrDb.toFixed(1)}`);
        this.#say("MSG", "Done");
        return;
      }
      default:
        event satisfies never;
    }
  }

  /** The lines of the reply, without its name; undefined: no such command. */
  #run(command: string, value: string): Reply | undefined {
    const { profile, radio, nvm } = this.#parts;
    switch (command) {
      case "VER":
        return [profile.firmware];
      case "ID":
        return this.#identity(value);
      case "KEY":
        return this.#key(value);
      case "MODE":
        return this.#mode(value);
      case "ADR":
        return /^(ON|OFF)?$/i.test(value) ? [value.toUpperCase() || "ON"] : [BAD_PARAMETER];
      case "DR":
        return this.#dataRate(value);
      case "CLASS":
        return this.#setClass(value);
      case "PORT":
        return this.#setPort(value);
      case "RXWIN2":
        return this.#setRx2(value);
      case "JOIN":
        return this.#join(value);
      case "MSGHEX":
      case "CMSGHEX":
        return this.#send(command, value);
      case "LW":
        return this.#lorawan(value);
      case "RESET":
        radio.reset();
        this.start();
        return ["OK"];
      case "FDEFAULT":
        for (const name of Object.keys(nvm.settings)) delete nvm.settings[name];
        return ["OK"];
      default:
        return undefined;
    }
  }

  #identity(value: string): Reply {
    const { nvm, radio } = this.#parts;
    const rows = {
      DEVADDR: `DevAddr, ${addressHex(radio.devAddr).replace(/..(?!$)/g, "$&:")}`,
      DEVEUI: `DevEui, ${hexOf(nvm.devEui, ":")}`,
      APPEUI: `AppEui, ${hexOf(nvm.joinEui, ":")}`,
    };
    if (value === "") {
      return Object.values(rows);
    }
    const [, name = "", digits] = /^(\w+)(?:, *"?([^"]*)"?)?$/.exec(value) ?? [];
    const key = name.toUpperCase();
    if (key !== "DEVEUI" && key !== "APPEUI" && key !== "DEVADDR") {
      return [BAD_PARAMETER];
    }
    if (digits === undefined) return [rows[key]];
    const eui = bytesFrom(digits.replace(/[: ]/g, ""), 8);
    if (eui === undefined || key === "DEVADDR") return [BAD_PARAMETER];
    if (key === "DEVEUI") nvm.devEui = eui;
    else nvm.joinEui = eui;
    return [`${key === "DEVEUI" ? "DevEui" : "AppEui"}, ${hexOf(eui, ":")}`];
  }

  #key(value: string): Reply {
    const [, name = "", digits = ""] = /^(\w+), *"?([^"]*)"?$/.exec(value) ?? [];
    const key = bytesFrom(digits.replace(/ /g, ""), 16);
    if (name.toUpperCase() !== "APPKEY" || key === undefined) {
      return [BAD_PARAMETER];
    }
    this.#parts.nvm.appKey = key;
    return [`APPKEY ${hexOf(key)}`];
  }

  #mode(value: string): Reply {
    const { settings } = this.#parts.nvm;
    if (value !== "" && !/^LW(OTAA|ABP)$/i.test(value)) return [BAD_PARAMETER];
    if (value !== "") settings["MODE"] = value.toUpperCase();
    return [settings["MODE"] ?? "LWABP"];
  }

  #dataRate(value: string): Reply {
    const { settings } = this.#parts.nvm;
    const isRegion = REGIONS.includes(value.toUpperCase());
    if (value !== "" && !isRegion && !/^(DR)?\d{1,2}$/i.test(value)) {
      return [BAD_PARAMETER];
    }
    if (isRegion) settings["REGION"] = value.toUpperCase();
    else if (value !== "") settings["DR"] = value.replace(/\D/g, "");
    const region = settings["REGION"] ?? "EU868";
    if (isRegion) return [region];
    return value === "" ? [`DR${this.#dr}`, `${region} DR${this.#dr}`] : [`DR${this.#dr}`];
  }

  #setClass(value: string): Reply {
    const [sessionClass = ""] = value.toUpperCase().split(",");
    if (sessionClass !== "" && !/^[AC]$/.test(sessionClass)) {
      return [BAD_PARAMETER];
    }
    if (sessionClass !== "") this.#class = sessionClass;
    this.#listen();
    return [this.#class];
  }

  #setPort(value: string): Reply {
    if (value !== "" && !(/^\d{1,3}$/.test(value) && Number(value) >= 1 && Number(value) <= 255)) {
      return [BAD_PARAMETER];
    }
    if (value !== "") this.#port = Number(value);
    return [String(this.#port)];
  }

  #setRx2(value: string): Reply {
    const [, mhz = "", dr = ""] = /^(\d{3}(?:\.\d{1,6})?),DR(\d{1,2})$/i.exec(value) ?? [];
    if (value !== "" && mhz === "") return [BAD_PARAMETER];
    if (mhz !== "") this.#rx2 = { frequencyHz: Math.round(Number(mhz) * 1e6), dr: Number(dr) };
    this.#listen();
    const { frequencyHz, dr: rx2Dr } = this.#tuning;
    return [`${frequencyHz / 1e6},DR${rx2Dr}`];
  }

  /** `MC,ON,"DevAddr","NwkSKey","AppSKey",<first counter>` and `MC,OFF`; bare: what is set. */
  #lorawan(value: string): Reply {
    const { groups } = this.#parts.nvm;
    const [name = "", state = "", ...rest] = value.replace(/"/g, "").split(/, */);
    if (name.toUpperCase() !== "MC") return [BAD_PARAMETER];
    if (/^OFF$/i.test(state)) groups.splice(0);
    else if (state !== "" && !this.#setGroup(state, rest)) return [BAD_PARAMETER];
    this.#listen();
    const [group] = groups;
    const { mcAddr = 0, nextFCnt = 0 } = group ?? {};
    const words = `${addressHex(mcAddr).toLowerCase()}, ${nextFCnt}`;
    return [`MC, ${group === undefined ? "OFF" : "ON"}, ${words}`];
  }

  #setGroup(state: string, [address = "", nwk = "", app = "", fCnt = "0"]: string[]): boolean {
    const nwkSKey = bytesFrom(nwk.replace(/ /g, ""), 16);
    const appSKey = bytesFrom(app.replace(/ /g, ""), 16);
    const mcAddr = bytesFrom(address.replace(/[: ]/g, ""), 4);
    if (!/^ON$/i.test(state) || mcAddr === undefined || !/^\d{1,9}$/.test(fCnt)) return false;
    if (nwkSKey === undefined || appSKey === undefined) return false;
    const group = { nwkSKey, appSKey, nextFCnt: Number(fCnt), ...this.#tuning };
    const address32 = Number.parseInt(hexOf(mcAddr), 16);
    this.#parts.nvm.groups.splice(0, 1, { ...group, mcAddr: address32 });
    return true;
  }

  #join(value: string): Reply {
    const { nvm, radio } = this.#parts;
    if (nvm.settings["MODE"] !== "LWOTAA") return ["Not in OTAA mode"];
    this.#isForced = /^FORCE$/i.test(value);
    if (radio.isJoined && !this.#isForced) return ["Joined already"];
    if (!radio.join(nvm, this.#dr)) return ["LoRaWAN modem is busy"];
    return ["Start", this.#isForced ? "FORCE" : "NORMAL"];
  }

  #endJoin(): void {
    const { radio } = this.#parts;
    const address = addressHex(radio.devAddr).replace(/..(?!$)/g, "$&:");
    const netId = radio.netId.toString(16).padStart(6, "0").toUpperCase();
    this.#say("JOIN", "Network joined");
    this.#say("JOIN", `NetID ${netId} DevAddr ${address}`);
    this.#say("JOIN", "Done");
    this.#listen();
  }

  #send(command: Send, value: string): Reply {
    const payload = bytesFrom(value.replace(/[" ]/g, ""));
    if (payload === undefined) return [BAD_PARAMETER];
    const confirmed = command === "CMSGHEX";
    const { radio } = this.#parts;
    const options = { confirmed, linkCheck: false, timeRequest: false };
    const outcome = radio.send(this.#port, payload, this.#dr, options);
    switch (outcome.type) {
      case "accepted":
        this.#sending = command;
        return confirmed ? ["Start", "Wait ACK"] : ["Start"];
      case "notJoined":
        return ["Please join network first"];
      case "busy":
        return ["LoRaWAN modem is busy"];
      case "tooLong":
        return [`Length error ${radio.payloadMaxBytes}`];
      case "restricted":
        return [`No band in ${outcome.waitMs}ms`];
      default:
        return outcome satisfies never;
    }
  }

  #endExchange({ acknowledged, answer }: Extract<RadioEvent, { type: "exchangeOver" }>): void {
    const command = this.#sending ?? "MSGHEX";
    this.#sending = undefined;
    if (answer?.morePending === true) this.#say(command, "FPENDING");
    if (acknowledged) this.#say(command, "ACK Received");
    if (answer !== undefined) this.#sayAnswer(command, answer);
    this.#say(command, "Done");
  }

  #sayAnswer(command: Send, { window, rssiDbm, snrDb, fPort, payload }: AnswerDownlink): void {
    if (payload.length > 0) this.#say(command, `PORT: ${fPort ?? 0}; RX: "${hexOf(payload)}"`);
    this.#say(command, `RXWIN${window}, RSSI ${rssiDbm}, SNR ${snrDb.toFixed(1)}`);
  }

  get #dr(): number {
    return Number(this.#parts.nvm.settings["DR"] ?? "0");
  }

  get #tuning(): Pick<ModemGroup, "frequencyHz" | "dr"> {
    return this.#rx2 ?? this.#parts.radio.rx2;
  }

  /** The group has no tuning of its own: it is heard where RX2 is. */
  #listen(): void {
    const { nvm, radio } = this.#parts;
    if (!radio.isJoined) return;
    const groups = nvm.groups.map((group) => ({ ...group, ...this.#tuning }));
    if (this.#class === "C") radio.listen("C", groups);
    else radio.listen("A", []);
  }

  #say(command: string, text: string): void {
    this.#parts.print(`+${command}: ${text}`);
  }
}
