/**
 * What drogue-ajour and Drogue's endpoints do that a device had better be ready for. Each can be turned
 * off: the server then does what one might have expected.
 */
export const DROGUE_QUIRKS = {
  /** Who has no firmware, or one that cannot be found, gets no answer; off: Wait. */
  silentOnErrors: true,
  /** An mtu of 0 gets empty pieces, for ever; off: it is taken for none. */
  takesMtu0: true,
  /** Sync does not say when to ask again; off: in 60 s. */
  syncWithoutPoll: true,
  /** One device that posts JSON ends the update service for all of them; off: it gets no answer. */
  diesOfJson: true,
} as const;

export type DrogueQuirk = keyof typeof DROGUE_QUIRKS;
export type DrogueQuirks = Readonly<Record<DrogueQuirk, boolean>>;

/** The same of drgdfu, the host on a serial line. */
export const DRGDFU_QUIRKS = {
  /** It reads one status and no other before `Swap`; off: it answers each. */
  streamsLine: true,
} as const;

export type DrgdfuQuirk = keyof typeof DRGDFU_QUIRKS;
