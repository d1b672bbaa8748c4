import { FlashFault } from "#hal/ports.ts";
import { isOpenUpdate, verifyBank } from "../bank-image.ts";
import type { ImageIdentity } from "../boot/strategy.ts";
import { succeeds } from "../flash/faults.ts";
import { equalBytes } from "../image/equal-bytes.ts";
import { refusalOfStart } from "../image/verify.ts";
import { nextImagePolicy } from "../image-policy.ts";
import { JournalFull } from "../journal/journal.ts";
import { type Checksum, checksumDigest, hexOf } from "./checksum.ts";
import type { Answer, Ask, Offer } from "./dialect.ts";
import { Download } from "./download.ts";
import type { PullNote } from "./events.ts";
import { type FailureCause, failureOf, failureOfUnchecked, type PullFailure } from "./failure.ts";
import { isRunning, offerIdOf, problemOf, rememberFailure, spentOffer } from "./offers.ts";
import type { UpdaterIo } from "./updater-io.ts";

type ChunkAsk = Ask & { readonly type: "chunk" };
type LastChunk = Answer & { readonly type: "lastChunk" };

/** In a row; then the server has not got what it offers. */
const WRONG_CHUNKS_MAX = 5;

/**
 * Takes a package from its offer to a staged image, and says how it ended. Never touches the image
 * that runs: all writes go to the bank that the boot record gives for the next one.
 */
export class Updater {
  /** Nothing is left to do but to boot it. */
  isStaged = false;
  readonly #io: UpdaterIo;
  #current: { readonly offer: Offer; readonly download: Download } | undefined;
  #wrongChunks = 0;
  /** Of the offer of which people have heard that nothing comes of it. */
  #noted: Uint8Array | undefined;

  constructor(io: UpdaterIo) {
    this.#io = io;
  }

  /** The server has heard how the last update ended. */
  outcomeTold(): void {
    this.#io.state.untold = undefined;
    this.#io.memory.persist("untold");
  }

  /** The package that is assigned now, or that none is. */
  offered(offer: Offer | undefined): void {
    const { state, ports, config, running, isTrial, memory } = this.#io;
    if (isTrial) return;
    if (offer === undefined) {
      this.#drop();
      if (state.failed.length === 0) return;
      // Who takes a package away and assigns it anew wants it tried again.
      state.failed.length = 0;
      memory.persist("failures");
      return;
    }
    const id = offerIdOf(offer, ports.crypto);
    if (isRunning(state, running, offer, id)) {
      this.#drop();
      this.#noteOnce(id, { type: "upToDate", version: offer.version });
      return;
    }
    const spent = spentOffer(state, id);
    if (spent !== undefined) {
      const { version } = offer;
      this.#drop();
      this.#noteOnce(id, { type: "offeredAgain", version, failure: spent.failure });
      return;
    }
    const problem = problemOf(offer, config.title, ports.boot.updateRegion().sizeBytes);
    if (problem !== undefined) this.#fail(id, problem.cause, problem.detail);
    else if (memory.isSick) this.#fail(id, "storage", "the journal cannot be written");
    else this.#begin(offer, id);
  }

