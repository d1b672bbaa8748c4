import { readdirSync, realpathSync } from "node:fs";
import { join } from "node:path";

/** What is asked of a file system; the machine's, but in tests. */
export interface NameFiles {
  /** Empty: no such folder. */
  list(folder: string): readonly string[];
  /** Where links end; undefined: nowhere. */
  real(path: string): string | undefined;
}

const machine: NameFiles = {
  list: (folder) => orElse(() => readdirSync(folder).sort(), []),
  real: (path) => orElse(() => realpathSync(path), undefined),
};

function orElse<T>(read: () => T, otherwise: T): T {
  try {
    return read();
  } catch {
    return otherwise;
  }
}

/** Where udev names ports by what is plugged in, not by the order in which it was. */
const BY_ID = "/dev/serial/by-id";

/**
 * A serial port under the name that it keeps: what was `/dev/ttyUSB0` may come back as
 * `/dev/ttyUSB1`, and the next `/dev/ttyUSB0` may be another adapter.
 */
export class PortNames {
  readonly #path: string;
  readonly #files: NameFiles;
  #alias: string | undefined;

  constructor(path: string, files: NameFiles = machine) {
    this.#path = path;
    this.#files = files;
    this.#alias = this.#findAlias();
  }

  /** The name to open now. */
  get current(): string {
    // It may have come only now.
    this.#alias ??= this.#findAlias();
    const alias = this.#alias;
    return alias !== undefined && this.#files.real(alias) !== undefined ? alias : this.#path;
  }

  /** The device file behind {@link current}. */
  get device(): string {
    return this.#files.real(this.current) ?? this.#path;
  }

  #findAlias(): string | undefined {
    const { list, real } = this.#files;
    const device = real(this.#path);
    if (device === undefined) return undefined;
    const names = list(BY_ID).map((name) => join(BY_ID, name));
    return names.find((name) => real(name) === device);
  }
}
