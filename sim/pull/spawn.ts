import { installFactoryImage } from "#agent/boot/factory.ts";
import { type FlashLayout, geometryOf, layoutOf, SECTOR_BYTES } from "#agent/boot/layout.ts";
import type { ImageIdentity } from "#agent/boot/strategy.ts";
import type { PullConfig } from "#agent/pull/config.ts";
import type { Crypto } from "#hal/ports.ts";
import type { ResolvedPull } from "#scenarios/pull-defaults.ts";
import { NorFlash } from "#sim/flash/nor.ts";
import { SharedContent } from "#sim/flash/shared-content.ts";
import { bootOf } from "#sim/fleet/boot-of.ts";
import { CLASS_ID, type FirmwarePair } from "#sim/fleet/firmware.ts";
import { imageCheck } from "#sim/fleet/image-check.ts";
import { drawKey, KeyedEntropy } from "#sim/kernel/draws.ts";
import type { Scheduler } from "#sim/kernel/engine.ts";
import { DeviceOracles } from "#sim/oracles/device-oracles.ts";
import type { KnownImage } from "#sim/oracles/known-images.ts";
import type { LinkNews } from "./link.ts";
import { PullNode } from "./node.ts";
import type { PullServer, Served } from "./server.ts";

export interface PullSpawnContext {
  readonly pull: ResolvedPull;
  readonly seed: number;
  readonly firmware: FirmwarePair;
  /** What both images say of themselves, and another that may come to run. */
  readonly factoryImage: ImageIdentity;
  readonly updateHash: Uint8Array;
  readonly others: readonly KnownImage[];
  readonly crypto: Crypto;
  readonly scheduler: Scheduler;
  readonly originUnixMs: number;
  readonly server: Pick<PullServer, "isDown">;
}

const JOURNAL_BYTES = 4 * SECTOR_BYTES;

/** Banks that hold what is sent in whole chunks, unless the scenario says how large they are. */
function bankBytesOf({ bankBytes, chunkBytes }: ResolvedPull, sentBytes: number): number {
  return bankBytes ?? Math.ceil(Math.max(sentBytes, 16_384) / chunkBytes) * chunkBytes;
}

/** Makes the devices of one cell, which share the bytes that they have in common. */
export class PullSpawner {
  readonly #context: PullSpawnContext;
  readonly #layout: FlashLayout;
  readonly #content: SharedContent;

  constructor(context: PullSpawnContext) {
    const { pull, firmware } = context;
    const { factory, update, sent } = firmware;
    const bankBytes = bankBytesOf(pull, sent.length);
    this.#context = context;
    this.#layout = layoutOf({
      bankBytes,
      journalBytes: JOURNAL_BYTES,
      scratchBytes: SECTOR_BYTES,
    });
    this.#content = SharedContent.forLayout(this.#layout, factory, update);
  }

  spawn(drawId: number, served: Served): PullNode {
    const { pull, seed, firmware, updateHash, scheduler, originUnixMs } = this.#context;
    const { flash, ports, oracles } = this.#hardware(drawId);
    const node = new PullNode(drawId, {
      scheduler,
      flash,
      ports,
      oracles,
      config: configOf(pull, firmware),
      originUnixMs,
      seed,
      updateHash,
      defect: firmware.defect,
      newDialect: () => served.newDialect(),
    });
    node.attach(served.newLink(this.#worldOf(node)));
    return node;
  }

  #worldOf(node: PullNode) {
    const { pull, seed, scheduler, server } = this.#context;
    return {
      scheduler,
      options: pull.link,
      seed,
      id: node.id,
      isOffline: () => node.isOffline,
      isServerDown: () => server.isDown,
      deliver: (event: LinkNews) => node.hear(event),
    };
  }

  #hardware(drawId: number) {
    const { pull, seed, firmware, factoryImage, updateHash, others, crypto } = this.#context;
    const layout = this.#layout;
    const key = drawKey(seed, drawId, "flash");
    const flash = new NorFlash(geometryOf(layout, pull.granuleBytes), {
      content: this.#content,
      key,
    });
    installFactoryImage(flash, layout, firmware.factory, factoryImage);
    const attemptsMax = pull.attempts;
    const images = [
      { hash: factoryImage.hash, bytes: firmware.factory },
      { hash: updateHash, bytes: firmware.update },
      ...others,
    ];
    const oracles = new DeviceOracles({
      flash,
      layout,
      attemptsMax,
      factory: factoryImage,
      images,
    });
    const check = imageCheck(flash, firmware.keys, crypto);
    const kind = { boot: "banks", attempts: attemptsMax } as const;
    const boot = oracles.watch(bootOf(kind, flash, layout, check));
    const entropy = new KeyedEntropy(seed, drawId);
    return { flash, oracles, ports: { flash, layout, crypto, entropy, boot } };
  }
}

function configOf(pull: ResolvedPull, { keys, defect }: FirmwarePair): PullConfig {
  const { title, chunkBytes, pollS, startDelayMaxS, trialDeadlineS, answerTimeoutS } = pull;
  const { firstS, maxS } = pull.backOff;
  return {
    title,
    chunkBytes,
    pollS,
    startDelayMaxS,
    trialDeadlineS,
    answerTimeoutMs: Math.round(answerTimeoutS * 1000),
    backOff: { firstMs: Math.round(firstS * 1000), maxMs: Math.round(maxS * 1000) },
    // Images need not say what hardware they are for, unless that is what a run is about.
    image: defect === "wrongHardware" ? { keys, classId: CLASS_ID } : { keys },
  };
}
