import { addressHex, bytesFrom, hexOf } from "./hex-text.ts";
import type { FirmwareParts, Interpreter } from "./interpreter.ts";
import type { RadioEvent } from "./modem-radio.ts";
import { type RakWords, rakWords } from "./rak-events.ts";
import { groupOf } from "./rak-groups.ts";
import { isWithin, RakJoining } from "./rak-joining.ts";
import { RAK_BANDS, RAK_SETTINGS, rakSetting } from "./rak-settings.ts";
import { rakLocalTime, rakValue } from "./rak-values.ts";

/** What ends a command: a status word, or nothing. */
type Status = string | undefined;

const OK = "OK";
const PARAM = "AT_PARAM_ERROR";
const BUSY = "AT_BUSY_ERROR";
const NOT_FOUND = "AT_COMMAND_NOT_FOUND";
const REBOOT_US = 500_000;

/** RAK3172 and its kin: RUI3, and 1.0.x before it (RUI3 AT Command Manual; deprecated AT Command Manual). */
export class RakModem implements Interpreter {
  readonly #parts: FirmwareParts;
  readonly #words: RakWords;
  readonly #joining: RakJoining;
  /** Of the last downlink; read once. */
  #received = "0:";
  #confirmed = false;
  /** GPS time less the clock of the world, in seconds; undefined: never told. */
  #clockOffsetS: number | undefined;

  constructor(parts: FirmwareParts) {
    this.#parts = parts;
    this.#words = rakWords(parts.profile);
    this.#joining = new RakJoining(parts);
  }

  start(): void {
    const { input, nvm, scheduler } = this.#parts;
    this.#joining.stop();
    this.#received = "0:";
    this.#clockOffsetS = undefined;
    input.isEchoing = nvm.settings["ECHO"] === "1";
    scheduler.schedule(scheduler.now + REBOOT_US, () => {
      this.#parts.print("Current Work Mode: LoRaWAN.");
    });
  }

  execute(line: string): void {
    const status = this.#run(line);
    if (status === undefined) return;
    // Before RUI3, an empty line stands in front of every status.
    if (this.#words.isBare) this.#parts.print("");
    this.#parts.print(status);
  }

  onRadio(event: RadioEvent): void {
    switch (event.type) {
      case "joined":
        this.#joining.stop();
        this.#parts.print("+EVT:JOINED");
        this.#listen();
        return;
      case "joinFailed":
        this.#parts.print(this.#words.joinFailed(event.reason));
        this.#joining.onFailure();
        return;
      case "exchangeOver":
        this.#endExchange(event);
        return;
      case "multicast":
        this.#receive("C", event, "MULTICAST");
        return;
      case "unicast":
        this.#receive("C", event, "UNICAST");
        return;
      default:
        event satisfies never;
    }
  }

  #run(line: string): Status {
    if (/^AT\??$/i.test(line)) return OK;
    if (/^ATZ$/i.test(line)) return this.#reboot();
    if (/^ATR$/i.test(line)) return this.#restoreDefaults();
    if (/^ATE$/i.test(line)) return this.#toggleEcho();
    const [, name = "", rest = ""] = /^AT\+(\w{1,32})(.*)$/i.exec(line) ?? [];
    const command = name.toUpperCase();
    if (command === "") return NOT_FOUND;
    if (rest === "=?") return this.#query(command);
    if (rest.startsWith("=")) return this.#set(command, rest.slice(1));
    if (rest === "" && command === "JOIN") return this.#join("1");
    return NOT_FOUND;
  }

