import type { ResolvedScenario } from "#scenarios/defaults.ts";
import type { CampaignConfig } from "#sim/server/campaign-requests.ts";
import { dutySpacingUs, pacedSession } from "./gateway-air.ts";
import { bytesOf, parityVariantOf } from "./settings.ts";

/** Whom a campaign is for. */
export interface CampaignAudience {
  readonly packages: "v1" | "v2";
  readonly uplinkIntervalS: number;
}

/** What a scenario says of a campaign, as the server needs it. */
export function campaignConfigOf(
  { campaign, regional, server }: Pick<ResolvedScenario, "campaign" | "regional" | "server">,
  image: Uint8Array,
  { packages, uplinkIntervalS }: CampaignAudience,
): CampaignConfig {
  const { region } = regional;
  const isClassB = campaign.sessionClass === "B";
  const { spacingUs, session } = pacedSession(region, campaign, image.length);
  return {
    ...campaign,
    packages: packages === "v1" ? 1 : 2,
    parityVariant: parityVariantOf({ packages, parity: "auto" }),
    image,
    spacingUs: isClassB ? dutySpacingUs(region, campaign) : spacingUs,
    isSimultaneous: campaign.scheduling === "gpsTime",
    pingPeriodicity: isClassB ? campaign.pingPeriodicity : undefined,
    gapsUs: campaign.gapsS?.map((gap) => Math.round(gap * 1e6)),
    timeoutExponent: session.timeoutExponent,
    descriptor: bytesOf(campaign.descriptor),
    uplinkIntervalS,
    misbehaviour: server,
  };
}
