import { InputError } from "#tools/errors.ts";

/** Parser of a decimal or `0x…` option. Throws `InputError`. */
export function integer(name: string, min: number, max: number): (text: string) => number {
  return (text) => {
    const value = /^(?:\d{1,10}|0x[0-9a-f]{1,8})$/i.test(text) ? Number(text) : Number.NaN;
    if (value >= min && value <= max) return value;
    throw new InputError(`${name}: ${text} is not an integer in ${min}..${max}`);
  };
}
