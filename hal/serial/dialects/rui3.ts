import { bytesOfHex, castOf, type Dialect, type EventRow, HEX_BYTES } from "../dialect.ts";
import type { Reception } from "../modem-event.ts";

export const windowOf = (text: string): Reception["window"] =>
  text === "1" || text === "2" || text === "B" || text === "C" ? text : undefined;

/** The events that RUI3 and the firmware before it (1.0.x: blanks and commas) have in common. */
export const rakEvents: readonly EventRow[] = [
  { pattern: /^\+EVT:JOINED$/, meaning: () => ({ type: "joined" }) },
  {
    pattern: /^\+EVT:JOIN[ _]FAILED[ _]?(\w*)$/,
    meaning: ([detail = ""]) => ({ type: "joinFailed", detail }),
  },
  { pattern: /^\+EVT:TX_DONE$/, meaning: () => ({ type: "sent" }) },
  {
    pattern: /^\+EVT:SEND[ _]CONFIRMED[ _](OK|FAILED)(?:\(\d+\))?$/,
    meaning: ([word]) => ({ type: "confirmed", isOk: word === "OK" }),
  },
  {
    pattern: /^\+EVT:TIMEREQ[ _](OK|FAILED)$/,
    meaning: ([word]) => ({ type: "time", isOk: word === "OK" }),
  },
  {
    pattern: /^\+EVT:LINKCHECK:(\d)[:,](\d{1,3})[:,](\d{1,3})[:,]-?\d{1,4}[:,]-?\d{1,3}$/,
    meaning: ([status, margin, gateways]) => ({
      type: "linkCheck",
      isOk: status === "0",
      marginDb: Number(margin),
      gateways: Number(gateways),
    }),
  },
  {
    pattern: /^Restricted_Wait_(\d{1,9})_ms$/,
    meaning: ([ms]) => ({ type: "restricted", waitMs: Number(ms) }),
  },
  {
    pattern: /^(?:OK)?Current Work Mode: ?(.{1,40}?)\.?$/,
    meaning: ([mode = ""]) => ({ type: "restarted", mode }),
  },
];

export const rakEventStart = /\+EVT:|Restricted_Wait_|Current Work Mode:/g;

/** Last of all: what is not understood may still not be taken for a reply. */
export const otherEvent: EventRow = {
  pattern: /^(\+EVT:[\w ,:()-]{1,80})$/,
  meaning: ([text = ""]) => ({ type: "other", text }),
};

export const statusWords: Dialect["ends"] = [
  { command: /=\?$/, line: /^OK$/, isOk: true, needsData: true },
  { command: /(?<!=\?)$/, line: /^OK$/, isOk: true },
  { command: /./, line: /^AT_[A-Z_]{1,40}$/, isOk: false },
];

/** Name asked for by `AT+NAME=?` and its like. */
export const nameAsked = (command: string): string => /^AT\+(\w+)/i.exec(command)?.[1] ?? "";

/** RAK3172, RAK4631, RAK11720 since 3.2.0 (RUI3 AT Command Manual). */
export const rui3: Dialect = {
  name: "rui3",
  title: "RAKwireless RUI3",
  events: [
    ...rakEvents,
    {
      pattern: new RegExp(
        `^\\+EVT:RX_([12BC]):(-?\\d{1,4}):(-?\\d{1,3}):(UNICAST|MULTICAST):(\\d{1,3}):${HEX_BYTES}$`,
      ),
      meaning: ([window = "", rssi, snr, cast = "", fPort, hex = ""]) => ({
        type: "received",
        reception: {
          window: windowOf(window),
          rssiDbm: Number(rssi),
          snrDb: Number(snr),
          cast: castOf(cast),
          fPort: Number(fPort),
          payload: bytesOfHex(hex),
        },
      }),
    },
    otherEvent,
  ],
  eventStart: rakEventStart,
  ends: statusWords,
  belongs: (command, line) => {
    const name = nameAsked(command).toUpperCase();
    // The one answer without the name in front.
    if (name === "LSTMULC") return /^[ABC0]?:?[0-9A-Fa-f]{8}:/.test(line);
    return line.toUpperCase().startsWith(`AT+${name}=`);
  },
};
