import type { CommandEngine } from "../command-engine.ts";
import {
  addressText,
  hexText,
  type JoinOutcome,
  type ModemDriver,
  ModemRefused,
  type ModemSettings,
  must,
  type OpenGroup,
  SET,
  type SendOutcome,
  silence,
  TRIES,
  type Wellbeing,
} from "./driver.ts";

const BANDS: Readonly<Record<string, string>> = {
  EU433: "0",
  CN470: "1",
  RU864: "2",
  IN865: "3",
  EU868: "4",
  US915: "5",
  AU915: "6",
  KR920: "7",
  "AS923-1": "8",
  "AS923-2": "9",
  "AS923-3": "10",
  "AS923-4": "11",
};

/** A session that was begun with another of these is another device's. */
const IDENTITY = ["NJM", "BAND", "DEVEUI", "APPEUI", "APPKEY"];

/** One slot of `LSTMULC`; older firmware says `ClassC`, in upper case by now. */
const GROUP_WORDS = /\b(?:CLASS)?[ABC0]:[0-9A-F]{8}:[0-9A-F:]*/g;

/** RUI3, and RAK3172 before it: they differ in how values are spelt, which the dialect knows. */
export class RakDriver implements ModemDriver {
  readonly resetCommand = "ATZ";
  readonly exchangeMs = 8000;
  readonly saysSent: boolean;
  #confirms: boolean | undefined;
  #isForeign = false;

  constructor(saysSent: boolean) {
    this.saysSent = saysSent;
  }

