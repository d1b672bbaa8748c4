import { bytesOfHex, type Dialect, HEX_BYTES } from "../dialect.ts";
import { otherEvent, rakEventStart, rakEvents, statusWords, windowOf } from "./rui3.ts";

/** RAK3172 up to 1.0.4, before RUI3: bare values, and a downlink in three lines. */
export const rak3172v1: Dialect = {
  name: "rak3172v1",
  title: "RAK3172 before RUI3 (1.0.x)",
  events: [
    ...rakEvents,
    {
      pattern: /^\+EVT:RX_([12BC]), RSSI (-?\d{1,4}), SNR (-?\d{1,3})$/,
      meaning: ([window = "", rssi, snr]) => ({
        type: "piece",
        piece: { window: windowOf(window), rssiDbm: Number(rssi), snrDb: Number(snr) },
      }),
    },
    {
      pattern: /^\+EVT:(UNICAST|MULCAST(?: MC\d)?)$/,
      meaning: ([word]) => ({
        type: "piece",
        piece: { cast: word === "UNICAST" ? "unicast" : "multicast" },
      }),
    },
    {
      pattern: new RegExp(`^\\+EVT:(\\d{1,3}):${HEX_BYTES}$`),
      meaning: ([fPort, hex = ""]) => ({
        type: "piece",
        piece: { fPort: Number(fPort), payload: bytesOfHex(hex) },
        isLast: true,
      }),
    },
    otherEvent,
  ],
  eventStart: rakEventStart,
  ends: statusWords,
  belongs: (command, line) => /=\?$|\?$/.test(command) && !line.startsWith("+"),
};
