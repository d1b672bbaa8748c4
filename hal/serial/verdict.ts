import type { DialectName } from "./dialect.ts";
import type { FirmwareVersion } from "./rui-version.ts";

/** Whether a modem will do for firmware updates by class C multicast. */
export interface Verdict {
  readonly fuota: "yes" | "limited" | "no";
  /** Why it is not a plain yes; and what to mind. */
  readonly reasons: readonly string[];
}

const no = (...reasons: string[]): Verdict => ({ fuota: "no", reasons });
const limited = (...reasons: string[]): Verdict => ({ fuota: "limited", reasons });

export function verdictOf(
  dialect: DialectName,
  version: FirmwareVersion | undefined,
  settings: Readonly<Record<string, string>>,
): Verdict {
  switch (dialect) {
    case "rui3":
      return ofRui3(version, settings);
    case "rak3172v1":
      return limited(
        "firmware before RUI3, 9600 baud: a fragment of 242 bytes takes longer on this line than on the air, so bursts are lost; update it to RUI3 4.2",
      );
    case "e5":
      return limited(
        "one multicast group at a time, tuned by moving RX2",
        "at 9600 baud bursts are lost: AT+UART=BR,115200 and a reset",
      );
    case "classic":
      return limited(
        "one multicast group, on the frequency and data rate of RX2 only: the server's session has to use them",
        "no more than about 118 bytes in a command line",
        "no time from the network: the clock is set by TS003 alone",
      );
    case "stAtSlave":
      return no("its commands have no multicast groups");
    case "rn2483":
      return no("one multicast group on the frequency of RX2, and no way to tell its frames apart");
    default:
      return dialect satisfies never;
  }
}

function ofRui3(
  version: FirmwareVersion | undefined,
  settings: Readonly<Record<string, string>>,
): Verdict {
  if (version === undefined) return limited("its firmware has no version that is known");
  const [major] = version;
  if (major >= 5) {
    return no(
      "RUI 5 answers the ports 200, 201 and 202 itself and may leave for another firmware in the middle of a session, and nothing turns that off; use 4.2",
    );
  }
  const { networkMode } = settings;
  if (networkMode !== undefined && networkMode !== "LoRaWAN") {
    return no(`it is in ${networkMode} mode; AT+NWM=1 makes it a LoRaWAN modem, and reboots it`);
  }
  const reasons = ["one session at a time: a downlink does not say its group"];
  if (major < 4) return limited(...reasons, "3.x: update it to 4.2 where that can be done by hand");
  return { fuota: "yes", reasons };
}
