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
  type Wellbeing,
} from "./driver.ts";

const BANDS = ["EU433", "CN470", "IN865", "EU868", "US915", "AU915", "KR920"];
const STATUS = "at+get_config=lora:status";
const JOIN_MS = 60_000;
const SEND_MS = 60_000;
/** `ERROR: 80` and `ERROR: 90`: an exchange is under way, or duty cycle. */
const BUSY = /^ERROR: ?(80|90)$/i;
const NOT_JOINED = /^ERROR: ?86$/i;

const set = (engine: CommandEngine, text: string, what: string) =>
  must(engine, `at+set_config=lora:${text}`, what);

/** RAK811 v3, RAK4200, RAK4270: commands wait for their outcome; one group, where RX2 is. */
export class ClassicDriver implements ModemDriver {
  readonly resetCommand = "at+set_config=device:restart";
  readonly exchangeMs = SEND_MS;
  readonly saysSent = true;
  #confirms: boolean | undefined;
  /** The session in it was begun as another device. */
  #isForeign = false;

  async configure(engine: CommandEngine, settings: ModemSettings): Promise<void> {
    const band = settings.band.startsWith("AS923") ? "AS923" : settings.band;
    if (band !== "AS923" && !BANDS.includes(band)) {
      throw new ModemRefused(`this firmware has no band ${settings.band}`);
    }
    this.#confirms = undefined;
    const { devEui, joinEui, appKey } = settings;
    const { data } = await engine.request(STATUS, { silenceMs: 200 });
    this.#isForeign ||= isOther(data, {
      Region: band,
      DevEui: hexText(devEui),
      AppEui: hexText(joinEui),
      AppKey: hexText(appKey),
    });
    await set(engine, "join_mode:0", "to join by OTAA");
    await set(engine, `region:${band}`, `the band ${band}`);
    await set(engine, `dev_eui:${hexText(devEui)}`, "its DevEUI");
    await set(engine, `app_eui:${hexText(joinEui)}`, "its JoinEUI");
    await set(engine, `app_key:${hexText(appKey)}`, "its key");
    await set(engine, "adr:0", "to leave the data rate alone");
    await set(engine, `dr:${settings.dr}`, `data rate ${settings.dr}`);
  }

  async isJoined(engine: CommandEngine): Promise<boolean> {
    return (await this.check(engine)) === "well";
  }

  async check(engine: CommandEngine): Promise<Wellbeing> {
    const { outcome, data } = await engine.request(STATUS, { silenceMs: 200 });
    if (outcome === "silent") return "silent";
    return data.some((line) => /^Joined Network: ?true$/i.test(line)) ? "well" : "forgot";
  }

  async join(engine: CommandEngine): Promise<JoinOutcome> {
    if (!this.#isForeign && (await this.isJoined(engine))) return "joined";
    const { outcome, end } = await engine.request("at+join", { timeoutMs: JOIN_MS });
    if (outcome === "ok") {
      this.#isForeign = false;
      return "joined";
    }
    return BUSY.test(end) ? "busy" : "failed";
  }

  async send(
    engine: CommandEngine,
    fPort: number,
    payload: Uint8Array,
    confirmed: boolean,
  ): Promise<SendOutcome> {
    if (this.#confirms !== confirmed) {
      await set(engine, `confirm:${confirmed ? 1 : 0}`, "how to send");
      this.#confirms = confirmed;
    }
    const command = `at+send=lora:${fPort}:${hexText(payload)}`;
    const { outcome, end } = await engine.request(command, { timeoutMs: SEND_MS });
    if (outcome === "ok") return { type: "over" };
    if (NOT_JOINED.test(end)) return { type: "notJoined" };
    return { type: BUSY.test(end) ? "busy" : "refused" };
  }

  /** The tuning of the session is not asked: there is none to set. */
  async listen(engine: CommandEngine, group: OpenGroup | undefined): Promise<void> {
    if (group !== undefined) {
      await set(engine, `multicast_dev_addr:${addressText(group.mcAddr)}`, "its multicast group");
      await set(engine, `multicast_nwks_key:${hexText(group.nwkSKey)}`, "its multicast group");
      await set(engine, `multicast_apps_key:${hexText(group.appSKey)}`, "its multicast group");
    }
    await set(engine, `multicastenable:${group === undefined ? 0 : 1}`, "its multicast group");
    const sessionClass = group === undefined ? "A" : "C";
    await set(engine, `class:${group === undefined ? 0 : 2}`, `class ${sessionClass}`);
  }
}

/** Whether the status says anything else. */
function isOther(status: readonly string[], own: Readonly<Record<string, string>>): boolean {
  return status.some((line) => {
    const [name = "", value = ""] = line.split(/: ?/);
    const is = own[name];
    return is !== undefined && is !== value.toUpperCase();
  });
}
