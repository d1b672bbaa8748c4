import { installFactoryImage } from "#agent/boot/factory.ts";
import { geometryOf, layoutOf, SECTOR_BYTES } from "#agent/boot/layout.ts";
import type { Signer } from "#agent/image/make.ts";
import { readerOf } from "#agent/image/reader.ts";
import { verifyImage } from "#agent/image/verify.ts";
import type { PullConfig } from "#agent/pull/config.ts";
import { ThingsBoardHttp } from "#agent/pull/thingsboard-http.ts";
import type { Crypto } from "#hal/ports.ts";
import { NorFlash } from "#sim/flash/nor.ts";
import { SharedContent } from "#sim/flash/shared-content.ts";
import { bootOf } from "#sim/fleet/boot-of.ts";
import { type FirmwarePair, makeFirmware } from "#sim/fleet/firmware.ts";
import { imageCheck } from "#sim/fleet/image-check.ts";
import { drawBelow, drawKey, KeyedEntropy } from "#sim/kernel/draws.ts";
import { Engine } from "#sim/kernel/engine.ts";
import { DeviceOracles } from "#sim/oracles/device-oracles.ts";
import { HttpDeviceApi } from "#sim/server/thingsboard/http-device-api.ts";
import { makePackage } from "#sim/server/thingsboard/ota-package.ts";
import { ThingsBoard } from "#sim/server/thingsboard/server.ts";
import { type IpLinkOptions, SimulatedHttp } from "./http-link.ts";
import { PullNode } from "./node.ts";

export interface PullFleetOptions {
  readonly devices: number;
  readonly seed: number;
  readonly imageBytes: number;
  readonly chunkBytes: number;
  readonly link: IpLinkOptions;
  /** Of each device, at moments drawn from the first hour. */
  readonly resets: number;
  /** Virtual time after which those who are not done are left. */
  readonly untilS: number;
}

export interface PullFleetResult {
  readonly updated: number;
  /** Known to the server as such. */
  readonly reportedUpdated: number;
  readonly exchanges: number;
  /** Messages that did not arrive. */
  readonly lost: number;
  /** Chunks that the server was asked for. */
  readonly chunks: number;
  readonly lives: number;
  readonly virtualSeconds: number;
  readonly events: number;
}

const GRANULE_BYTES = 8;
const JOURNAL_BYTES = 4 * SECTOR_BYTES;
const ATTEMPTS = 3;
const HOUR_US = 3_600_000_000;
const ORIGIN_UNIX_MS = 1_767_225_600_000;

/** Devices over links of their own to one server, in virtual time. */
export function runPullFleet(
  options: PullFleetOptions,
  crypto: Crypto,
  signer: Signer,
): PullFleetResult {
  const { devices, seed, imageBytes, untilS } = options;
  const engine = new Engine();
  const server = new ThingsBoard({
    scheduler: engine,
    entropy: new KeyedEntropy(seed, -1),
    originUnixMs: ORIGIN_UNIX_MS,
  });
  let chunks = 0;
  const api = new HttpDeviceApi(server, {
    onChunk: () => {
      chunks += 1;
    },
  });
  const spec = { sizeBytes: imageBytes, version: "2.0.0", defect: "none" } as const;
  const firmware = makeFirmware(spec, seed, signer, crypto);
  const spawner = new PullSpawner(options, firmware, engine, crypto, api);
  const members = Array.from({ length: devices }, (_, id) => {
    const device = server.addDevice(`device-${id}`, tokenOf(id));
    return { device, ...spawner.spawn(id) };
  });
  const names = { id: "1", kind: "fw", title: "fw", version: "2.0.0" } as const;
  const ota = makePackage({ ...names, algorithm: "SHA256", data: firmware.sent }, crypto);
  server.assignToProfile("default", "fw", ota);
  const isDone = () =>
    members.every(({ device }) => device.telemetry.get("fw_state")?.value === "UPDATED");
  for (let at = 0; at < untilS && !isDone(); at += 60) engine.advance((at + 60) * 1_000_000);
  return {
    updated: members.filter(({ node }) => isUpdated(node)).length,
    reportedUpdated: members.filter(({ device }) => {
      return device.telemetry.get("fw_state")?.value === "UPDATED";
    }).length,
    exchanges: members.reduce((sum, { http }) => sum + http.exchanges, 0),
    lost: members.reduce((sum, { http }) => sum + http.lost, 0),
    chunks,
    lives: members.reduce((sum, { node }) => sum + node.lives, 0),
    virtualSeconds: engine.now / 1_000_000,
    events: engine.events,
  };
}

