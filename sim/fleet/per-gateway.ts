/** What each gateway of a cell has for itself, and still draws as before when it is alone. */
import type { ResolvedScenario } from "#scenarios/defaults.ts";
import { type LossModel, lossModel } from "#sim/air/loss.ts";
import { drawKey } from "#sim/kernel/draws.ts";

/** Names a draw of one gateway; the first has the name without a number. */
export function purposeAt(purpose: string, gateway: number): string {
  return gateway === 0 ? purpose : `${purpose} ${gateway}`;
}

/** Cells draw from streams that no device has. */
export function cellKey(index: number): number {
  return -1 - index;
}

/** Class A frames of a device lost on the way from and to each gateway of its cell. */
export function unicastLossesOf(
  {
    air,
    campaign,
  }: Pick<ResolvedScenario, "air"> & { readonly campaign: { readonly gateways: number } },
  seed: number,
  id: number,
): readonly LossModel[] {
  return Array.from({ length: campaign.gateways }, (_, gateway) =>
    lossModel(air.unicastLoss, drawKey(seed, id, purposeAt("unicastLoss", gateway)), id),
  );
}

/** Frames lost at one gateway of a cell: for all who hear it. */
export function sharedLossAt(
  { sharedLoss }: Pick<ResolvedScenario["air"], "sharedLoss">,
  seed: number,
  cellKey: number,
  gateway: number,
): LossModel {
  return lossModel(sharedLoss, drawKey(seed, cellKey, purposeAt("sharedLoss", gateway)), gateway);
}
