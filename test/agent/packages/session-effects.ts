import { S } from "./test-io.ts";

/** The session that `MulticastNode.request()` asks for at uptime 100 s: it starts in 300 s, at uptime 400 s, and lasts 256 s. */
export const START_AT = 400 * S;
export const END_AT = 656 * S;
export const OPEN = [
  { type: "setTimer", id: "mcEnd0", at: END_AT },
  { type: "startClassC", groupId: 0, frequencyHz: 869_525_000, dr: 0 },
];
export const CLOSE = [
  { type: "clearTimer", id: "mcEnd0" },
  { type: "stopClassC", groupId: 0 },
];
export const END = [{ type: "clearTimer", id: "mcStart0" }, ...CLOSE];
