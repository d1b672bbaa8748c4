import type { TimerId } from "./events.ts";

type Family =
  | "clockSync"
  | "fragAnswer"
  | "fragReceived"
  | "multicast"
  | "heartbeat"
  | "activation"
  | "reboot"
  | "trialDeadline";

/** What a timer is for, and the FragIndex or McGroupID that it belongs to. */
export const TIMERS: Readonly<Record<TimerId, readonly [Family, number]>> = {
  clockSync: ["clockSync", 0],
  fragAnswer0: ["fragAnswer", 0],
  fragAnswer1: ["fragAnswer", 1],
  fragAnswer2: ["fragAnswer", 2],
  fragAnswer3: ["fragAnswer", 3],
  fragReceived0: ["fragReceived", 0],
  fragReceived1: ["fragReceived", 1],
  fragReceived2: ["fragReceived", 2],
  fragReceived3: ["fragReceived", 3],
  mcStart0: ["multicast", 0],
  mcStart1: ["multicast", 1],
  mcStart2: ["multicast", 2],
  mcStart3: ["multicast", 3],
  mcEnd0: ["multicast", 0],
  mcEnd1: ["multicast", 1],
  mcEnd2: ["multicast", 2],
  mcEnd3: ["multicast", 3],
  heartbeat: ["heartbeat", 0],
  activation: ["activation", 0],
  reboot: ["reboot", 0],
  trialDeadline: ["trialDeadline", 0],
};