  async configure(engine: CommandEngine, settings: ModemSettings): Promise<void> {
    const band = BANDS[settings.band];
    if (band === undefined) throw new ModemRefused(`RUI3 has no band ${settings.band}`);
    this.#confirms = undefined;
    // Setting it reboots the modem, even to what it is.
    if ((await this.#query(engine, "NWM")) !== "1") {
      throw new ModemRefused(
        "the modem is not in LoRaWAN mode: AT+NWM=1 puts it there, and reboots it",
      );
    }
    const wanted: readonly (readonly [string, string, string])[] = [
      ["NJM", "1", "to join by OTAA"],
      ["BAND", band, `the band ${settings.band}`],
      ["DEVEUI", hexText(settings.devEui), "its DevEUI"],
      ["APPEUI", hexText(settings.joinEui), "its JoinEUI"],
      ["APPKEY", hexText(settings.appKey), "its key"],
      ["ADR", "0", "to leave the data rate alone"],
      ["DR", String(settings.dr), `data rate ${settings.dr}`],
      ["LPM", "0", "to stay awake"],
    ];
    for (const [name, value, what] of wanted) {
      const wasOther = await this.#bring(engine, name, value, what);
      this.#isForeign ||= wasOther && IDENTITY.includes(name);
    }
  }

  async isJoined(engine: CommandEngine): Promise<boolean> {
    return (await this.#query(engine, "NJS")) === "1";
  }

  async check(engine: CommandEngine): Promise<Wellbeing> {
    const { outcome, data } = await engine.request("AT+NJS=?");
    if (outcome === "silent") return "silent";
    return valueIn(data) === "0" ? "forgot" : "well";
  }

  async join(engine: CommandEngine): Promise<JoinOutcome> {
    if (!this.#isForeign && (await this.isJoined(engine))) return "joined";
    const { outcome } = await engine.request("AT+JOIN=1:0:8:0", SET);
    if (outcome !== "ok") return "busy";
    this.#isForeign = false;
    return "started";
  }

  async send(
    engine: CommandEngine,
    fPort: number,
    payload: Uint8Array,
    confirmed: boolean,
    onStarted: () => void,
  ): Promise<SendOutcome> {
    if (this.#confirms !== confirmed) {
      await must(engine, `AT+CFM=${confirmed ? 1 : 0}`, "how to send");
      this.#confirms = confirmed;
    }
    const command = `AT+SEND=${fPort}:${hexText(payload)}`;
    const { outcome, end } = await engine.request(command, { ...SET, onOk: onStarted });
    if (outcome === "ok") return { type: "started" };
    if (outcome !== "refused") return { type: "refused" };
    if (end === "AT_NO_NETWORK_JOINED") return { type: "notJoined" };
    const isBusy = end === "AT_BUSY_ERROR" || end.startsWith("AT_DUTYC");
    return { type: isBusy ? "busy" : "refused" };
  }

  async listen(engine: CommandEngine, group: OpenGroup | undefined): Promise<void> {
    // A group is for class C, and class C for a session: neither is told before the join.
    const wanted = group !== undefined && (await this.isJoined(engine)) ? group : undefined;
    const isHeard = wanted !== undefined && (await this.#query(engine, "CLASS")) === "C";
    if (wanted === undefined) await this.#bring(engine, "CLASS", "A", "class A");
    let isHeld = false;
    for (const held of await this.#held(engine)) {
      // It goes on being heard while it is left alone.
      if (isHeard && isGroup(held, wanted)) isHeld = true;
      else await must(engine, `AT+RMVMULC=${addressOf(held)}`, "to forget a group");
    }
    if (wanted === undefined) return;
    if (!isHeld) await this.#add(engine, wanted);
    await this.#bring(engine, "CLASS", "C", "class C");
  }

  /** Sets what differs, and looks whether it was kept; whether there was something to set. */
  async #bring(engine: CommandEngine, name: string, value: string, what: string): Promise<boolean> {
    const isSo = async () => (await this.#query(engine, name))?.toUpperCase() === value;
    // Asked twice: what is said may lack a byte.
    if ((await isSo()) || (await isSo())) return false;
    for (let tries = 0; tries < TRIES; tries++) {
      await must(engine, `AT+${name}=${value}`, what);
      if (await isSo()) return true;
    }
    throw new ModemRefused(`the modem does not keep it when it is told ${what}`);
  }

  /** Never said twice without a look: a second one is refused for the first. */
  async #add(engine: CommandEngine, group: OpenGroup): Promise<void> {
    const address = addressText(group.mcAddr);
    const keys = `${hexText(group.nwkSKey)}:${hexText(group.appSKey)}`;
    const command = `AT+ADDMULC=C:${address}:${keys}:${group.frequencyHz}:${group.dr}`;
    const { outcome, end } = await engine.request(command, SET);
    if (outcome === "ok") return;
    if ((await this.#held(engine)).some((held) => addressOf(held) === address)) return;
    if (outcome === "refused") {
      throw new ModemRefused(`the modem refuses its multicast group: ${end}`);
    }
    throw silence("when it is told its multicast group");
  }

  /** The groups in the modem, with their keys, as `C:01020304:…`. */
  async #held(engine: CommandEngine): Promise<readonly string[]> {
    const data = await this.#ask(engine, "AT+LSTMULC=?");
    const found = data.join(",").toUpperCase().match(GROUP_WORDS) ?? [];
    return found.filter((held) => addressOf(held) !== "00000000");
  }

  async #query(engine: CommandEngine, name: string): Promise<string | undefined> {
    return valueIn(await this.#ask(engine, `AT+${name}=?`));
  }

  /** Nothing: it does not know the question. */
  async #ask(engine: CommandEngine, command: string): Promise<readonly string[]> {
    let isSilent = false;
    for (let tries = 0; tries < TRIES; tries++) {
      const { outcome, data } = await engine.request(command);
      if (outcome === "ok" && data.length > 0) return data;
      isSilent = outcome !== "refused";
    }
    if (isSilent) throw silence(`to ${command}`);
    return [];
  }
}

function addressOf(held: string): string {
  return held.split(":")[1] ?? "";
}

function isGroup(held: string, { mcAddr, nwkSKey, appSKey, frequencyHz, dr }: OpenGroup): boolean {
  const [, address, nwk, app, hz, rate] = held.split(":");
  return (
    address === addressText(mcAddr) &&
    nwk === hexText(nwkSKey) &&
    app === hexText(appSKey) &&
    Number(hz) === frequencyHz &&
    Number(rate) === dr
  );
}

function valueIn([line]: readonly string[]): string | undefined {
  return line?.replace(/^AT\+\w+=/i, "");
}
