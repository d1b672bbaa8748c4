import type { CoapHeard } from "#sim/server/thingsboard/coap-exchange.ts";
import type { HttpOutcome, HttpRequest } from "#sim/server/thingsboard/http-exchange.ts";

/** Between the simulated link of one device and its real server. */
export interface Bridge {
  /** Runs what comes of the server in the world, at its present. */
  readonly enter: (run: () => void) => void;
  /** A chunk has come, or the first piece of it: what the device is to get of it, in the words of HTTP. */
  readonly onChunk: (chunk: number, path: string, body: Uint8Array) => HttpOutcome;
  /** The same of another piece of it. */
  readonly onFurther: (chunk: number, path: string, body: Uint8Array) => HttpOutcome;
  /** The server does not do what servers do; for people, in one line. */
  readonly onTrouble: (detail: string) => void;
  /** Longer answers are not taken to their end. */
  readonly bytesMax: number;
}

/** What the device is to get instead of the body of an answer. */
export type Spoil = (body: Uint8Array) => HttpOutcome;

/** Where firmware is in what a server says to one device. Undefined: not in this. */
export interface Pieces {
  ofHttp(request: HttpRequest): Spoil | undefined;
  ofCoap(request: CoapHeard): Spoil | undefined;
  /** The device says something. */
  onPublish(topic: string, payload: Uint8Array): void;
  ofMqtt(topic: string): Spoil | undefined;
  /** How the server says by MQTT that it has failed. */
  mqttError(topic: string): { readonly topic: string; readonly payload: Uint8Array };
}

export const CHUNK_OK = 200;
