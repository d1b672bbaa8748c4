import type { ResolvedScenario } from "#scenarios/defaults.ts";
import type { SessionPlan } from "#scenarios/session.ts";
import { airtimeOfDownlinkUs, rx1DataRate } from "#sim/air/regional.ts";
import { parityVariantOf } from "#sim/fleet/settings.ts";
import { decodedChance, meanLoss } from "./closed-form.ts";
import { hasEvenRows, twinsOf } from "./fragment-size.ts";
import { framesInSession } from "./frame-loss.ts";

export interface Planned {
  readonly scenario: ResolvedScenario;
  readonly session: SessionPlan;
  readonly spacingS: number;
  readonly sentBytes: number;
}

/** ChirpStack's multicast sender drops what the latest tables do not carry, and only its log says so. */
const EU868_DR4_MAX_BYTES = 219;
/** Of a repeater-compatible region, at its fast data rates. */
const REPEATER_MAX_BYTES = 219;
/** What a gRPC server takes in one message. */
const PAYLOAD_MAX_BYTES = 4_000_000;
/** A set-up request with its MAC header, and the requests of a campaign. */
const REQUEST_PHY_BYTES = 13 + 30;
const REQUESTS = 3;

/** What will go wrong, or may: each says what, where, and how to mend it. */
export function warningsOf(planned: Planned): readonly string[] {
  return [
    ...blindSpots(planned),
    ...payloadTraps(planned),
    ...thinRedundancy(planned),
    ...shortSession(planned),
    ...statusTrap(planned),
    ...setUpCapacity(planned),
  ];
}

function blindSpots({ scenario, session }: Planned): readonly string[] {
  const { nbFrag } = session;
  const variants = new Set(scenario.devices.kinds.map(({ device }) => parityVariantOf(device)));
  return [...variants].flatMap((variant) => {
    const twins = twinsOf(variant, nbFrag);
    const [first = []] = twins;
    const names = first.slice(0, 2).map((index) => index + 1);
    return [
      ...(twins.length === 0
        ? []
        : [
            `${nbFrag} fragments have twin columns in ${variant}: ${names.join(" and ")} lost together stay lost; change campaign.fragSize by one`,
          ]),
      ...(hasEvenRows(variant, nbFrag) && nbFrag > 1
        ? [
            `${nbFrag} fragments make every row of ${variant} even: a device that hears no uncoded fragment never completes; a count of 2 or 3 more than a multiple of 4 does not`,
          ]
        : []),
    ];
  });
}

function payloadTraps({ scenario, sentBytes }: Planned): readonly string[] {
  const { campaign, regional } = scenario;
  const { fragSize, dr } = campaign;
  const { name } = regional.region;
  const isDr4 = name === "EU868" && dr === 4 && fragSize > EU868_DR4_MAX_BYTES;
  return [
    ...(isDr4
      ? [
          `fragments of ${fragSize} bytes at DR4: ChirpStack discards all of them with a line in its log; set campaign.fragSize to ${EU868_DR4_MAX_BYTES} at most`,
        ]
      : []),
    ...(!isDr4 && fragSize > REPEATER_MAX_BYTES
      ? [
          `fragments of ${fragSize} bytes: ChirpStack discards them in a region that is set repeater_compatible; ${REPEATER_MAX_BYTES} pass everywhere`,
        ]
      : []),
    ...(sentBytes > PAYLOAD_MAX_BYTES
      ? [
          `${sentBytes} bytes: ChirpStack takes at most 4 MB in one call; send a patch, or a smaller image`,
        ]
      : []),
  ];
}

/** The rule of thumb, as much redundancy as loss, leaves most devices behind. */
function thinRedundancy({ scenario, session }: Planned): readonly string[] {
  const { multicastLoss } = scenario.air;
  if (multicastLoss.model === "trace") return [];
  const loss = meanLoss(multicastLoss);
  const evenPercent = (100 * loss) / (1 - loss);
  const sentPercent = (100 * session.codedFragments) / session.nbFrag;
  if (loss === 0 || sentPercent >= evenPercent) return [];
  // Few losses, or those in bursts, spare more devices than their mean says.
  if (decodedChance(session.nbFrag, session.codedFragments, multicastLoss) >= 0.5) return [];
  return [
    `${sentPercent.toFixed(0)} % redundancy against ${Number((100 * loss).toPrecision(3))} % loss: fewer than half of the devices get enough, even in theory; ${Math.ceil(evenPercent)} % is where half do`,
  ];
}

/** A time-out of the scenario's own may be too short for its fragments. */
function shortSession({ scenario, session, spacingS }: Planned): readonly string[] {
  const { timeoutExponent, sessionClass } = scenario.campaign;
  const inTime = framesInSession(scenario.campaign, spacingS * 1e6);
  if (timeoutExponent === undefined || inTime >= session.totalFragments) return [];
  const unit = sessionClass === "B" ? "beacon periods" : "s";
  return [
    `campaign.timeoutExponent is ${timeoutExponent}: devices stop listening after ${2 ** timeoutExponent} ${unit}, when ${inTime} of ${session.totalFragments} fragments have been sent; ${session.timeoutExponentMin} holds all of them`,
  ];
}

function statusTrap({ scenario, session, spacingS }: Planned): readonly string[] {
  const { campaign, devices } = scenario;
  if (campaign.requestStatus !== "afterFragmentEnqueue") return [];
  const transferS = session.totalFragments * spacingS;
  const shortest = Math.min(...devices.kinds.map(({ device }) => device.uplinkIntervalS));
  if (shortest > transferS) return [];
  return [
    `campaign.requestStatus afterFragmentEnqueue: the group is deleted ${shortest} s after the enqueue, while fragments are sent for ${transferS.toFixed(0)} s; use afterSessionTimeout`,
  ];
}

/** Class A answers share the gateway's duty cycle: a large fleet cannot be set up through one. */
function setUpCapacity({ scenario }: Planned): readonly string[] {
  const { air, regional, devices, campaign } = scenario;
  const { region, dwell } = regional;
  if (!air.classADutyCycle || region.subBands.length === 0) return [];
  const inCell = Math.min(devices.perCell, devices.count);
  const [kind] = devices.kinds;
  if (kind === undefined) return [];
  const dr = rx1DataRate(region, kind.device.uplinkDr, 0, dwell);
  const requestS = airtimeOfDownlinkUs(region, dr, REQUEST_PHY_BYTES) / 1e6;
  const bands = new Set(
    (region.plan.type === "dynamic" ? region.plan.defaultHz : []).map((hz) =>
      region.subBands.findIndex(({ fromHz, toHz }) => fromHz <= hz && hz < toHz),
    ),
  );
  const share = [...bands].reduce(
    (sum, band) => sum + (region.subBands[band]?.dutyCyclePercent ?? region.elsewherePercent) / 100,
    0,
  );
  if (share === 0) return [];
  const stageS =
    (campaign.maxRetries + 1) * (campaign.uplinkIntervalS ?? kind.device.uplinkIntervalS);
  // at best each gateway answers an equal part
  const neededS = (inCell * requestS) / (share * campaign.gateways);
  if (neededS <= stageS) return [];
  const fits = Math.floor((stageS * share * campaign.gateways) / requestS);
  const behind = campaign.gateways === 1 ? "one gateway" : `${campaign.gateways} gateways`;
  return [
    `${inCell} devices behind ${behind}: ${REQUESTS} requests each take ${neededS.toFixed(0)} s a stage of its duty cycle, a stage lasts ${stageS} s; about ${fits} fit; raise campaign.maxRetries or uplinkIntervalS, or set air.classADutyCycle false for a network of many gateways`,
  ];
}
