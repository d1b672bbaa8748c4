/** The classic capture file format of libpcap (pcap-savefile(5)), most significant byte first. */
import { utcSecondsOf } from "#hal/net/gps-time.ts";
import { encodeFields, type Field } from "./big-endian.ts";
import { type CapturedFrame, type LoratapVersion, loratapHeader } from "./loratap.ts";

const FILE_HEADER = [
  ["magic", 4],
  ["major", 2],
  ["minor", 2],
  ["reserved", 8],
  ["snapLength", 4],
  ["linkType", 4],
] as const satisfies readonly Field<string>[];

const RECORD_HEADER = [
  ["seconds", 4],
  ["microseconds", 4],
  ["captured", 4],
  ["length", 4],
] as const satisfies readonly Field<string>[];

/** Times are in microseconds. */
const MAGIC = 0xa1b2_c3d4;
const SNAP_LENGTH = 65_535;
/** LINKTYPE_LORATAP in the registry of tcpdump.org. */
const LORATAP = 270;

/** In pieces. */
export function* captureOf(
  frames: Iterable<CapturedFrame>,
  version: LoratapVersion,
): Generator<Uint8Array> {
  yield encodeFields(FILE_HEADER, {
    magic: MAGIC,
    major: 2,
    minor: 4,
    reserved: 0,
    snapLength: SNAP_LENGTH,
    linkType: LORATAP,
  });
  for (const frame of frames) {
    const { phyPayload, gpsUs } = frame;
    const header = loratapHeader(frame, version);
    const length = header.length + phyPayload.length;
    const seconds = utcSecondsOf(Math.floor(gpsUs / 1e6));
    yield encodeFields(RECORD_HEADER, {
      seconds,
      microseconds: gpsUs % 1e6,
      captured: length,
      length,
    });
    yield header;
    yield phyPayload;
  }
}