  /** What to ask for next; undefined when nothing is to be downloaded. */
  nextChunk(): ChunkAsk | undefined {
    if (this.#current === undefined) return undefined;
    const { offer, download } = this.#current;
    const { chunkBytes } = this.#io.config;
    const { offsetBytes, sizeBytes } = download.record;
    const index = Math.floor(offsetBytes / chunkBytes);
    const expectBytes = Math.min(chunkBytes, sizeBytes - index * chunkBytes);
    return { type: "chunk", offer, index, chunkBytes, expectBytes };
  }

  /** A chunk of the right length. */
  takeChunk({ index, chunkBytes }: ChunkAsk, bytes: Uint8Array): void {
    if (this.#current === undefined) return;
    const { offer, download } = this.#current;
    if (this.#isHopeless(index, bytes, download.record.sizeBytes)) return;
    if (!this.#stores(() => download.take(index * chunkBytes, bytes))) return;
    const { sizeBytes, checksum } = offer.content.ok ? offer.content : {};
    const { offsetBytes } = download.record;
    if (sizeBytes !== undefined) this.#io.reports.pushProgress(offsetBytes, sizeBytes);
    if (download.isComplete) this.#finish(checksum);
  }

  /** All that is left of a package of unknown size. */
  takeLast({ index, chunkBytes }: ChunkAsk, { bytes, checksum }: LastChunk): void {
    if (this.#current === undefined) return;
    const { download } = this.#current;
    if (this.#isHopeless(index, bytes, download.record.sizeBytes)) return;
    if (index === 0 && bytes.length === 0) this.#failCurrent("chunks", "there is no byte of it");
    else if (this.#stores(() => download.takeLast(index * chunkBytes, bytes))) {
      this.#finish(checksum);
    }
  }

  /** Whether the first bytes say already that this is no image for this device. */
  #isHopeless(index: number, bytes: Uint8Array, sizeBytes: number): boolean {
    this.#wrongChunks = 0;
    if (index > 0) return false;
    const { config, ports, running } = this.#io;
    const policy = nextImagePolicy(config, ports, running);
    const hopeless = refusalOfStart(bytes, sizeBytes, policy);
    if (hopeless !== undefined) this.#failCurrent(hopeless.reason, hopeless.detail);
    return hopeless !== undefined;
  }

  /** A chunk of another length. Returns whether it is to be asked for again. */
  wrongChunk(detail: string, isFinal: boolean): boolean {
    this.#wrongChunks += 1;
    if (!isFinal && this.#wrongChunks < WRONG_CHUNKS_MAX) return true;
    this.#failCurrent(isFinal ? "offer" : "chunks", detail);
    return false;
  }

  #begin(offer: Offer, id: Uint8Array): void {
    if (!offer.content.ok) throw new RangeError("a download of nothing");
    const { state, ports, memory, reports } = this.#io;
    const { download } = state;
    const { boot } = ports;
    const isOpenEnded = offer.content.sizeBytes === undefined;
    const sizeBytes = offer.content.sizeBytes ?? boot.updateRegion().sizeBytes;
    const goesOn =
      download !== undefined &&
      equalBytes(download.offerId, id) &&
      download.sizeBytes === sizeBytes &&
      isOpenUpdate(download.updateId, boot.report());
    if (goesOn && this.#current !== undefined) return;
    this.#wrongChunks = 0;
    this.#current = undefined;
    this.#noted = undefined;
    this.#io.note({ type: "offered", title: offer.title, version: offer.version });
    const isOpen = goesOn || this.#open(id, sizeBytes);
    if (!isOpen || state.download === undefined) {
      this.#fail(id, "storage", "boot record or journal cannot be written");
      return;
    }
    const { offsetBytes } = state.download;
    this.#io.note({ type: "downloading", offsetBytes, sizeBytes: offer.content.sizeBytes });
    const { chunkBytes } = this.#io.config;
    const bank = boot.updateRegion();
    const { flash, layout } = ports;
    const work = new Download(flash, layout, bank, chunkBytes, state.download, memory, isOpenEnded);
    this.#current = { offer, download: work };
    reports.push("DOWNLOADING");
    if (!this.#stores(() => work.resume()) || !work.isComplete) return;
    this.#finish(offer.content.checksum);
  }

  #open(offerId: Uint8Array, sizeBytes: number): boolean {
    const { state, ports, memory } = this.#io;
    const updateId = (ports.boot.report().updateId + 1) >>> 0;
    if (!succeeds(() => ports.boot.openUpdate(updateId))) return false;
    state.download = { offerId, sizeBytes, updateId, offsetBytes: 0, sectorInSpare: undefined };
    memory.persist("download");
    return !memory.isSick;
  }

  /** All bytes are there: are they the right ones, and is it an image to run? */
  #finish(checksum: Checksum | undefined): void {
    if (this.#current === undefined) return;
    const { offer, download } = this.#current;
    const { config, ports, running, reports } = this.#io;
    this.#io.note({ type: "downloaded", sizeBytes: download.record.offsetBytes });
    reports.push("DOWNLOADED");
    if (!this.#agrees(download, checksum)) return;
    if (!this.#stores(() => download.eraseRest())) return;
    const verdict = verifyBank(config, ports, running);
    if (!verdict.ok) {
      this.#failCurrent(verdict.reason, verdict.detail);
      return;
    }
    this.#io.note({ type: "verified", version: verdict.image.version });
    this.#stage(offer, download.record.offerId, verdict.image);
  }

  #agrees(download: Download, checksum: Checksum | undefined): boolean {
    if (checksum === undefined) {
      const isEnough = this.#io.config.needsChecksum !== true;
      if (!isEnough) this.#failCurrent("checksum", "the server tells none");
      return isEnough;
    }
    const digest = checksumDigest(checksum.algorithm, this.#io.ports.crypto);
    if (!this.#stores(() => download.feed(digest))) return false;
    const hex = hexOf(digest.digest());
    if (hex === checksum.hex) return true;
    const detail = `${checksum.algorithm} is ${hex}, the server says ${checksum.hex}`;
    this.#failCurrent("checksum", detail);
    return false;
  }

  /** The name first: a trial whose package nobody knows would be taken again. */
  #stage(offer: Offer, offerId: Uint8Array, image: ImageIdentity): void {
    const { state, ports, memory, running, reports } = this.#io;
    const { version } = offer;
    const own = image.version.replace(/\+0$/, "");
    if (own !== version) this.#io.note({ type: "otherVersion", image: own, package: version });
    if (equalBytes(image.hash, running.hash)) {
      this.#rename(offerId, image, version);
      return;
    }
    const [first] = state.images;
    const index = first !== undefined && equalBytes(first.hash, running.hash) ? 1 : 0;
    state.images[index] = { hash: image.hash, offerId, version, isAwaited: true };
    memory.persistImage(index);
    if (memory.isSick || !succeeds(() => ports.boot.stage(image))) {
      state.images[index] = undefined;
      memory.persistImage(index);
      this.#failCurrent("storage", "boot record or journal cannot be written");
      return;
    }
    this.#current = undefined;
    state.download = undefined;
    memory.persist("download");
    this.#io.note({ type: "staged" });
    reports.push("VERIFIED");
    reports.push("UPDATING");
    this.isStaged = true;
  }

  /** It is the very image that runs, under another name: there is nothing to boot. */
  #rename(offerId: Uint8Array, { hash }: ImageIdentity, version: string): void {
    const { state, memory, reports } = this.#io;
    const [first] = state.images;
    const index = first === undefined || equalBytes(first.hash, hash) ? 0 : 1;
    state.images[index] = { hash, offerId, version, isAwaited: false };
    memory.persistImage(index);
    this.#drop();
    state.untold = "updated";
    memory.persist("untold");
    reports.push("VERIFIED");
    reports.push("UPDATED");
  }

  #failCurrent(failure: PullFailure, detail: string): void {
    const { state, isUnchecked } = this.#io;
    const seen = isUnchecked ? failureOfUnchecked(failure) : failure;
    if (state.download !== undefined) this.#fail(state.download.offerId, seen, detail);
  }

  #fail(offerId: Uint8Array, cause: FailureCause, detail: string): void {
    const { state, memory, reports } = this.#io;
    const failure = failureOf(cause);
    this.#drop();
    rememberFailure(state, offerId, failure);
    memory.persist("failures");
    state.untold = failure;
    memory.persist("untold");
    this.#io.note({ type: "refused", failure, detail });
    reports.forgetProgress();
    reports.pushFailed(cause, detail);
  }

  /** Gives up what was begun. What is staged, or runs, stays. */
  #drop(): void {
    const { state, memory, ports } = this.#io;
    const { download } = state;
    this.#current = undefined;
    if (download === undefined) return;
    if (isOpenUpdate(download.updateId, ports.boot.report())) {
      succeeds(() => ports.boot.abandon());
    }
    state.download = undefined;
    memory.persist("download");
  }

  #noteOnce(id: Uint8Array, note: PullNote): void {
    if (this.#noted !== undefined && equalBytes(this.#noted, id)) return;
    this.#noted = id;
    this.#io.note(note);
  }

  /** Runs what flash and journal may refuse to do. Then the download has failed. */
  #stores(attempt: () => void): boolean {
    try {
      attempt();
      return true;
    } catch (error) {
      if (!(error instanceof FlashFault) && !(error instanceof JournalFull)) throw error;
      this.#failCurrent("storage", error.message);
      return false;
    }
  }
}
