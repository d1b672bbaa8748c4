import type { PullNote } from "#agent/pull/events.ts";
import type { PullFailure } from "#agent/pull/failure.ts";

/** What the world has seen of a pulling device, by its notes. */
export class PullObserved {
  /** Of its server, whatever it was. */
  hasAnswer = false;
  hasBegun = false;
  /** Has a whole image that it takes for good. */
  isComplete = false;
  isDenied = false;
  lastFailure: PullFailure | undefined;
  /** In this life, it has said that there is nothing to do about this version. */
  doneWith: string | undefined;

  lifeBegan(): void {
    this.doneWith = undefined;
  }

  take(note: PullNote): void {
    switch (note.type) {
      case "offered":
        this.isDenied = false;
        this.doneWith = undefined;
        break;
      case "downloading":
        this.hasBegun = true;
        this.isComplete = false;
        break;
      case "verified":
        this.isComplete = true;
        break;
      case "refused":
        this.isComplete = false;
        this.lastFailure = note.failure;
        break;
      case "upToDate":
      case "offeredAgain":
        this.doneWith = note.version;
        break;
      case "denied":
        if (note.cause === "credentials") this.isDenied = true;
        break;
      case "booted":
      case "downloaded":
      case "otherVersion":
      case "staged":
      case "confirmed":
      case "noAnswer":
        break;
      default:
        note satisfies never;
    }
  }
}
