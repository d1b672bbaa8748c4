import type { BootDecision } from "#agent/boot/strategy.ts";
import type { DeviceNote } from "#agent/events.ts";
import type { GpsSeconds } from "#hal/ports.ts";
import type { NetworkWord } from "#sim/mac/network-word.ts";

export interface TimelineEntry {
  /** Seconds since the world began. */
  readonly atS: number;
  readonly text: string;
}

/** What the bootloader chose. */
export function describeBoot({ image, bank, trial, report }: RunningImage): string {
  const tail = trial ? `, trial, ${report.attemptsLeft} left` : "";
  return `booted ${image.version} from bank ${"AB"[bank]}${tail}`;
}

type RunningImage = Extract<BootDecision, { readonly ok: true }>;

/** One state change as one line of a timeline. */
export function describeNote(note: DeviceNote): string {
  switch (note.type) {
    case "booted":
      return `boot record: ${note.report.bankStates.join("/")}, ${note.report.lastReason}`;
    case "clockSynced":
      return `clock corrected by ${note.correctionS} s`;
    case "mcGroupSetup":
      return `multicast group ${note.groupId} ${note.ok ? "accepted" : "refused"}`;
    case "mcSession":
      return `class ${note.sessionClass ?? "C"} session of group ${note.groupId} ${note.state}`;
    case "fragSetup":
      return note.errors === 0
        ? `fragmentation session ${note.fragIndex} accepted`
        : `fragmentation session ${note.fragIndex} refused, errors 0x${note.errors.toString(16)}`;
    case "fragComplete":
      return `block ${note.fragIndex} complete after ${note.received} fragments`;
    case "fragFailed":
      return `block ${note.fragIndex} failed: ${note.reason}`;
    case "patchApplied":
      return `patch of ${note.patchBytes} bytes applied`;
    case "imageVerified":
      return `image ${note.version} verified`;
    case "imageRefused":
      return `image refused: ${note.reason}, ${note.detail}`;
    case "staged":
      return "staged for the next boot";
    case "confirmed":
      return "confirmed by server contact";
    case "resumed":
      return `session ${note.fragIndex} resumed with ${note.received} fragments`;
    default:
      return note satisfies never;
  }
}

/** What the network said when it was asked, and by how much its time is wrong. */
export function describeWord(word: NetworkWord, gpsAtStart: GpsSeconds): string {
  if (word.type === "linkCheck") {
    return `link check: ${word.marginDb} dB of margin, ${word.gatewayCount} gateways`;
  }
  const offMs = Math.round((word.gpsUs - gpsAtStart * 1e6 - word.sentUs) / 1000);
  return `network time is ${offMs} ms off`;
}
