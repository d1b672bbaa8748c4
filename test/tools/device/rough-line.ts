export interface Mishap {
  readonly kind:
    | "lost"
    | "twice"
    /** A banner before it, of a modem that has not restarted. */
    | "banner"
    /** The modem restarts after it. */
    | "restart"
    | "late"
    /** Half of it, and no end. */
    | "cut"
    /** Without its end. */
    | "glued"
    /** Behind noise. */
    | "noise";
  /** Which line, counted from the start. */
  readonly line: number;
  readonly lateMs: number;
}

export interface Piece {
  readonly bytes: Uint8Array;
  /** The piece before it. */
  readonly afterMs: number;
}

/** A serial line in small pieces, on which something happens to some lines. */
export class RoughLine {
  readonly #mishaps: readonly Mishap[];
  readonly #pieceBytes: number;
  #count = 0;
  #rest = "";
  restart: () => void = () => {};

  constructor(mishaps: readonly Mishap[], pieceBytes: number) {
    this.#mishaps = mishaps;
    this.#pieceBytes = pieceBytes;
  }

  pass(bytes: Uint8Array): readonly Piece[] {
    const lines = `${this.#rest}${Buffer.from(bytes).toString("latin1")}`.split(/(?<=\n)/);
    const isWhole = lines.at(-1)?.endsWith("\n") === true;
    this.#rest = isWhole ? "" : (lines.pop() ?? "");
    return lines.flatMap((line) => this.#one(line));
  }

  #one(line: string): readonly Piece[] {
    const here = this.#mishaps.filter((mishap) => mishap.line === this.#count);
    this.#count += 1;
    const text = here.reduce(spoilt, line);
    const lateMs = here.find(({ kind }) => kind === "late")?.lateMs ?? 0;
    if (here.some(({ kind }) => kind === "restart")) this.restart();
    const pieces: Piece[] = [];
    for (let at = 0; at < text.length; at += this.#pieceBytes) {
      const piece = Buffer.from(text.slice(at, at + this.#pieceBytes), "latin1");
      pieces.push({ bytes: piece, afterMs: at === 0 ? lateMs : 0 });
    }
    return pieces;
  }
}

function spoilt(text: string, { kind }: Mishap): string {
  switch (kind) {
    case "lost":
      return "";
    case "twice":
      return `${text}${text}`;
    case "banner":
      return `Current Work Mode: LoRaWAN.\r\n${text}`;
    case "cut":
      return text.slice(0, text.length >> 1);
    case "glued":
      return text.replace(/\r?\n$/, "");
    case "noise":
      return `\u0001x@${text}`;
    case "restart":
    case "late":
      return text;
    default:
      return kind satisfies never;
  }
}
