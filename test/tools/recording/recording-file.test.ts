import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { InputError } from "#tools/errors.ts";
import { RecordingFile, recordingNameOf } from "#tools/recording/recording-file.ts";

const folder = mkdtempSync(join(tmpdir(), "fuota-recording-"));
const path = join(folder, "r.rec.ndjson");
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("a line is in the file at once", () => {
  const file = new RecordingFile(path, () => {});
  file.write("one\n");
  expect(readFileSync(path, "utf8")).toBe("one\n");
  file.write("two\n");
  expect(readFileSync(path, "utf8")).toBe("one\ntwo\n");
  file.close();
  expect(existsSync(path)).toBe(true);
});

test("of a run that never began nothing is left", () => {
  new RecordingFile(path, () => {}).close();
  expect(existsSync(path)).toBe(false);
});

test("a place that is no file stays", () => {
  new RecordingFile("/dev/null", () => {}).close();
  expect(existsSync("/dev/null")).toBe(true);
});

test("a full disk is said once, and ends the recording alone", () => {
  const said: string[] = [];
  const file = new RecordingFile("/dev/full", (text) => said.push(text));
  file.write("one\n");
  file.write("two\n");
  file.close();
  expect(said).toEqual(["the recording ends here: cannot write /dev/full: no space left"]);
});

test("a file that cannot be made is refused before the run", () => {
  writeFileSync(path, "");
  expect(() => new RecordingFile(join(path, "x"), () => {})).toThrow(InputError);
  expect(() => new RecordingFile(folder, () => {})).toThrow(/is a directory; choose with --record/);
});

test("its name says what was run, and when", () => {
  const now = new Date("2026-08-01T12:34:56.789Z");
  expect(recordingNameOf("first-contact", 7, now)).toBe(
    "fuota-first-contact-7-20260801T123456Z.rec.ndjson",
  );
  expect(recordingNameOf("my fleet/ä", 1, now)).toMatch(/^fuota-my-fleet---1-/);
});
