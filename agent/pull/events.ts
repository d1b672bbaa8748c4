/** The whole vocabulary between a device that pulls and the world. Plain data only. */
import type { UptimeUs } from "#hal/ports.ts";
import type { BootReport } from "../boot/strategy.ts";
import type { RebootReason } from "../events.ts";
import type { PullFailure } from "./failure.ts";

export type PullTimerId =
  /** Spreads the first words of a fleet that was switched on at once. */
  | "start"
  /** The server is asked again which package is assigned. */
  | "poll"
  /** End of a back-off. */
  | "retry"
  /** The answer that is awaited is late. */
  | "answer"
  /** A trial that has not been confirmed by now resets itself. */
  | "trialDeadline";

/** One HTTP exchange: each request has one of these, unless it is cancelled. */
export type HttpEvent =
  | {
      readonly type: "httpResponse";
      readonly at: UptimeUs;
      readonly id: number;
      readonly status: number;
      /** Names in lower case. */
      readonly headers?: Readonly<Record<string, string>>;
      /** Valid within the step. */
      readonly body: Uint8Array;
    }
  /** No response, or none that is whole and within bounds. `detail` is for people, in one line. */
  | {
      readonly type: "httpFailed";
      readonly at: UptimeUs;
      readonly id: number;
      readonly detail: string;
      /** The body is longer than it may be. */
      readonly isTooLong: boolean;
    };

/** One MQTT session, which the device opens and closes. Nothing comes of one that was closed. */
export type MqttEvent =
  /** CONNACK 0. */
  | { readonly type: "mqttConnected"; readonly at: UptimeUs }
  /** SUBACK, whatever was granted: servers publish to those whom they refused, too. */
  | { readonly type: "mqttSubscribed"; readonly at: UptimeUs }
  /** PUBACK. */
  | { readonly type: "mqttPublished"; readonly at: UptimeUs; readonly id: number }
  | {
      readonly type: "mqttMessage";
      readonly at: UptimeUs;
      readonly topic: string;
      /** Valid within the step. */
      readonly payload: Uint8Array;
    }
  /** Refused, lost, or closed by the server. */
  | {
      readonly type: "mqttClosed";
      readonly at: UptimeUs;
      readonly detail: string;
      /** CONNACK 2, 4 or 5: it does not know these credentials. */
      readonly isUnknown: boolean;
    };

/** An option of a CoAP message by its number. */
export interface CoapOption {
  readonly number: number;
  readonly value: Uint8Array;
}

export type CoapBlockBytes = 16 | 32 | 64 | 128 | 256 | 512 | 1024;

/**
 * One CoAP exchange: each request has one of these, unless it is cancelled. One that observes has
 * more of them, for as long as they say so.
 */
export type CoapEvent =
  | {
      readonly type: "coapResponse";
      readonly at: UptimeUs;
      readonly id: number;
      /** 205 for 2.05. */
      readonly code: number;
      readonly options: readonly CoapOption[];
      /** Of all its blocks. Valid within the step. */
      readonly payload: Uint8Array;
      /** Others will come, perhaps not in the order in which they were sent. */
      readonly isObserved: boolean;
    }
  /** No response, or none that is whole and within bounds. `detail` is for people, in one line. */
  | {
      readonly type: "coapFailed";
      readonly at: UptimeUs;
      readonly id: number;
      readonly detail: string;
      /** The payload is longer than it may be. */
      readonly isTooLong: boolean;
    };

/** One GET of a URL anywhere: each fetch has one of these, unless it is cancelled. */
export type FetchEvent =
  | {
      readonly type: "fetched";
      readonly at: UptimeUs;
      readonly id: number;
      readonly status: number;
      /** Names in lower case. */
      readonly headers: Readonly<Record<string, string>>;
      /** Fewer bytes than were asked for if it ends before. Valid within the step. */
      readonly body: Uint8Array;
    }
  /** No response, or none that is whole. `detail` is for people, in one line. */
  | {
      readonly type: "fetchFailed";
      readonly at: UptimeUs;
      readonly id: number;
      readonly detail: string;
    };

/** A serial line: bytes in order, or not at all. */
export type SerialEvent =
  | {
      readonly type: "serialData";
      readonly at: UptimeUs;
      /** Any split of the stream. Valid within the step. */
      readonly bytes: Uint8Array;
    }
  /** After bytes none has come for a while: the idle line of a UART. */
  | { readonly type: "serialSilent"; readonly at: UptimeUs }
  /** It is not there, or was lost. `detail` is for people, in one line. */
  | { readonly type: "serialClosed"; readonly at: UptimeUs; readonly detail: string };

export type LinkEvent = HttpEvent | MqttEvent | CoapEvent | FetchEvent | SerialEvent;