  #query(name: string): Status {
    const value = this.#valueOf(name);
    if (value === undefined) return NOT_FOUND;
    const isBare = this.#words.isBare || name === "LSTMULC";
    this.#parts.print(isBare ? value : `AT+${name}=${value}`);
    return OK;
  }

  #valueOf(name: string): string | undefined {
    switch (name) {
      case "CFS":
        return this.#confirmed ? "1" : "0";
      case "JOIN":
        return this.#joining.text;
      case "LTIME":
        return rakLocalTime(this.#clockOffsetS, this.#parts.scheduler.now / 1e6);
      case "RECV":
        return this.#takeReceived();
      default:
        return rakValue(name, this.#parts, this.#words.hex);
    }
  }

  #set(name: string, value: string): Status {
    const { nvm } = this.#parts;
    const setting = RAK_SETTINGS[name];
    if (setting !== undefined) {
      if (!setting.accepts(value)) return PARAM;
      nvm.settings[name] = value;
      return OK;
    }
    switch (name) {
      case "DEVEUI":
        return this.#setBytes(value, 8, (bytes) => (nvm.devEui = bytes));
      case "APPEUI":
        return this.#setBytes(value, 8, (bytes) => (nvm.joinEui = bytes));
      case "APPKEY":
        return this.#setBytes(value, 16, (bytes) => (nvm.appKey = bytes));
      case "BAND":
        return this.#setBand(value);
      case "CLASS":
        return this.#setClass(value);
      case "NWM":
        return value === "1" ? this.#reboot() : PARAM;
      case "JOIN":
        return this.#join(value);
      case "SEND":
        return this.#send(value);
      case "ADDMULC":
        return this.#addGroup(value);
      case "RMVMULC":
        return this.#removeGroup(value);
      default:
        return NOT_FOUND;
    }
  }

  #setBytes(value: string, count: number, keep: (bytes: Uint8Array) => void): Status {
    const bytes = bytesFrom(value, count);
    if (bytes === undefined) return PARAM;
    keep(bytes);
    return OK;
  }

  #setBand(value: string): Status {
    const [, part] = /^8-([1-4])$/.exec(value) ?? [];
    const number = part === undefined ? value : String(7 + Number(part));
    if (!/^\d{1,2}$/.test(number) || RAK_BANDS[Number(number)] === undefined) return PARAM;
    this.#parts.nvm.settings["BAND"] = number;
    return OK;
  }

  #setClass(value: string): Status {
    if (!/^[AC]$/i.test(value)) return PARAM;
    this.#parts.nvm.settings["CLASS"] = value.toUpperCase();
    this.#listen();
    return OK;
  }

  #join(value: string): Status {
    const outcome = this.#joining.set(value);
    if (outcome === "ok") return OK;
    return outcome === "busy" ? BUSY : PARAM;
  }

  #send(value: string): Status {
    const { nvm, radio, print } = this.#parts;
    const [, port = "", hex = ""] = /^(\d{1,3}):(.*)$/.exec(value) ?? [];
    const payload = bytesFrom(hex);
    if (!isWithin(port, 1, 223) || payload === undefined || payload.length < 1) return PARAM;
    if (payload.length > 250) return PARAM;
    const outcome = radio.send(Number(port), payload, Number(rakSetting(nvm, "DR")), {
      confirmed: rakSetting(nvm, "CFM") === "1",
      linkCheck: rakSetting(nvm, "LINKCHECK") !== "0",
      timeRequest: rakSetting(nvm, "TIMEREQ") === "1",
    });
    switch (outcome.type) {
      case "accepted":
        return OK;
      case "notJoined":
        return "AT_NO_NETWORK_JOINED";
      case "busy":
        return BUSY;
      case "tooLong":
        return PARAM;
      case "restricted":
        print(`Restricted_Wait_${outcome.waitMs}_ms`);
        return this.#words.restricted;
      default:
        return outcome satisfies never;
    }
  }

  #endExchange(event: Extract<RadioEvent, { type: "exchangeOver" }>): void {
    const { nvm, print, profile, scheduler } = this.#parts;
    const { confirmed, acknowledged, answer, link, gps, isOwn = false } = event;
    if (confirmed) {
      this.#confirmed = acknowledged;
      print(this.#words.confirmed(acknowledged));
    } else if (profile.saysSent) {
      print("+EVT:TX_DONE");
    }
    if (gps !== undefined) this.#clockOffsetS = gps - scheduler.now / 1e6;
    if (rakSetting(nvm, "TIMEREQ") === "1") {
      nvm.settings["TIMEREQ"] = "0";
      print(this.#words.time(gps !== undefined));
    }
    if (answer !== undefined && answer.payload.length > 0)
      this.#receive(answer.window, { ...answer, fPort: answer.fPort ?? 0 }, "UNICAST");
    if (isOwn) return;
    const linkMode = rakSetting(nvm, "LINKCHECK");
    if (linkMode === "1") nvm.settings["LINKCHECK"] = "0";
    if (linkMode !== "0") print(this.#words.link(link, answer));
  }

  #receive(
    window: "1" | "2" | "C",
    downlink: { rssiDbm: number; snrDb: number; fPort: number; payload: Uint8Array },
    cast: "UNICAST" | "MULTICAST",
  ): void {
    this.#received = `${downlink.fPort}:${hexOf(downlink.payload)}`;
    for (const line of this.#words.received(window, downlink, cast)) this.#parts.print(line);
  }

  #takeReceived(): string {
    const received = this.#received;
    this.#received = "0:";
    return received;
  }

  #addGroup(value: string): Status {
    const { nvm, radio } = this.#parts;
    const group = groupOf(value, nvm.groups, radio);
    if (group === undefined) return PARAM;
    nvm.groups.push(group);
    this.#listen();
    return OK;
  }

  #removeGroup(value: string): Status {
    const { groups } = this.#parts.nvm;
    const index = groups.findIndex(({ mcAddr }) => addressHex(mcAddr) === value.toUpperCase());
    if (index < 0) return PARAM;
    groups.splice(index, 1);
    this.#listen();
    return OK;
  }

  #listen(): void {
    const { nvm, radio } = this.#parts;
    if (!radio.isJoined) return;
    if (nvm.settings["CLASS"] === "C") radio.listen("C", nvm.groups);
    else radio.listen("A", []);
  }

  #toggleEcho(): Status {
    const { input, nvm } = this.#parts;
    input.isEchoing = !input.isEchoing;
    nvm.settings["ECHO"] = input.isEchoing ? "1" : "0";
    return OK;
  }

  #restoreDefaults(): Status {
    const { nvm } = this.#parts;
    for (const name of Object.keys(nvm.settings)) delete nvm.settings[name];
    nvm.groups.splice(0);
    this.#reboot();
    return OK;
  }

  /** Says nothing but its banner. */
  #reboot(): Status {
    this.#parts.radio.reset();
    this.start();
    return undefined;
  }
}
