import type { BootStrategy } from "#agent/boot/strategy.ts";
import { type Crypto, type Digest, type Entropy, type Flash, PowerLoss } from "#hal/ports.ts";

/**
 * Counts everything a device does to its world: each call of a port, each effect that is performed.
 * Power can fail before any of them, that is between every two.
 */
export class PortProbe {
  /** Calls begun so far: the index of the next one. */
  calls = 0;
  /** What each call was, by its index. */
  readonly names: string[] = [];
  /** Power fails before each of these calls. */
  readonly cutsBefore = new Set<number>();
  /** Told when it does. */
  onCut: () => void = () => {};

  attach(flash: { powerOff(): void }): void {
    this.onCut = () => flash.powerOff();
  }

  touch(name: string): void {
    const index = this.calls++;
    this.names.push(name);
    if (!this.cutsBefore.has(index)) return;
    this.onCut();
    throw new PowerLoss(`before call ${index}, ${name}`);
  }

  flash(flash: Flash): Flash {
    return {
      geometry: flash.geometry,
      read: (address, target) => {
        this.touch("flash.read");
        flash.read(address, target);
      },
      program: (address, source) => {
        this.touch("flash.program");
        flash.program(address, source);
      },
      erase: (address) => {
        this.touch("flash.erase");
        flash.erase(address);
      },
    };
  }

  crypto(crypto: Crypto): Crypto {
    return {
      aesEncrypt: (key, blocks) => {
        this.touch("crypto.aesEncrypt");
        return crypto.aesEncrypt(key, blocks);
      },
      aesDecrypt: (key, blocks) => {
        this.touch("crypto.aesDecrypt");
        return crypto.aesDecrypt(key, blocks);
      },
      aesCmac: (key) => {
        this.touch("crypto.aesCmac");
        return this.#digest(crypto.aesCmac(key));
      },
      hash: (algorithm) => {
        this.touch("crypto.hash");
        return this.#digest(crypto.hash(algorithm));
      },
      hashOf: (algorithm, bytes) => {
        this.touch("crypto.hashOf");
        return crypto.hashOf(algorithm, bytes);
      },
      verify: (key, message, signature) => {
        this.touch("crypto.verify");
        return crypto.verify(key, message, signature);
      },
    };
  }

  entropy(entropy: Entropy): Entropy {
    return {
      below: (purpose, bound) => {
        this.touch("entropy.below");
        return entropy.below(purpose, bound);
      },
    };
  }

  boot(boot: BootStrategy): BootStrategy {
    return {
      boot: () => {
        this.touch("boot.boot");
        return boot.boot();
      },
      // Changes nothing and needs no power: a cut before it is one before the call that follows.
      report: () => boot.report(),
      updateRegion: () => {
        this.touch("boot.updateRegion");
        return boot.updateRegion();
      },
      openUpdate: (updateId) => {
        this.touch("boot.openUpdate");
        return boot.openUpdate(updateId);
      },
      stage: (image) => {
        this.touch("boot.stage");
        boot.stage(image);
      },
      abandon: () => {
        this.touch("boot.abandon");
        boot.abandon();
      },
      confirm: () => {
        this.touch("boot.confirm");
        boot.confirm();
      },
    };
  }

  #digest(digest: Digest): Digest {
    return {
      update: (bytes) => {
        this.touch("digest.update");
        digest.update(bytes);
      },
      digest: () => {
        this.touch("digest.digest");
        return digest.digest();
      },
    };
  }
}
