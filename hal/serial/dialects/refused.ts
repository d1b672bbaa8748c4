import { bytesOfHex, type Dialect, HEX_BYTES } from "../dialect.ts";
import { otherEvent, statusWords } from "./rui3.ts";

/** Families that are told apart, so that they can be refused for a reason. */

/** ST's AT_Slave for the STM32WL (AN5481, STM32CubeWL), and products built on it. */
export const stAtSlave: Dialect = {
  name: "stAtSlave",
  title: "ST AT_Slave (STM32WL)",
  events: [
    { pattern: /^\+EVT:JOINED$/, meaning: () => ({ type: "joined" }) },
    { pattern: /^\+EVT:JOIN FAILED$/, meaning: () => ({ type: "joinFailed", detail: "" }) },
    {
      pattern: /^\+EVT:SEND_CONFIRMED$/,
      meaning: () => ({ type: "confirmed", isOk: true }),
    },
    {
      pattern: new RegExp(`^\\+EVT:(\\d{1,3}):[0-9a-fA-F]{2}:${HEX_BYTES}$`),
      meaning: ([fPort, hex = ""]) => ({
        type: "piece",
        piece: { fPort: Number(fPort), payload: bytesOfHex(hex) },
      }),
    },
    {
      pattern:
        /^\+EVT:RX_([12CBP])(_MC)?, PORT \d{1,3}, DR \d{1,2}, RSSI (-?\d{1,4}), SNR (-?\d{1,3})$/,
      meaning: ([window, multicast, rssi, snr]) => ({
        type: "piece",
        piece: {
          window: window === "1" || window === "2" || window === "C" ? window : "B",
          cast: multicast === "" ? "unicast" : "multicast",
          rssiDbm: Number(rssi),
          snrDb: Number(snr),
        },
        isLast: true,
      }),
    },
    otherEvent,
  ],
  eventStart: /\+EVT:/g,
  ends: statusWords,
  belongs: (command, line) => command.endsWith("?") && !line.startsWith("+"),
};

/** Microchip RN2483 and RN2903 (DS40001784). */
export const rn2483: Dialect = {
  name: "rn2483",
  title: "Microchip RN2483/RN2903",
  events: [
    { pattern: /^accepted$/, meaning: () => ({ type: "joined" }) },
    { pattern: /^(denied)$/, meaning: ([detail = ""]) => ({ type: "joinFailed", detail }) },
    { pattern: /^mac_tx_ok$/, meaning: () => ({ type: "sent" }) },
    { pattern: /^mac_err$/, meaning: () => ({ type: "confirmed", isOk: false }) },
    {
      pattern: new RegExp(`^mac_rx (\\d{1,3}) ${HEX_BYTES}$`),
      meaning: ([fPort, hex = ""]) => ({
        type: "received",
        reception: {
          window: undefined,
          cast: undefined,
          fPort: Number(fPort),
          rssiDbm: Number.NaN,
          snrDb: Number.NaN,
          payload: bytesOfHex(hex),
        },
      }),
    },
  ],
  eventStart: /mac_rx /g,
  ends: [
    { command: /./, line: /^ok$/, isOk: true },
    {
      command: /./,
      line: /^(invalid_param|not_joined|no_free_ch|silent|frame_counter_err_rejoin_needed|busy|mac_paused|invalid_data_len|keys_not_init)$/,
      isOk: false,
    },
    { command: /^(sys|mac|radio) get /, line: /^[\w .:-]{1,64}$/, isOk: true },
  ],
  belongs: () => false,
};
