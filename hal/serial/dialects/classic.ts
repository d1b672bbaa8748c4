import { bytesOfHex, type Dialect, HEX_BYTES } from "../dialect.ts";

/** RAK811 v3, RAK4200, RAK4270 (their AT command manuals). */
export const classic: Dialect = {
  name: "classic",
  title: "RAKwireless classic (RAK811, RAK4200, RAK4270)",
  events: [
    {
      pattern: new RegExp(`^at\\+recv=(\\d{1,3}),(-?\\d{1,4}),(-?\\d{1,3}),\\d{1,3}:${HEX_BYTES}$`),
      meaning: ([fPort, rssi, snr, hex = ""]) => ({
        type: "received",
        reception: {
          window: undefined,
          cast: undefined,
          fPort: Number(fPort),
          rssiDbm: Number(rssi),
          snrDb: Number(snr),
          payload: bytesOfHex(hex),
        },
      }),
    },
    {
      // An ACK, or MAC commands alone.
      pattern: /^at\+recv=\d{1,3},-?\d{1,4},-?\d{1,3},0$/,
      meaning: () => ({ type: "contact" }),
    },
    {
      pattern: /^(Initialization OK|UART\d work mode: .{1,40})$/,
      meaning: ([text = ""]) => ({ type: "other", text }),
    },
    {
      pattern: /^Current work_mode: ?(\w+).*$/,
      meaning: ([mode = ""]) => ({ type: "restarted", mode }),
    },
  ],
  eventStart: /at\+recv=|Current work_mode:/g,
  ends: [
    // Its replies of several lines begin with OK and end with silence.
    { command: /^(?!at\+get_config=(lora|device):status)/i, line: /^OK\b.*$/, isOk: true },
    { command: /./, line: /^ERROR: ?-?\d{1,3}$/i, isOk: false },
  ],
  belongs: () => true,
};
