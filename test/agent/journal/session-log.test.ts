import { expect, test } from "vitest";
import { JournalFull, type RecordSink } from "#agent/journal/journal.ts";
import { SessionLog } from "#agent/journal/session-log.ts";

const full: RecordSink = {
  append: () => {
    throw new JournalFull("no room");
  },
};
const NO_EDGES = new Uint8Array(0);

test("a full journal may forget a repeat, never a fragment that brought something", () => {
  const log = new SessionLog(full, 0);
  log.begin(1, { type: "unicast" });
  expect(() => log.end()).not.toThrow();
  expect(() => log.fragmentStored(0, false, NO_EDGES, 0)).toThrow(JournalFull);
  expect(() => log.codedStored(12, undefined)).toThrow(JournalFull);
});

test("a repeat whose record power takes away is not passed over in silence", () => {
  const dead: RecordSink = {
    append: () => {
      throw new RangeError("not a full journal");
    },
  };
  const log = new SessionLog(dead, 0);
  log.begin(1, { type: "unicast" });
  expect(() => log.end()).toThrow(RangeError);
});
