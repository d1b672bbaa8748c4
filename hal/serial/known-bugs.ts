import type { DialectName } from "./dialect.ts";
import { type FirmwareVersion, isAtLeast } from "./rui-version.ts";

/** A defect of firmware in the field, and what to do about it. */
export interface KnownBug {
  readonly symptom: string;
  readonly advice: string;
  /** Where it was reported. */
  readonly source: string;
}

interface BugRow extends KnownBug {
  readonly dialect: DialectName;
  readonly first?: FirmwareVersion;
  /** The last version that has it. */
  readonly last?: FirmwareVersion;
  /** Only with this setting; undefined: always. */
  readonly when?: Readonly<Record<string, string>>;
}

const forum = (topic: number) => `https://forum.rakwireless.com/t/${topic}`;

const bugs: readonly BugRow[] = [
  {
    dialect: "rui3",
    first: [3, 5, 3],
    last: [4, 0, 4],
    symptom: "the UART dies after 49.7 days",
    advice: "reset it (ATZ) within 30 days, when idle",
    source: forum(9315),
  },
  {
    dialect: "rui3",
    first: [4, 0, 5],
    last: [4, 1, 0],
    symptom: "after 30 to 40 resets by ATZ it answers no more until its power is cut",
    advice: "do not reset it as a routine; keep its reset pin or its power in reach",
    source: forum(11839),
  },
  {
    dialect: "rui3",
    when: { lpm: "1" },
    symptom: "the first byte after sleep is lost or garbled",
    advice: "AT+LPM=0, or send an empty line first",
    source: forum(14552),
  },
  {
    dialect: "rui3",
    last: [4, 0, 3],
    symptom: "the end of an unconfirmed uplink is not told (4.0.2 was published with and without)",
    advice: "wait for air time and receive windows instead",
    source: "https://github.com/RAKWireless/RAK-STM32-RUI",
  },
  {
    dialect: "rui3",
    symptom:
      "a payload too long for the data rate puts an empty uplink on the air before it is refused",
    advice: "compute the size before sending",
    source: "https://github.com/RAKWireless/RAK-STM32-RUI",
  },
  {
    dialect: "rui3",
    symptom: "ADDMULC is refused for a group that a crash has left in the modem",
    advice: "list the groups and remove what is left before adding",
    source: forum(15122),
  },
  {
    dialect: "rui3",
    first: [4, 2, 0],
    last: [4, 2, 3],
    symptom: "some modules loop in boot after an update to 4.2.0 or 4.2.3",
    advice: "do not update the modem's firmware from afar",
    source: forum(13847),
  },
  {
    dialect: "rui3",
    first: [5, 0, 0],
    symptom:
      "when a class C session of a server starts, it leaves its AT firmware and writes the fragments over it, whoever signed them",
    advice: "keep it out of FUOTA deployments, or put 4.2 on it",
    source: "https://github.com/RAKWireless/RAK-STM32-RUI",
  },
];

export function knownBugsOf(
  dialect: DialectName,
  version: FirmwareVersion | undefined,
  settings: Readonly<Record<string, string>>,
): readonly KnownBug[] {
  return bugs
    .filter((bug) => bug.dialect === dialect)
    .filter(({ first, last }) => {
      if (first === undefined && last === undefined) return true;
      if (version === undefined) return false;
      if (first !== undefined && !isAtLeast(version, first)) return false;
      return last === undefined || isAtLeast(last, version);
    })
    .filter(({ when = {} }) =>
      Object.entries(when).every(([key, value]) => settings[key] === value),
    )
    .map(({ symptom, advice, source }) => ({ symptom, advice, source }));
}
