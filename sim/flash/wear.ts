import type { NorOptions } from "./nor-options.ts";
import type { SectorMap } from "./sectors.ts";

/** Erases by sector, and what they have done to it. */
export class Wear {
  readonly #sectors: SectorMap;
  readonly #enduranceErases: number;
  readonly #marginalErases: number;
  #counts: Uint32Array | undefined;

  constructor(sectors: SectorMap, options: NorOptions) {
    this.#sectors = sectors;
    this.#enduranceErases = options.enduranceErases ?? Number.POSITIVE_INFINITY;
    this.#marginalErases = options.marginalErases ?? 0;
  }

  get memoryBytes(): number {
    return 60 + (this.#counts === undefined ? 0 : this.#counts.byteLength + 120);
  }

  /** Erases begun on the sector that holds `address`. */
  erases(address: number): number {
    return this.#counts?.[this.#sectors.indexOf(address)] ?? 0;
  }

  /** Counts an erase and says how the sector takes it. */
  erase(address: number): "sound" | "marginal" | "wornOut" {
    this.#counts ??= new Uint32Array(this.#sectors.count);
    const index = this.#sectors.indexOf(address);
    const erases = (this.#counts[index] ?? 0) + 1;
    this.#counts[index] = erases;
    if (erases > this.#enduranceErases) return "wornOut";
    return erases > this.#enduranceErases - this.#marginalErases ? "marginal" : "sound";
  }

  copyFrom(other: Wear): void {
    this.#counts = other.#counts?.slice();
  }
}
