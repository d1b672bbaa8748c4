/** The firmware that a virtual modem runs. */
export interface ModemProfile {
  readonly name: ProfileName;
  readonly family: "rui3" | "rak3172v1" | "e5" | "classic";
  /** As its version query spells it. */
  readonly firmware: string;
  /** Longest command. */
  readonly lineMaxBytes: number;
  readonly baudRate: number;
  /** RUI3: the end of an unconfirmed uplink is told (since 4.0.4). */
  readonly saysSent: boolean;
  /** RUI 5: it has FUOTA of its own. */
  readonly hasOwnFuota?: boolean;
}

export const PROFILE_NAMES = [
  "rui4_2",
  "rui3_2",
  "rui5fuota",
  "legacy104",
  "e5",
  "classic",
] as const;
export type ProfileName = (typeof PROFILE_NAMES)[number];

const rui3 = { family: "rui3", lineMaxBytes: 2048, baudRate: 115_200 } as const;

export const PROFILES: Readonly<Record<ProfileName, ModemProfile>> = {
  rui4_2: { ...rui3, name: "rui4_2", firmware: "RUI_4.2.1_RAK3172-E", saysSent: true },
  rui3_2: { ...rui3, name: "rui3_2", firmware: "3.2.0-p2_22q1_final.87", saysSent: false },
  rui5fuota: {
    ...rui3,
    name: "rui5fuota",
    firmware: "RUI_5.0.0_RAK3172-E",
    saysSent: true,
    hasOwnFuota: true,
  },
  legacy104: {
    name: "legacy104",
    family: "rak3172v1",
    firmware: "V1.0.4",
    lineMaxBytes: 1024,
    baudRate: 9600,
    saysSent: false,
  },
  e5: {
    name: "e5",
    family: "e5",
    firmware: "4.0.11",
    lineMaxBytes: 528,
    baudRate: 9600,
    saysSent: true,
  },
  classic: {
    name: "classic",
    family: "classic",
    firmware: "3.3.0.14",
    lineMaxBytes: 255,
    baudRate: 115_200,
    saysSent: true,
  },
};
