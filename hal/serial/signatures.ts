import type { DialectName } from "./dialect.ts";

/** Who answers how. Asked in this order, each once; none of it changes anything on any modem. */
export const VERSION_QUERIES = ["AT+VER=?", "at+version", "AT+VER", "sys get ver"] as const;

export interface Recognised {
  readonly dialect: DialectName;
  /** As the modem spells it. */
  readonly firmware: string;
}

/** Modems that are known by name and not spoken with. */
export interface Foreign {
  readonly title: string;
  readonly reason: string;
}

interface SignatureRow {
  readonly line: RegExp;
  readonly dialect: DialectName;
}

/** Of the lines that answer {@link VERSION_QUERIES}; the group is the firmware. */
const signatures: readonly SignatureRow[] = [
  { line: /^AT\+VER=((?:RUI_)?\d+\.\d+\.\d+[\w.+-]{0,60}|RUI_\w[\w.+-]{0,60})$/i, dialect: "rui3" },
  { line: /^V(1\.\d{1,2}\.\d{1,2}[\w.-]{0,20})$/, dialect: "rak3172v1" },
  { line: /^\+VER: (\d+\.\d+\.\d+.{0,40})$/, dialect: "e5" },
  { line: /^(?:OK )?V(3\.\d+\.\d+[\w.]{0,20})$/, dialect: "classic" },
  {
    line: /^(?:APP_VERSION|APP_VERSION:|FW_VERSION): *V?(\d+\.\d+\.\d+.{0,40})$/,
    dialect: "stAtSlave",
  },
  { line: /^(RN2[49][80]3 .{1,60})$/, dialect: "rn2483" },
];

const foreigners: readonly { readonly line: RegExp; readonly is: Foreign }[] = [
  {
    line: /^AT\+VER=\S/i,
    is: {
      title: "a RAKwireless bootloader",
      reason: "it runs its bootloader; AT+RUN leaves it, if there is a firmware",
    },
  },
  {
    line: /^OK V?2\.\d+/,
    is: {
      title: "RAK811 with firmware 2.x",
      reason: "firmware 2.x has another grammar and no class C multicast; update it to 3.x",
    },
  },
  {
    line: /^\+ERR=-?\d+$/,
    is: {
      title: "a Murata/HARDWARIO or MKRWAN modem",
      reason: "its dialect (+OK, +ERR) is not supported",
    },
  },
  {
    line: /^(?:.*LA66.*|Image Version: .*)$/,
    is: {
      title: "Dragino LA66",
      reason: "it announces long downlinks and has to be polled for them: it loses class C bursts",
    },
  },
];

export function recognise(lines: readonly string[]): Recognised | undefined {
  for (const line of lines) {
    for (const row of signatures) {
      const firmware = row.line.exec(line)?.[1];
      if (firmware !== undefined) return { dialect: row.dialect, firmware };
    }
  }
  return undefined;
}

export function recogniseForeign(lines: readonly string[]): Foreign | undefined {
  return foreigners.find(({ line }) => lines.some((one) => line.test(one)))?.is;
}

/** Whether some modem says such a thing to `AT`: the baud rate is right. */
export function isModemSpeech(line: string): boolean {
  return /^(\+AT: |\+)?OK$|^AT_[A-Z_]+$|^ERROR: ?-?\d+$|^invalid_param$|^\+ERR=-?\d+$|^\+\w+: |^ERR/i.test(
    line,
  );
}
