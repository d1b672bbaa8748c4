import { Encoder } from "#agent/fec/encoder.ts";
import { mcSessionKeys } from "#agent/keys/multicast.ts";
import { FRAG_PORT } from "#agent/packages/fragmentation.wire.ts";
import type { WorldUs } from "#sim/kernel/engine.ts";
import { nextPingSlotUs } from "#sim/mac/beacon-timing.ts";
import { sealData } from "#sim/mac/data-security.ts";
import type { SessionKeys } from "#sim/mac/session-keys.ts";
import type {
  CampaignConfig,
  CampaignRequests,
  McGroup,
  Misbehaviour,
} from "./campaign-requests.ts";
import type { ServerIo } from "./network-server.ts";

const NO_BYTES = new Uint8Array(0);
/** In the place of a fragment's number. */
const STATUS_REQUEST = 0;

interface QueuedFrame {
  readonly fCnt: number;
  readonly fragment: number;
}

export interface QueueIo extends ServerIo {
  gpsUsAt(at: WorldUs): number;
}

/** ChirpStack's multicast_class_b_margin: from the enqueue to the first slot. */
const CLASS_B_MARGIN_US = 5_000_000;

/** The multicast queue of a group: every fragment once, evenly spaced, until the group goes, if the server behaves. */
export class FragmentQueue {
  readonly codedFragments: number;
  /** Uncoded and coded. */
  readonly fragments: number;
  sent = 0;
  readonly #config: CampaignConfig;
  readonly #requests: CampaignRequests;
  readonly #mcAddr: number;
  readonly #keys: SessionKeys;
  readonly #io: QueueIo;
  readonly #encoder: Encoder;
  readonly #order: readonly QueuedFrame[];
  #isDropped = false;
  #downUntilUs: WorldUs = 0;

  constructor(config: CampaignConfig, requests: CampaignRequests, group: McGroup, io: QueueIo) {
    const { image, fragSize, redundancyPercent, parityVariant } = config;
    const { nbFrag } = requests;
    this.#config = config;
    this.#requests = requests;
    this.#io = io;
    this.codedFragments = Math.ceil((nbFrag * redundancyPercent) / 100);
    this.fragments = nbFrag + this.codedFragments;
    this.#order = orderOf(this.fragments, config.misbehaviour);
    const block = new Uint8Array(nbFrag * fragSize);
    block.set(image);
    this.#encoder = new Encoder(parityVariant, fragSize, block);
    this.#mcAddr = group.mcAddr;
    const { mcAppSKey, mcNwkSKey } = mcSessionKeys(group.mcKey, group.mcAddr, io.crypto);
    this.#keys = { lorawan: "1.0", nwkSKey: mcNwkSKey, appSKey: mcAppSKey };
  }

  /** The first fragment goes at once. */
  start(): void {
    this.#next(1);
  }

  /** Deleting a group drops what it has not sent. */
  drop(): void {
    this.#isDropped = true;
  }

  /** The server is down and sends nothing. */
  isDownAt(now: WorldUs): boolean {
    return now < this.#downUntilUs;
  }

  /** `turn`: how many frames, fragments or not, have gone out, this one included. */
  #next(turn: number): void {
    if (this.#isDropped || turn > this.#order.length) return;
    const { scheduler, transmit } = this.#io;
    if (this.#config.pingPeriodicity !== undefined) {
      this.#nextSlot(turn, this.#config.pingPeriodicity);
      return;
    }
    const { dr, frequencyHz, spacingUs, gapsUs = [spacingUs], misbehaviour } = this.#config;
    const { gateways = 1, isSimultaneous = false } = this.#config;
    const timing = { type: "immediately" } as const;
    const frame = this.#order[turn - 1] ?? { fCnt: 0, fragment: 0 };
    const request = { phyPayload: this.#seal(frame), dr, frequencyHz, timing };
    // any acknowledgement removes a multicast item, an error too
    transmit({ ...request, gateway: 0 }, () => {});
    for (let gateway = 1; gateway < gateways; gateway++) {
      const at =
        scheduler.now + (isSimultaneous ? 0 : Math.floor((gateway * spacingUs) / gateways));
      scheduler.schedule(at, () => {
        if (!this.#isDropped) transmit({ ...request, gateway }, () => {});
      });
    }
    this.sent = Math.max(this.sent, frame.fragment);
    const { restart } = misbehaviour;
    const isRestart = restart !== undefined && frame.fragment === restart.atFragment;
    const downUs = isRestart ? Math.round(restart.forS * 1e6) : 0;
    if (isRestart) this.#downUntilUs = scheduler.now + downUs;
    const gapUs = gapsUs[(turn - 1) % gapsUs.length] ?? spacingUs;
    scheduler.schedule(scheduler.now + gapUs + downUs, () => this.#next(turn + 1));
  }

  /** Hands a frame over for the next ping slot that the spacing allows. */
  #nextSlot(turn: number, periodicity: number): void {
    const { scheduler, transmit, gpsUsAt, crypto } = this.#io;
    const { dr, frequencyHz, spacingUs, gateways = 1 } = this.#config;
    const notBefore = scheduler.now + (turn === 1 ? CLASS_B_MARGIN_US : spacingUs);
    const gpsUs = gpsUsAt(notBefore);
    const group = { address: this.#mcAddr, periodicity };
    const us = notBefore + nextPingSlotUs(gpsUs, group, crypto) - gpsUs;
    const frame = this.#order[turn - 1] ?? { fCnt: 0, fragment: 0 };
    const timing = { type: "at", us } as const;
    const request = { phyPayload: this.#seal(frame), dr, frequencyHz, timing };
    for (let gateway = 0; gateway < gateways; gateway++)
      transmit({ ...request, gateway }, () => {});
    this.sent = Math.max(this.sent, frame.fragment);
    scheduler.schedule(us, () => this.#next(turn + 1));
  }

  #seal({ fCnt, fragment }: QueuedFrame): Uint8Array {
    return sealData(
      {
        direction: "down",
        confirmed: false,
        devAddr: this.#mcAddr,
        adr: false,
        adrAckReq: false,
        ack: false,
        fPending: false,
        fPort: FRAG_PORT,
        fOpts: NO_BYTES,
        frmPayload:
          fragment === STATUS_REQUEST
            ? this.#requests.fragSessionStatus()
            : this.#requests.dataFragment(fragment, this.#encoder.fragment(fragment)),
      },
      this.#keys,
      { fCnt },
      this.#io.crypto,
    );
  }
}

/** Frames get their counters in the order in which they should go out. */
function orderOf(
  fragments: number,
  { statusEvery, reorderEvery }: Misbehaviour,
): readonly QueuedFrame[] {
  const frames: QueuedFrame[] = [];
  for (let fragment = 1; fragment <= fragments; fragment++) {
    frames.push({ fCnt: frames.length, fragment });
    if (statusEvery !== undefined && fragment % statusEvery === 0) {
      frames.push({ fCnt: frames.length, fragment: STATUS_REQUEST });
    }
  }
  if (reorderEvery === undefined) return frames;
  for (let at = reorderEvery - 1; at + 1 < frames.length; at += reorderEvery) {
    const [first, second] = [frames[at], frames[at + 1]];
    if (first !== undefined && second !== undefined) frames.splice(at, 2, second, first);
  }
  return frames;
}
