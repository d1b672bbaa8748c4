import { describe, expect, test } from "vitest";
import { KeyedEntropy } from "#sim/kernel/draws.ts";
import { Engine } from "#sim/kernel/engine.ts";
import { bytesFrom } from "#sim/modem/hex-text.ts";
import { newModemNvm } from "#sim/modem/modem-nvm.ts";
import { PROFILES, type ProfileName } from "#sim/modem/profiles.ts";
import { VirtualModem } from "#sim/modem/virtual-modem.ts";
import { type Transcript, transcripts } from "../../transcripts.ts";
import { ScriptedRadio } from "./scripted-radio.ts";

/** The virtual modem says what real ones said. */

const bytes = (hex: string) => bytesFrom(hex) ?? new Uint8Array(0);

/** A virtual modem in the state that a transcript starts from. */
class Stage {
  readonly engine = new Engine();
  readonly radio = new ScriptedRadio(this.engine);
  readonly modem: VirtualModem;
  readonly nvm = newModemNvm({
    devEui: bytes("0080E11500004CF6"),
    joinEui: bytes("0000000000000001"),
    appKey: bytes("2B7E151628AED2A6ABF7158809CF4F3C"),
  });
  said = "";

  constructor({ profile, given }: Transcript) {
    const base = PROFILES[profile as ProfileName];
    const firmware = given.find((one) => one.startsWith("firmware "))?.slice(9) ?? base.firmware;
    this.modem = new VirtualModem({
      troubles: {},
      entropy: new KeyedEntropy(1, 1),
      profile: { ...base, firmware },
      scheduler: this.engine,
      radio: this.radio,
      nvm: this.nvm,
      emit: (chunk) => {
        this.said += Buffer.from(chunk).toString("latin1");
      },
    });
    this.radio.emit = (event) => this.modem.onRadio(event);
    for (const one of given) this.#give(one);
  }

  #give(text: string): void {
    const [what = "", first = "", second = ""] = text.split(" ");
    if (what === "joined") this.radio.isJoined = true;
    if (what === "devEui") this.nvm.devEui = bytes(first);
    if (what === "joinEui") this.nvm.joinEui = bytes(first);
    if (what === "devAddr") this.radio.devAddr = Number.parseInt(first, 16);
    if (what === "set") this.nvm.settings[first] = second;
    if (what === "received") {
      const signal = { window: "1", rssiDbm: -60, snrDb: 8, morePending: false } as const;
      const answer = { ...signal, fPort: Number(first), payload: bytes(second) };
      const over = { confirmed: false, acknowledged: false, link: undefined, gps: undefined };
      this.modem.onRadio({ type: "exchangeOver", ...over, answer });
      this.said = "";
    }
  }

  /** What the network will do. */
  network(text: string): void {
    const { next } = this.radio;
    const [what = "", ...words] = text.split(" ");
    const [window = "", rssi, snr, , port, hex = ""] = words;
    const signal = {
      window: window === "2" ? "2" : "1",
      rssiDbm: Number(rssi),
      snrDb: Number(snr),
    } as const;
    if (what === "joins") next.joins = true;
    if (what === "transmitter") next.isStuck = true;
    if (what === "acknowledges") next.acknowledges = true;
    if (what === "more") next.morePending = true;
    if (what === "signal") next.signal = signal;
    if (what === "downlink") {
      next.downlink = { ...signal, morePending: false, fPort: Number(port), payload: bytes(hex) };
    }
    if (what === "link") {
      const [margin, gateways, linkRssi = "-60", linkSnr = "11"] = words;
      next.link = { marginDb: Number(margin), gateways: Number(gateways) };
      next.signal = { window: "1", rssiDbm: Number(linkRssi), snrDb: Number(linkSnr) };
    }
  }

  tell(line: string): void {
    this.modem.receive(Buffer.from(`${line}\r\n`, "latin1"));
    this.engine.run(this.engine.now + 20 * 1e6);
  }
}

const emulated = transcripts.filter(({ profile }) => profile !== "none");

describe.each(emulated)("$name", (transcript) => {
  test("is reproduced", () => {
    const stage = new Stage(transcript);
    const expected: string[] = [];
    for (const { by, text } of transcript.steps) {
      if (by === "!") stage.network(text);
      if (by === ">") stage.tell(text);
      if (by === "<") expected.push(text);
    }
    const said = stage.said.split(/[\r\n]+/).filter((line) => line !== "");
    expect(said).toEqual(expected);
  });
});

test("every profile has transcripts", () => {
  expect(emulated.length).toBeGreaterThanOrEqual(45);
  const profiles = new Set(emulated.map(({ profile }) => profile));
  expect([...profiles].sort()).toEqual(["classic", "e5", "legacy104", "rui3_2", "rui4_2"]);
});
