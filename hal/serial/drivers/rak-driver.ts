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
  type SendOutcome,
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

/** RUI3, and RAK3172 before it: they differ in how values are spelt, which the dialect knows. */
export class RakDriver implements ModemDriver {
  readonly exchangeMs = 8000;
  readonly saysSent: boolean;
  #confirms: boolean | undefined;

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
      const is = await this.#query(engine, name);
      if (is?.toUpperCase() !== value) await must(engine, `AT+${name}=${value}`, what);
    }
  }

  async isJoined(engine: CommandEngine): Promise<boolean> {
    return (await this.#query(engine, "NJS")) === "1";
  }

  async join(engine: CommandEngine): Promise<JoinOutcome> {
    if (await this.isJoined(engine)) return "joined";
    const { outcome } = await engine.request("AT+JOIN=1:0:8:0", { timeoutMs: 2000 });
    return outcome === "ok" ? "started" : "busy";
  }

  async send(
    engine: CommandEngine,
    fPort: number,
    payload: Uint8Array,
    confirmed: boolean,
  ): Promise<SendOutcome> {
    if (this.#confirms !== confirmed) {
      await must(engine, `AT+CFM=${confirmed ? 1 : 0}`, "how to send");
      this.#confirms = confirmed;
    }
    const { outcome, end } = await engine.request(`AT+SEND=${fPort}:${hexText(payload)}`, {
      timeoutMs: 2000,
    });
    if (outcome === "ok") return { type: "started" };
    if (outcome !== "refused") return { type: "refused" };
    if (end === "AT_NO_NETWORK_JOINED") return { type: "notJoined" };
    const isBusy = end === "AT_BUSY_ERROR" || end.startsWith("AT_DUTYC");
    return { type: isBusy ? "busy" : "refused" };
  }

  async listen(engine: CommandEngine, group: OpenGroup | undefined): Promise<void> {
    const wanted = group && addressText(group.mcAddr);
    if (group === undefined) await this.#setClass(engine, "A");
    for (const held of await this.#held(engine)) {
      if (held !== wanted) await must(engine, `AT+RMVMULC=${held}`, "to forget a group");
    }
    if (group === undefined || wanted === undefined) return;
    // The tuning of a group is not to be changed: it is added anew.
    if ((await this.#held(engine)).includes(wanted)) {
      await must(engine, `AT+RMVMULC=${wanted}`, "to forget a group");
    }
    const keys = `${hexText(group.nwkSKey)}:${hexText(group.appSKey)}`;
    const tuning = `${group.frequencyHz}:${group.dr}`;
    await must(engine, `AT+ADDMULC=C:${wanted}:${keys}:${tuning}`, "its multicast group");
    await this.#setClass(engine, "C");
  }

  async #setClass(engine: CommandEngine, sessionClass: "A" | "C"): Promise<void> {
    if ((await this.#query(engine, "CLASS")) === sessionClass) return;
    await must(engine, `AT+CLASS=${sessionClass}`, `class ${sessionClass}`);
  }

  /** Addresses of the groups in the modem. */
  async #held(engine: CommandEngine): Promise<readonly string[]> {
    const { data } = await engine.request("AT+LSTMULC=?");
    const found = [...data.join(",").matchAll(/\b(?:Class)?[ABC0]:([0-9A-Fa-f]{8}):/g)];
    return found
      .map(([, address = ""]) => address.toUpperCase())
      .filter((address) => address !== "00000000");
  }

  async #query(engine: CommandEngine, name: string): Promise<string | undefined> {
    for (let tries = 0; tries < 2; tries++) {
      const { outcome, data } = await engine.request(`AT+${name}=?`);
      if (outcome === "ok") return data[0]?.replace(/^AT\+\w+=/i, "");
      if (outcome === "refused") return undefined;
    }
    return undefined;
  }
}
