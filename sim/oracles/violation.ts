/** A rule of boot-and-flash I1 to I15 that did not hold: a bug in the device, wherever it shows. */
export class OracleViolation extends Error {
  override readonly name = "OracleViolation";

  constructor(rule: string, detail: string) {
    super(`${rule}: ${detail}`);
  }
}
