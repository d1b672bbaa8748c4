import type { CoapDatagrams } from "#hal/net/coap-datagrams.ts";
import { COAP_OPTION, type CoapMessage, coapBlockOf, coapOption } from "#hal/net/coap-message.ts";
import type { CoapServed } from "#sim/pull/coap-port.ts";
import type { CoapHeard, CoapSaid } from "#sim/server/thingsboard/coap-exchange.ts";
import type { HttpOutcome } from "#sim/server/thingsboard/http-exchange.ts";
import { type Bridge, CHUNK_OK, type Pieces, type Spoil } from "./bridge.ts";

/** Sends to the real server from a port of its own. */
export type OpenCoap = (
  onMessage: (message: CoapMessage) => void,
) => Pick<CoapDatagrams, "send" | "close">;

const MESSAGE_IDS = 65_536;
const TOKEN_DIGITS = 8;
const CHUNKS_AWAITED_MAX = 16;
const NO_BYTES = new Uint8Array(0);

/**
 * Has a real server behind the datagrams of one simulated link: they go and come as they are, but for
 * message ids and tokens, which begin at `first`: a server knows those of minutes ago, of whoever had
 * the port then.
 */
export function coapBridge(
  open: OpenCoap,
  bridge: Pick<Bridge, "enter">,
  pieces: Pick<Pieces, "ofCoap">,
  first: number,
): CoapServed {
  let hear: (message: CoapSaid) => void = () => {};
  /** By token, the oldest first. */
  const asked = new Map<string, AskedChunk>();
  const shifted = (messageId: number, by: number) => (messageId + by + MESSAGE_IDS) % MESSAGE_IDS;
  const datagrams = open((message) =>
    bridge.enter(() => {
      const { type, token, messageId } = message;
      const isReply = type === "ack" || type === "rst";
      const said = saidOf(message, isReply ? shifted(messageId, -first) : messageId, first);
      const chunk = asked.get(token);
      const heard = chunk === undefined || message.code !== 205 ? said : spoilt(chunk, said);
      if (heard !== undefined) hear(heard);
    }),
  );
  return {
    open: (_address, listener) => {
      hear = listener;
    },
    receive: (_from, message) => {
      const messageId = message.code === 0 ? message.messageId : shifted(message.messageId, first);
      const sent = messageOf(message, messageId, first);
      const spoil = pieces.ofCoap(message);
      const { messageId: id } = message;
      if (spoil !== undefined && !asked.has(sent.token)) asked.set(sent.token, { spoil, id });
      const [oldest = ""] = asked.keys();
      if (asked.size > CHUNKS_AWAITED_MAX) asked.delete(oldest);
      datagrams.send(sent);
    },
  };
}

interface AskedChunk {
  readonly spoil: Spoil;
  /** Message id of the request, on the link. */
  readonly id: number;
  /** Of the first answer: others are repeats of it. */
  outcome?: HttpOutcome;
}

/** What is heard of an answer with a chunk; undefined: nothing. */
function spoilt(asked: AskedChunk, said: CoapSaid): CoapSaid | undefined {
  asked.outcome ??= asked.spoil(said.payload);
  const { outcome } = asked;
  if (outcome === "silence") return undefined;
  if (outcome === "close") {
    return { type: "rst", code: 0, messageId: asked.id, token: "", payload: NO_BYTES };
  }
  const { status, body } = outcome;
  return { ...said, code: status === CHUNK_OK ? said.code : status, payload: body };
}

function messageOf(heard: CoapHeard, messageId: number, first: number): CoapMessage {
  const { type, code, token, payload, path, query, options = [] } = heard;
  const texts = (number: number, all: readonly string[]) =>
    all.map((text) => ({ number, value: new TextEncoder().encode(text) }));
  return {
    ...{ type, code, messageId, payload },
    token: token === "" ? "" : hexOf(Number(token), first),
    options: [
      ...texts(COAP_OPTION.uriPath, path),
      ...options,
      ...texts(COAP_OPTION.uriQuery, query),
    ],
  };
}

function saidOf(message: CoapMessage, messageId: number, first: number): CoapSaid {
  const { type, code, token, payload, options } = message;
  const block = coapOption(message, COAP_OPTION.block2);
  const block2 = block && coapBlockOf(block);
  return {
    ...{ type, code, messageId, payload, options },
    token: numberOf(token, first),
    ...(block2 === undefined ? {} : { block2 }),
  };
}

/** Four bytes: where this link begins, and the number that its messages have in it. */
function hexOf(token: number, first: number): string {
  return (first * MESSAGE_IDS + token).toString(16).padStart(TOKEN_DIGITS, "0");
}

/** Of an answer to somebody else, nothing that anybody has asked. */
function numberOf(token: string, first: number): string {
  const value = token.length === TOKEN_DIGITS ? Number.parseInt(token, 16) : -1;
  return Math.floor(value / MESSAGE_IDS) === first ? String(value % MESSAGE_IDS) : "";
}