export type PullEvent =
  /** First event of every life. The bootloader has already run. */
  | { readonly type: "boot"; readonly at: UptimeUs }
  | { readonly type: "timer"; readonly at: UptimeUs; readonly id: PullTimerId }
  | LinkEvent;

export type PullEffect =
  /** Redirects are answers like others: nobody follows them. */
  | {
      readonly type: "httpRequest";
      readonly id: number;
      readonly method: "GET" | "POST";
      /** From the root of the server, with its query. */
      readonly path: string;
      /** JSON if it is text; none in a GET. */
      readonly body: string | Uint8Array | undefined;
      /** Names in lower case. */
      readonly headers?: Readonly<Record<string, string>>;
      /** A longer body is a failure, and need not be read to its end. */
      readonly bodyBytesMax: number;
    }
  /** Its answer is not awaited any more, and must not come. */
  | { readonly type: "httpCancel"; readonly id: number }
  /**
   * Bytes of a file by a range request (RFC 9110 §14). A server that ignores it gives the file from
   * its first byte on (200): what lies before is skipped. Of no answer more than `bytesMax` are taken.
   * Redirects are answers like others.
   */
  | {
      readonly type: "fetch";
      readonly id: number;
      readonly url: string;
      readonly startBytes: number;
      readonly bytesMax: number;
    }
  /** Its answer is not awaited any more, and must not come. */
  | { readonly type: "fetchCancel"; readonly id: number }
  /** A clean session with the device's credentials. */
  | { readonly type: "mqttConnect" }
  | { readonly type: "mqttSubscribe"; readonly filters: readonly string[] }
  /** QoS 1. */
  | {
      readonly type: "mqttPublish";
      readonly id: number;
      readonly topic: string;
      readonly payload: string | Uint8Array;
    }
  | { readonly type: "mqttClose" }
  /**
   * Confirmable. Sent again until it is acknowledged; what is acknowledged and never answered waits
   * until it is cancelled.
   */
  | {
      readonly type: "coapRequest";
      readonly id: number;
      readonly method: "GET" | "POST" | "PUT" | "DELETE";
      /** Segments and parameters as they are: nothing is to be escaped. */
      readonly path: readonly string[];
      readonly query: readonly string[];
      readonly options: readonly CoapOption[];
      readonly payload: Uint8Array | undefined;
      /** Wants to hear of changes (RFC 7641). */
      readonly observes: boolean;
      /** Asks for blocks of this size (RFC 7959); otherwise it is the server who may begin with them. */
      readonly blockBytes: CoapBlockBytes | undefined;
      /** A longer payload is a failure, and need not be read to its end. */
      readonly payloadBytesMax: number;
    }
  /** Its answer is not awaited any more, and must not come; nor must what is observed. */
  | { readonly type: "coapCancel"; readonly id: number }
  /** Opens the line, if it is not. */
  | { readonly type: "serialWrite"; readonly bytes: Uint8Array }
  /** Next comes `serialData`, if need be without a byte: what was held back is looked at then. */
  | { readonly type: "serialLook" }
  | { readonly type: "setTimer"; readonly id: PullTimerId; readonly at: UptimeUs }
  | { readonly type: "clearTimer"; readonly id: PullTimerId }
  /** Reset now: the world runs the bootloader and starts a new life. */
  | { readonly type: "reboot"; readonly reason: RebootReason }
  | { readonly type: "note"; readonly note: PullNote };

/** State changes worth a line in a timeline. */
export type PullNote =
  | { readonly type: "booted"; readonly report: BootReport }
  | { readonly type: "offered"; readonly title: string; readonly version: string }
  /** Runs it already. */
  | { readonly type: "upToDate"; readonly version: string }
  /** Has tried it, and will not again. */
  | { readonly type: "offeredAgain"; readonly version: string; readonly failure: PullFailure }
  | {
      readonly type: "downloading";
      readonly offsetBytes: number;
      /** Undefined: comes with the last byte. */
      readonly sizeBytes: number | undefined;
    }
  | { readonly type: "downloaded"; readonly sizeBytes: number }
  | { readonly type: "verified"; readonly version: string }
  /** The image does not say the version of its package. */
  | { readonly type: "otherVersion"; readonly image: string; readonly package: string }
  | { readonly type: "refused"; readonly failure: PullFailure; readonly detail: string }
  | { readonly type: "staged" }
  | { readonly type: "confirmed" }
  | {
      readonly type: "denied";
      readonly cause: "credentials" | "assignment";
      readonly detail: string;
      readonly retryMs: number;
    }
  | { readonly type: "noAnswer"; readonly detail: string; readonly retryMs: number };