function isUpdated(node: PullNode): boolean {
  const status = node.status();
  return status?.running.version === "2.0.0+0" && !status.isTrial;
}

function tokenOf(id: number): string {
  return `token-${id}`;
}

/** Makes devices that share the bytes they have in common. */
class PullSpawner {
  readonly #options: PullFleetOptions;
  readonly #firmware: FirmwarePair;
  readonly #engine: Engine;
  readonly #crypto: Crypto;
  readonly #api: HttpDeviceApi;
  readonly #layout: ReturnType<typeof layoutOf>;
  readonly #content: SharedContent;
  readonly #images: ReturnType<typeof identify>[];

  constructor(
    options: PullFleetOptions,
    firmware: FirmwarePair,
    engine: Engine,
    crypto: Crypto,
    api: HttpDeviceApi,
  ) {
    this.#options = options;
    this.#firmware = firmware;
    this.#engine = engine;
    this.#crypto = crypto;
    this.#api = api;
    const bankBytes = Math.ceil(options.imageBytes / options.chunkBytes) * options.chunkBytes;
    const sizes = { bankBytes, journalBytes: JOURNAL_BYTES, scratchBytes: SECTOR_BYTES };
    this.#layout = layoutOf(sizes);
    const { factory, update, keys } = firmware;
    this.#content = SharedContent.forLayout(this.#layout, factory, update);
    this.#images = [factory, update].map((bytes) => identify(bytes, keys, crypto));
  }

  spawn(id: number): { readonly node: PullNode; readonly http: SimulatedHttp } {
    const { seed, link, resets } = this.#options;
    const engine = this.#engine;
    const node = new PullNode({
      scheduler: engine,
      ports: this.#ports(id),
      config: this.#config(),
      originUnixMs: ORIGIN_UNIX_MS,
      newDialect: () => new ThingsBoardHttp({ token: tokenOf(id), kind: "fw", longPolls: false }),
      onNote: () => {},
    });
    const http = new SimulatedHttp(engine, this.#api.handle, link, { seed, id }, (event) => {
      node.step({ ...event, at: node.uptime });
    });
    node.attach(http);
    engine.schedule(0, () => node.powerOn());
    const key = drawKey(seed, id, "pullResets");
    for (let reset = 0; reset < resets; reset++) {
      engine.schedule(1 + drawBelow(key, reset, HOUR_US), () => node.reset());
    }
    return { node, http };
  }

  #ports(id: number) {
    const { seed } = this.#options;
    const layout = this.#layout;
    const crypto = this.#crypto;
    const key = drawKey(seed, id, "flash");
    const flash = new NorFlash(geometryOf(layout, GRANULE_BYTES), { content: this.#content, key });
    const [factory, update] = this.#images;
    if (factory === undefined || update === undefined) throw new RangeError("two images");
    installFactoryImage(flash, layout, this.#firmware.factory, factory);
    const oracles = new DeviceOracles({
      flash,
      layout,
      attemptsMax: ATTEMPTS,
      factory,
      images: [
        { hash: factory.hash, bytes: this.#firmware.factory },
        { hash: update.hash, bytes: this.#firmware.update },
      ],
    });
    const check = imageCheck(flash, this.#firmware.keys, crypto);
    const kind = { boot: "banks", attempts: ATTEMPTS } as const;
    const boot = oracles.watch(bootOf(kind, flash, layout, check));
    return { flash, layout, crypto, entropy: new KeyedEntropy(seed, id), boot };
  }

  #config(): PullConfig {
    return {
      title: "fw",
      chunkBytes: this.#options.chunkBytes,
      answerTimeoutMs: 10_000,
      backOff: { firstMs: 1000, maxMs: 300_000 },
      pollS: 300,
      startDelayMaxS: 600,
      trialDeadlineS: 600,
      image: { keys: this.#firmware.keys },
    };
  }
}

function identify(bytes: Uint8Array, keys: FirmwarePair["keys"], crypto: Crypto) {
  const verdict = verifyImage(readerOf(bytes), { keys, securityCounterMin: 0 }, crypto);
  if (!verdict.ok) throw new RangeError(verdict.detail);
  return verdict.image;
}
