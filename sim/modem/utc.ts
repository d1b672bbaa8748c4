/** 1980-01-06T00:00:00Z. */
const GPS_EPOCH_UNIX_S = 315_964_800;
/** Fixed in the firmware; right since 2017. */
const LEAP_S = 18;

export interface UtcParts {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
}

/** Of GPS seconds; before the Unix epoch it is the epoch. */
export function utcOf(gps: number): UtcParts {
  return utcOfUnix(Math.max(0, Math.floor(gps) + GPS_EPOCH_UNIX_S - LEAP_S));
}

/** Of whole seconds from 1970 on. */
export function utcOfUnix(unix: number): UtcParts {
  const days = Math.floor(unix / 86_400);
  const rest = unix % 86_400;
  // Howard Hinnant's civil_from_days, for days since 1970.
  const shifted = days + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  );
  const dayOfYear =
    dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shiftedMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9;
  return {
    year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0),
    month,
    day: dayOfYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1,
    hour: Math.floor(rest / 3600),
    minute: Math.floor((rest % 3600) / 60),
    second: rest % 60,
  };
}
