import type { ResolvedScenario } from "#scenarios/defaults.ts";
import { InputError } from "#tools/errors.ts";

/** How many gateways a live fleet has: whole cells, and one if nobody says. Throws `InputError`. */
export function gatewayCountOf(
  asked: number | undefined,
  { campaign: { gateways: inCell } }: Pick<ResolvedScenario, "campaign">,
): number {
  if (asked === undefined) return inCell;
  if (asked % inCell === 0) return asked;
  const text = `--gateways is ${asked}, but ${inCell} gateways hear a device (air.reach)`;
  throw new InputError(`${text}: use a multiple of ${inCell}`);
}
