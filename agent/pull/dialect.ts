import type { UptimeUs } from "#hal/ports.ts";
import type { Checksum } from "./checksum.ts";
import type { LinkEvent, PullEffect } from "./events.ts";
import type { Report } from "./report.ts";

/** A package as a server offers it. */
export interface Offer {
  readonly title: string;
  readonly version: string;
  /** Everything that tells this package from another one, in a form of the dialect's own. */
  readonly identity: string;
  /** The server has said itself that this is what runs. */
  readonly isRunning?: true;
  readonly content:
    | {
        readonly ok: true;
        /** Undefined: comes with its last byte. */
        readonly sizeBytes: number | undefined;
        /** Undefined: comes with its last byte, or never. */
        readonly checksum: Checksum | undefined;
        /** Where its bytes lie, if they do not lie on the server. */
        readonly url?: string;
      }
    /** It cannot be downloaded from what the server says; why, in one line. */
    | { readonly ok: false; readonly problem: string };
}

/** What the core asks of a server, one at a time. */
export type Ask =
  /** Which package is assigned to a device that runs this one. */
  | { readonly type: "target"; readonly title: string; readonly version: string }
  /** Bytes from `index * chunkBytes` on, `expectBytes` of them. */
  | {
      readonly type: "chunk";
      readonly offer: Offer;
      readonly index: number;
      readonly chunkBytes: number;
      readonly expectBytes: number;
    }
  | { readonly type: "report"; readonly report: Report }
  /** Answered as soon as something may have changed, at the latest after `seconds`. */
  | { readonly type: "change"; readonly seconds: number };

export type Answer =
  /** `pollS`: when the server wants to be asked again, if it says so. */
  | { readonly type: "target"; readonly offer: Offer | undefined; readonly pollS?: number }
  /** Nothing now; nothing is to be given up for that. */
  | { readonly type: "later"; readonly pollS: number | undefined }
  | { readonly type: "chunk"; readonly bytes: Uint8Array }
  /** Of a package of unknown size: all that is left of it, and its checksum if there is one. */
  | {
      readonly type: "lastChunk";
      readonly bytes: Uint8Array;
      readonly checksum: Checksum | undefined;
    }
  /** A chunk that cannot be the one that was asked for. */
  | {
      readonly type: "wrongChunk";
      readonly detail: string;
      /** Nor will it be when it is asked for again. */
      readonly isFinal?: true;
    }
  | { readonly type: "reported" }
  | { readonly type: "changed" }
  /** The server says no, and will say so again until somebody changes something there. */
  | {
      readonly type: "denied";
      readonly cause: "credentials" | "assignment";
      readonly detail: string;
    }
  /** No answer, or none that can be used: worth another try. */
  | { readonly type: "failed"; readonly detail: string };

export interface DialectIo {
  readonly at: UptimeUs;
  readonly effects: PullEffect[];
}

/** One way to talk with one kind of server over one kind of link. */
export interface Dialect {
  /** Longest chunk that the server gives. */
  readonly chunkBytesMax: number;
  /** Whether the server can be asked to tell of a change; otherwise the core asks now and then. */
  readonly tellsChanges: boolean;
  /** It has no words for how an update goes: it is never asked to report. */
  readonly isSilent?: boolean;
  /** It has a word for how far a download is. */
  readonly tellsProgress?: boolean;
  /** Bytes may come spoilt or not at all, and nobody notices before the image is whole. */
  readonly isUnchecked?: boolean;
  ask(ask: Ask, io: DialectIo): void;
  /** Nobody waits for the answer any more. */
  giveUp(io: DialectIo): void;
  /**
   * The answer to the last {@link ask}, once it is there. `reached`: the way to the server has come
   * a step further, and the time for the answer begins anew.
   */
  step(event: LinkEvent, io: DialectIo): Answer | "reached" | undefined;
}
