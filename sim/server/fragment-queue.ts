import { Encoder } from "#agent/fec/encoder.ts";
import { mcSessionKeys } from "#agent/keys/multicast.ts";
import { FRAG_PORT } from "#agent/packages/fragmentation.wire.ts";
import { sealData } from "#sim/mac/data-security.ts";
import type { SessionKeys } from "#sim/mac/session-keys.ts";
import type { CampaignConfig, CampaignRequests, McGroup } from "./campaign-requests.ts";
import type { ServerIo } from "./network-server.ts";

const NO_BYTES = new Uint8Array(0);

/** The multicast queue of a group: every fragment once, evenly spaced, until the group goes. */
export class FragmentQueue {
  readonly codedFragments: number;
  /** Uncoded and coded. */
  readonly fragments: number;
  sent = 0;
  readonly #config: CampaignConfig;
  readonly #requests: CampaignRequests;
  readonly #mcAddr: number;
  readonly #keys: SessionKeys;
  readonly #io: ServerIo;
  readonly #encoder: Encoder;
  #isDropped = false;

  constructor(config: CampaignConfig, requests: CampaignRequests, group: McGroup, io: ServerIo) {
    const { image, fragSize, redundancyPercent, parityVariant } = config;
    const { nbFrag } = requests;
    this.#config = config;
    this.#requests = requests;
    this.#io = io;
    this.codedFragments = Math.ceil((nbFrag * redundancyPercent) / 100);
    this.fragments = nbFrag + this.codedFragments;
    const block = new Uint8Array(nbFrag * fragSize);
    block.set(image);
    this.#encoder = new Encoder(parityVariant, fragSize, block);
    this.#mcAddr = group.mcAddr;
    const { mcAppSKey, mcNwkSKey } = mcSessionKeys(group.mcKey, group.mcAddr, io.crypto);
    this.#keys = { lorawan: "1.0", nwkSKey: mcNwkSKey, appSKey: mcAppSKey };
  }

  /** The first fragment goes at once. */
  start(): void {
    this.#send(1);
  }

  /** Deleting a group drops what it has not sent. */
  drop(): void {
    this.#isDropped = true;
  }

  #send(n: number): void {
    if (this.#isDropped || n > this.fragments) return;
    const { scheduler, transmit } = this.#io;
    const { dr, frequencyHz, spacingUs } = this.#config;
    const timing = { type: "immediately" } as const;
    // any acknowledgement removes a multicast item, an error too
    transmit({ phyPayload: this.#seal(n), dr, frequencyHz, timing }, () => {});
    this.sent = n;
    scheduler.schedule(scheduler.now + spacingUs, () => this.#send(n + 1));
  }

  #seal(n: number): Uint8Array {
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
        frmPayload: this.#requests.dataFragment(n, this.#encoder.fragment(n)),
      },
      this.#keys,
      { fCnt: n - 1 },
      this.#io.crypto,
    );
  }
}
