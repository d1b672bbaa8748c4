/** Kinds of journal records; `format.ts` says what a record is. */

/** a: group; extra: the context, or nothing: there is none. */
export const MC_GROUP = 0x01;
/** a: group; extra: the programmed session, or nothing. */
export const MC_SESSION = 0x02;
/** A frame that brought no fragment. a: group, b: low half of its counter. */
export const MC_FRAME = 0x03;
/** a: the exponent. */
export const CLOCK_PERIOD = 0x04;
/** a: FragIndex; extra: the set-up, or nothing: the session is gone. */
export const FRAG_SETUP = 0x08;
/** a: FragIndex, b: SessionCntPrev. */
export const SESSION_CNT_PREV = 0x09;
/** a: FragIndex; extra: how the session ended. */
export const FRAG_VERDICT = 0x0a;
/** a: FragIndex; extra: address u32 of the sector in the spare, or nothing: it is whole again. */
export const SECTOR_IN_SPARE = 0x0b;

/* Of a device that pulls; `agent/pull/memory.ts` writes and reads them. */

/** Extra: the download in progress, or nothing: there is none. */
export const PULL_DOWNLOAD = 0x20;
/** a, b: low and high half of the count of bytes that are in place. */
export const PULL_OFFSET = 0x21;
/** a: which of two, b: 1 if it is still to prove itself; extra: an image and its package. */
export const PULL_IMAGE = 0x22;
/** a: 0 nothing, 1 an update came through, from 2 on why one did not: the server has to hear it. */
export const PULL_UNTOLD = 0x23;
/** a: why, b: how often; extra: a package that failed; or nothing: none did. */
export const PULL_FAILED = 0x24;

/** In snapshots only. a: FragIndex, b: received; extra: coded u16. */
export const FRAG_COUNTS = 0x10;
/** a: FragIndex, b: first byte; extra: bytes of the bit map of fragments that are in place. */
export const FRAG_PRESENT = 0x11;
/** a: FragIndex; extra: (n u16, scratch place u16) of each coded fragment. */
export const FRAG_CODED = 0x12;
/** a: FragIndex; extra: (granule u24, its known bytes) of each granule that waits. */
export const FRAG_EDGES = 0x13;

/**
 * A fragment. a: n | FragIndex << 14, b: low half of the multicast frame counter.
 * Of the kind itself, bits 0-1 say what became of it, bits 2-3 the multicast group if bit 4 is set,
 * bit 5 that the extra bytes begin with an edge of the fragment's first granule.
 */
export const FRAGMENT = 0x80;
export const FRAGMENT_MASK = 0xc0;
export const STORED = 0;
/** Extra: scratch place u16, unless it is the next one. */
export const CODED = 1;
/** Nothing new: a repeat, or a coded fragment that could not be used. */
export const HEARD = 2;
/** Not received but computed, as all others were there. */
export const SOLVED = 3;
export const FROM_MULTICAST = 0x10;
export const HAS_HEAD = 0x20;
