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

const BANDS = ["EU868", "US915", "AU915", "KR920", "IN865", "CN470", "RU864"];
const JOIN_MS = 60_000;
const SEND_MS = 60_000;
const RX2 = /^\+RXWIN2: (\d{3}(?:\.\d{1,6})?),? ?DR(\d{1,2})/;

/** Seeed LoRa-E5: one group, heard where RX2 is, so RX2 moves for a session and back. */
export class E5Driver implements ModemDriver {
  readonly resetCommand = "AT+RESET";
  readonly exchangeMs = SEND_MS;
  readonly saysSent = true;
  #port: number | undefined;
  /** RX2 as it was before the session. */
  #ownRx2: string | undefined;
  #isJoined = false;
  #isListening = false;
  /** The session in it was begun as another device. Its key cannot be read. */
  #isForeign = false;

  async configure(engine: CommandEngine, settings: ModemSettings): Promise<void> {
    const band = settings.band.startsWith("AS923") ? "AS923" : settings.band;
    if (band !== "AS923" && !BANDS.includes(band)) {
      throw new ModemRefused(`LoRa-E5 has no band ${settings.band}`);
    }
    this.#port = undefined;
    this.#isJoined = false;
    this.#isListening = false;
    await must(engine, "AT+MODE=LWOTAA", "to join by OTAA");
    this.#isForeign ||= await isOther(engine, settings);
    await must(engine, `AT+DR=${band}`, `the band ${band}`);
    await must(engine, `AT+ID=DevEui,"${hexText(settings.devEui)}"`, "its DevEUI");
    await must(engine, `AT+ID=AppEui,"${hexText(settings.joinEui)}"`, "its JoinEUI");
    await must(engine, `AT+KEY=APPKEY,"${hexText(settings.appKey)}"`, "its key");
    await must(engine, "AT+ADR=OFF", "to leave the data rate alone");
    await must(engine, `AT+DR=${settings.dr}`, `data rate ${settings.dr}`);
  }

  /** It cannot be asked; joining tells. */
  isJoined(): Promise<boolean> {
    return Promise.resolve(this.#isJoined);
  }

  /** Its class is not stored. */
  async check(engine: CommandEngine): Promise<Wellbeing> {
    const { outcome, end } = await engine.request("AT+CLASS");
    if (outcome === "silent") return "silent";
    return this.#isListening && /^\+CLASS: A\b/.test(end) ? "forgot" : "well";
  }

  async join(engine: CommandEngine): Promise<JoinOutcome> {
    const command = this.#isForeign ? "AT+JOIN=FORCE" : "AT+JOIN";
    const { outcome, data, end } = await engine.request(command, { timeoutMs: JOIN_MS });
    if (outcome !== "ok") return "busy";
    this.#isJoined = end.endsWith("Joined already") || data.some((line) => line.includes("NetID"));
    this.#isForeign &&= !this.#isJoined;
    return this.#isJoined ? "joined" : "failed";
  }

  async send(
    engine: CommandEngine,
    fPort: number,
    payload: Uint8Array,
    confirmed: boolean,
  ): Promise<SendOutcome> {
    if (this.#port !== fPort) {
      await must(engine, `AT+PORT=${fPort}`, "the port");
      this.#port = fPort;
    }
    const command = `AT+${confirmed ? "C" : ""}MSGHEX="${hexText(payload)}"`;
    const { outcome, end } = await engine.request(command, { timeoutMs: SEND_MS });
    if (outcome === "ok") return { type: "over" };
    if (end.endsWith("Please join network first")) {
      this.#isJoined = false;
      return { type: "notJoined" };
    }
    const isBusy = /modem is busy|No band in|No free channel/.test(end);
    return { type: isBusy ? "busy" : "refused" };
  }

  async listen(engine: CommandEngine, group: OpenGroup | undefined): Promise<void> {
    this.#isListening = false;
    if (group === undefined) {
      await must(engine, "AT+CLASS=A", "class A");
      await must(engine, "AT+LW=MC,OFF", "to forget its group");
      if (this.#ownRx2 !== undefined) await must(engine, `AT+RXWIN2=${this.#ownRx2}`, "its RX2");
      this.#ownRx2 = undefined;
      return;
    }
    if (this.#ownRx2 === undefined) {
      const { end } = await engine.request("AT+RXWIN2");
      const [, mhz, dr] = RX2.exec(end) ?? [];
      this.#ownRx2 = mhz === undefined ? undefined : `${mhz},DR${dr}`;
    }
    const { nwkSKey, appSKey, mcAddr, nextFCnt, frequencyHz, dr } = group;
    const keys = `"${hexText(nwkSKey)}","${hexText(appSKey)}"`;
    const set = `AT+LW=MC,ON,"${addressText(mcAddr)}",${keys},${nextFCnt}`;
    await must(engine, set, "its multicast group");
    await must(engine, `AT+RXWIN2=${frequencyHz / 1e6},DR${dr}`, "the tuning of the session");
    await must(engine, "AT+CLASS=C", "class C");
    this.#isListening = true;
  }
}

/** Whether it has other EUIs. */
async function isOther(
  engine: CommandEngine,
  { devEui, joinEui }: ModemSettings,
): Promise<boolean> {
  const { data, end } = await engine.request("AT+ID", { silenceMs: 200 });
  const said = [...data, end].join().replace(/[: ]/g, "").toUpperCase();
  const rows = { DEVEUI: devEui, APPEUI: joinEui };
  return Object.entries(rows).some(
    ([name, eui]) => said.includes(`${name},`) && !said.includes(`${name},${hexText(eui)}`),
  );
}
