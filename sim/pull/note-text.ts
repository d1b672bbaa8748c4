import type { PullNote } from "#agent/pull/events.ts";

/** One line for people, of which the device is the subject. */
export function noteText(note: PullNote): string {
  switch (note.type) {
    case "booted": {
      const { active, pending } = note.report;
      return pending === undefined ? `booted bank ${active}` : `booted bank ${pending} on trial`;
    }
    case "offered":
      return `the server offers ${note.title} ${note.version}`;
    case "upToDate":
      return `runs ${note.version}, as it should`;
    case "offeredAgain":
      return `${note.version} is offered again; it failed (${note.failure}) and is left alone`;
    case "downloading": {
      const what = note.sizeBytes === undefined ? "all there is" : `${note.sizeBytes} bytes`;
      const rest = note.offsetBytes === 0 ? "" : `, goes on at ${note.offsetBytes}`;
      return `downloads ${what}${rest}`;
    }
    case "downloaded":
      return `has all ${note.sizeBytes} bytes`;
    case "verified":
      return `checksum, hash and signature are right: image version ${note.version}`;
    case "otherVersion":
      return `the image says ${note.image}, its package ${note.package}`;
    case "refused":
      return `refused (${note.failure}): ${note.detail}`;
    case "staged":
      return "is staged";
    case "confirmed":
      return "the new image has reached the server and stays";
    case "denied":
    case "noAnswer":
      return `${note.detail}; tries again in ${(note.retryMs / 1000).toFixed(1)} s`;
    default:
      return note satisfies never;
  }
}
