import type { FragmentationState, FragSession } from "../packages/frag-session.ts";
import type { MulticastSetupState } from "../packages/multicast-state.ts";
import { encodeGroup, encodeMcSession, encodeSetup, encodeVerdict } from "./codec.ts";
import { EXTRA_BYTES_MAX } from "./format.ts";
import type { RecordSink } from "./journal.ts";
import {
  FRAG_CODED,
  FRAG_COUNTS,
  FRAG_EDGES,
  FRAG_PRESENT,
  FRAG_SETUP,
  FRAG_VERDICT,
  MC_GROUP,
  MC_SESSION,
  SESSION_CNT_PREV,
} from "./kinds.ts";
import { CODED_ITEM_BYTES, EDGE_HEAD_BYTES } from "./sizing.ts";

export function writeMulticast({ groups }: MulticastSetupState, sink: RecordSink): void {
  groups.forEach((group, mcGroupId) => {
    if (group === undefined) return;
    sink.append(MC_GROUP, mcGroupId, 0, encodeGroup(group));
    if (group.session !== undefined) {
      sink.append(MC_SESSION, mcGroupId, 0, encodeMcSession(group.session));
    }
  });
}

export function writeFragmentation(state: FragmentationState, sink: RecordSink): void {
  state.sessionCntPrev.forEach((sessionCnt, fragIndex) => {
    if (sessionCnt >= 0) sink.append(SESSION_CNT_PREV, fragIndex, sessionCnt);
  });
  for (const session of state.sessions) if (session !== undefined) writeSession(session, sink);
}

function writeSession(session: FragSession, sink: RecordSink): void {
  const { fragIndex } = session.setup;
  sink.append(FRAG_SETUP, fragIndex, 0, encodeSetup(session));
  if (session.phase === "complete" || session.phase === "failed") {
    sink.append(FRAG_VERDICT, fragIndex, 0, encodeVerdict(session));
    return;
  }
  const { work } = session;
  if (work === undefined) return;
  const coded = Uint8Array.of(session.coded & 0xff, session.coded >> 8);
  sink.append(FRAG_COUNTS, fragIndex, session.received, coded);
  const { bits } = work.staging.map;
  for (let at = 0; at < bits.length; at += EXTRA_BYTES_MAX) {
    sink.append(FRAG_PRESENT, fragIndex, at, bits.subarray(at, at + EXTRA_BYTES_MAX));
  }
  writeCoded(session, sink);
  writeEdges(session, sink);
}

function writeCoded({ setup, work }: FragSession, sink: RecordSink): void {
  if (work === undefined) return;
  const packer = new Packer(FRAG_CODED, setup.fragIndex, sink);
  const { slots } = work.staging;
  slots.numbers.forEach((n, order) => {
    const place = slots.placeOf(order);
    const item = Uint8Array.of(n & 0xff, n >> 8, place & 0xff, place >> 8);
    packer.add(item.subarray(0, CODED_ITEM_BYTES));
  });
  packer.flush();
}

function writeEdges({ setup, work }: FragSession, sink: RecordSink): void {
  if (work === undefined) return;
  const packer = new Packer(FRAG_EDGES, setup.fragIndex, sink);
  work.staging.edges.forEach((granule, known) => {
    const item = new Uint8Array(EDGE_HEAD_BYTES + known.length);
    item[0] = granule & 0xff;
    item[1] = (granule >> 8) & 0xff;
    item[2] = granule >> 16;
    item.set(known, EDGE_HEAD_BYTES);
    packer.add(item);
  });
  packer.flush();
}

/** Packs items into as few records as they need; no item is split. */
class Packer {
  readonly #kind: number;
  readonly #fragIndex: number;
  readonly #sink: RecordSink;
  readonly #bytes = new Uint8Array(EXTRA_BYTES_MAX);
  #length = 0;

  constructor(kind: number, fragIndex: number, sink: RecordSink) {
    this.#kind = kind;
    this.#fragIndex = fragIndex;
    this.#sink = sink;
  }

  add(item: Uint8Array): void {
    if (this.#length + item.length > EXTRA_BYTES_MAX) this.flush();
    this.#bytes.set(item, this.#length);
    this.#length += item.length;
  }

  flush(): void {
    if (this.#length === 0) return;
    this.#sink.append(this.#kind, this.#fragIndex, 0, this.#bytes, this.#length);
    this.#length = 0;
  }
}
