/** What asking for Drogue's commands by HTTP and by CoAP have in common: a status, and its command in the response. */
import type { Answer } from "./dialect.ts";
import type { DrogueOptions, DrogueTalk } from "./drogue.ts";

export interface DrogueExchangeOptions extends DrogueOptions {
  /** Value of the header or option that says who the device is. */
  readonly authorization: string;
  /** How long the server may wait for a command; less than the time-out of an answer. */
  readonly commandTimeoutS: number;
}

/** What a device can hold; the protocol itself has no limit. */
export const DROGUE_CHUNK_BYTES_MAX = 1024 * 1024;

export function drogueQuery({
  commandTimeoutS,
  child,
}: Pick<DrogueExchangeOptions, "commandTimeoutS" | "child">): string {
  const as = child === undefined ? "" : `&as=${encodeURIComponent(child)}`;
  return `ct=${commandTimeoutS}${as}`;
}

export const UNKNOWN_TO_DROGUE: Answer = {
  type: "denied",
  cause: "credentials",
  detail: "the server does not know this device or its password",
};

export function noCommandIn(commandTimeoutS: number): Answer {
  return { type: "failed", detail: `no command came in ${commandTimeoutS} s` };
}

/** Nothing more is asked. */
export function endTalk(talk: DrogueTalk, answer: Answer): Answer {
  talk.giveUp();
  return answer;
}

/** No response, or one that is too long. */
export function endFailed(talk: DrogueTalk, detail: string, isTooLong: boolean): Answer {
  const isChunk = talk.asked === "chunk" && isTooLong;
  return endTalk(talk, { type: isChunk ? "wrongChunk" : "failed", detail });
}

/** The command in a response; `post` is called with what is to be asked next, then there is no answer yet. */
export function takeCommand(
  talk: DrogueTalk,
  bytes: Uint8Array,
  post: (status: Uint8Array) => void,
): Answer | undefined {
  const turn = talk.take(bytes);
  switch (turn.type) {
    case "answer":
      return turn.answer;
    case "status":
      post(turn.status);
      return undefined;
    case "late":
    case "push":
      return endTalk(talk, { type: "failed", detail: "the command answers another status" });
    default:
      return turn satisfies never;
  }
}
