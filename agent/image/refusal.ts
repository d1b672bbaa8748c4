/** Why an image is not accepted; each is a `FailureReason` of the reports. */
export type ImageRefusal = "imageFormat" | "digest" | "signature" | "downgrade" | "wrongHardware";

export interface Refused {
  readonly ok: false;
  readonly reason: ImageRefusal;
  /** For people: what exactly, in one line without the reason. */
  readonly detail: string;
}

export function refused(reason: ImageRefusal, detail: string): Refused {
  return { ok: false, reason, detail };
}
