import { bytesOfHex, type Dialect, HEX_BYTES } from "../dialect.ts";
import { nameAsked, windowOf } from "./rui3.ts";

/** `+MSG:` of a downlink nobody asked for; `+MSGHEX:` and `+CMSGHEX:` of one that answers an uplink. */
const SENDS = "\\+C?MSG(?:HEX)?: ";
const sending = /^AT\+C?MSG(HEX)?=/i;

const failed = (command: RegExp, rest: string) =>
  ({ command, line: new RegExp(`^\\+\\w+: (?:${rest})$`), isOk: false, isNamed: true }) as const;

/** Seeed LoRa-E5 / Wio-E5 (LoRa-E5 AT Command Specification 1.0). */
export const e5: Dialect = {
  name: "e5",
  title: "Seeed LoRa-E5",
  events: [
    { pattern: new RegExp(`^${SENDS}MULTICAST$`), meaning: () => piece({ cast: "multicast" }) },
    {
      pattern: new RegExp(`^${SENDS}PORT: (\\d{1,3}); RX: "${HEX_BYTES}"$`),
      meaning: ([fPort, hex = ""]) => piece({ fPort: Number(fPort), payload: bytesOfHex(hex) }),
    },
    {
      pattern: new RegExp(
        `^${SENDS}RXWIN([012]),? ?RSSI (-?\\d{1,4}),? ?SNR (-?\\d{1,3}(?:\\.\\d+)?)$`,
      ),
      meaning: ([window = "", rssi, snr]) => ({
        ...piece({
          window: window === "0" ? "C" : windowOf(window),
          rssiDbm: Number(rssi),
          snrDb: Number(snr),
        }),
        isLast: true,
      }),
    },
    { pattern: new RegExp(`^${SENDS}FPENDING$`), meaning: () => ({ type: "morePending" }) },
    { pattern: /^\+MSG: Done$/, meaning: () => ({ type: "flush" }) },
    {
      pattern: new RegExp(`^${SENDS}ACK Received$`),
      meaning: () => ({ type: "confirmed", isOk: true }),
    },
    { pattern: /^\+JOIN: Network joined$/, meaning: () => ({ type: "joined" }) },
    {
      pattern: /^\+JOIN: (Join failed)$/,
      meaning: ([detail = ""]) => ({ type: "joinFailed", detail }),
    },
  ],
  eventStart: /\+(?:C?MSG(?:HEX)?|JOIN): /g,
  ends: [
    { command: /./, line: /^\+\w+: ERROR ?\(-?\d+\)$/, isOk: false },
    { command: sending, line: /^\+C?MSG(HEX)?: Done$/, isOk: true, isNamed: true },
    failed(
      sending,
      "LoRaWAN modem is busy|Please join network first|No free channel|No band in \\d+ms|DR error|Length error \\d+",
    ),
    { command: /^AT\+JOIN/i, line: /^\+JOIN: (Done|Joined already)$/, isOk: true },
    failed(/^AT\+JOIN/i, "LoRaWAN modem is busy|Not in OTAA mode"),
    { command: /^AT\+ID$/i, line: /^\+ID: AppEui, /, isOk: true },
    { command: /^AT\+DR$/i, line: /^\+DR: \w+\d+ +DR\d/, isOk: true },
    // Everything else is one line.
    {
      command: /^AT(?!\+(C?MSG(HEX)?=|JOIN|ID$|DR$))/i,
      line: /^\+\w+: ./,
      isOk: true,
      isNamed: true,
    },
  ],
  belongs: (command, line) => {
    const name = nameAsked(command).toUpperCase() || "AT";
    return line.toUpperCase().startsWith(`+${name}: `);
  },
};

function piece(
  part: Extract<ReturnType<Dialect["events"][number]["meaning"]>, { type: "piece" }>["piece"],
) {
  return { type: "piece", piece: part } as const;
}
