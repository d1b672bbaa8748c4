/** 1970 to 1980, without leap seconds; and the leap seconds since. */
const GPS_EPOCH_S = 315_964_800;
const LEAP_S = 18;

/** The second of GPS time at a whole second of UTC, counted from 1970. */
export function gpsSecondsOf(utcSeconds: number): number {
  return utcSeconds - GPS_EPOCH_S + LEAP_S;
}

/** Seconds of UTC, counted from 1970, at a whole second of GPS time. */
export function utcSecondsOf(gpsSeconds: number): number {
  return gpsSeconds + GPS_EPOCH_S - LEAP_S;
}
