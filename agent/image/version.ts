/** Version of an image: u8, u8, u16, u32. */
export interface ImageVersion {
  readonly major: number;
  readonly minor: number;
  readonly revision: number;
  readonly build: number;
}

const VERSION = /^(\d{1,3})(?:\.(\d{1,3})(?:\.(\d{1,5})(?:\+(\d{1,10}))?)?)?$/;

/** Reads `1`, `1.2`, `1.2.3` or `1.2.3+4`; undefined for anything else or a part out of range. */
export function parseVersion(text: string): ImageVersion | undefined {
  const match = VERSION.exec(text);
  if (match === null) return undefined;
  const [major = 0, minor = 0, revision = 0, build = 0] = match
    .slice(1)
    .map((part) => Number(part ?? 0));
  if (major > 0xff || minor > 0xff || revision > 0xffff || build > 0xffff_ffff) return undefined;
  return { major, minor, revision, build };
}

/** `major.minor.revision+build`. */
export function formatVersion({ major, minor, revision, build }: ImageVersion): string {
  return `${major}.${minor}.${revision}+${build}`;
}

/** Below 0 if `a` is older than `b`. Like MCUboot, it takes builds of one version for equal. */
export function compareVersions(a: ImageVersion, b: ImageVersion): number {
  return a.major - b.major || a.minor - b.minor || a.revision - b.revision;
}

/** The security counter that imgtool derives from a version with `auto`. */
export function securityCounterOf({ major, minor, revision }: ImageVersion): number {
  return major * 0x100_0000 + minor * 0x1_0000 + revision;
}
