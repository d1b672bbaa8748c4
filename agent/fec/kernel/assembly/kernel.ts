// AssemblyScript, compiled to ../kernel-wasm.ts by `npx tsx tools/build-kernel.ts`.
//
// The inner loops of the FEC over one linear memory that ../arena.ts lays out. Addresses are bytes.
// Bit sets are little-endian 32-bit words. Payloads are `chunks` vectors of 16 bytes; a payload that
// ends inside its last chunk drags bytes along that mean nothing and are never read back.

/**
 * Draws a parity row into the bit set at `row`; TS004 FragAlgo 0, see ../../rows.ts.
 *
 * The generator is a 23-bit shift register with feedback from bits 0 and 5, so 18 feedback bits are
 * known at once: the next 18 states are windows of one 41-bit word, and their remainders do not wait
 * for each other. Only seeds beyond 23 bits, whose feedback carries, take a first step on their own.
 */
export function drawRow(row: usize, nbFrag: u32, seed: u32, distinct: u32): void {
  const rowEnd = row + (<usize>((nbFrag + 31) >> 5) << 2);
  for (let at = row; at < rowEnd; at += 4) store<u32>(at, 0);
  let left = nbFrag >> 1;
  const modulus: u64 = (nbFrag & (nbFrag - 1)) == 0 ? nbFrag + 1 : nbFrag;
  // floor(x / modulus) = x * reciprocal >> 40, exact for x < 2^24 and modulus < 2^15.
  const reciprocal: u64 = ((1 << 40) + modulus - 1) / modulus;
  let x: u64 = seed;
  while (left > 0) {
    if (x >> 23 != 0) {
      x = (x >> 1) + (((x ^ (x >> 5)) & 1) << 22);
      const column = x - ((x * reciprocal) >> 40) * modulus;
      if (column < nbFrag) left -= drawColumn(row, column, nbFrag, distinct);
      continue;
    }
    const window = x | (((x ^ (x >> 5)) & 0x3ffff) << 23);
    if (left >= 18 && nbFrag >= 32) {
      // None can be one too many, and the column nbFrag of a power of two is in the word after.
      for (let step: u64 = 1; step <= 18; step++) {
        x = (window >> step) & 0x7fffff;
        left -= drawColumn(row, x - ((x * reciprocal) >> 40) * modulus, nbFrag, distinct);
      }
      continue;
    }
    for (let step: u64 = 1; step <= 18 && left > 0; step++) {
      x = (window >> step) & 0x7fffff;
      const column = x - ((x * reciprocal) >> 40) * modulus;
      if (column < nbFrag) left -= drawColumn(row, column, nbFrag, distinct);
    }
  }
}

/** Sets the bit of a column, and returns whether the draw counts, without a branch. */
// @ts-ignore: decorator
@inline
function drawColumn(row: usize, column: u64, nbFrag: u32, distinct: u32): u32 {
  const at = row + ((<usize>column >> 5) << 2);
  const before = load<u32>(at);
  const after = before | (1 << (<u32>column & 31));
  store<u32>(at, after);
  return (<u32>(after != before) | (distinct ^ 1)) & <u32>(column < nbFrag);
}

/** target ^= the fragments, packed from `block` on and `fragSize` apart, of a bit set. */
export function xorSelected(
  target: usize,
  chunks: u32,
  row: usize,
  words: u32,
  block: usize,
  fragSize: usize,
): void {
  for (let word: u32 = 0; word < words; word++) {
    xorBits(target, chunks, load<u32>(row + (word << 2)), block + word * 32 * fragSize, fragSize);
  }
}

/** target ^= source. */
export function xorInto(target: usize, source: usize, chunks: u32): void {
  xorBits(target, chunks, 1, source, 0);
}

/**
 * Solves `count` equations, LU-decomposed in `matrix` (`words` words a row, ../../elimination.ts),
 * with their coded payloads in `sums`, `16 * chunks` apart: the unknowns end up there.
 *
 * `rows` holds the rows of the equations over the packed fragments of `block`, in which the unknown
 * ones are zero. `block` and `sums` are followed by 32 readable payloads; `tables` has room for 128.
 */
export function solve(
  block: usize,
  fragSize: usize,
  rows: usize,
  rowWords: u32,
  matrix: usize,
  words: u32,
  sums: usize,
  chunks: u32,
  tables: usize,
  count: u32,
): void {
  const stride = <usize>chunks << 4;
  const rowBytes = <usize>rowWords << 2;
  for (let word: u32 = 0; word < rowWords; word++) {
    const source = block + word * 32 * fragSize;
    addStripe(source, fragSize, rows + (word << 2), rowBytes, sums, chunks, tables, count);
  }
  const bytes = <usize>words << 2;
  for (let word: u32 = 0; word < words; word++) {
    const first = word << 5;
    const end = min(first + 32, count);
    const source = sums + first * stride;
    for (let row = first; row < end; row++) {
      const bits = load<u32>(matrix + row * bytes + (word << 2)) & ((1 << (row & 31)) - 1);
      xorBits(sums + row * stride, chunks, bits, source, stride);
    }
    const below = matrix + end * bytes + (word << 2);
    addStripe(source, stride, below, bytes, sums + end * stride, chunks, tables, count - end);
  }
  for (let word: i32 = words - 1; word >= 0; word--) {
    const first: u32 = word << 5;
    const end = min(first + 32, count);
    const source = sums + first * stride;
    for (let row = end; row-- > first; ) {
      const own = 1 << (row & 31);
      const bits = load<u32>(matrix + row * bytes + (word << 2)) & ~(own | (own - 1));
      xorBits(sums + row * stride, chunks, bits, source, stride);
    }
    addStripe(source, stride, matrix + (word << 2), bytes, sums, chunks, tables, first);
  }
}

/** Below this many rows the tables of a stripe cost more than they save. */
const TABLE_ROWS_MIN: u32 = 20;

/**
 * sum(r) ^= the sources (32 of them, `sourceStride` apart) in bit set word r, for `count` rows.
 *
 * The Method of Four Russians: all 16 sums of each four sources are tabulated, so that a row costs
 * eight additions instead of up to 32.
 */
function addStripe(
  source: usize,
  sourceStride: usize,
  words: usize,
  wordStride: usize,
  sums: usize,
  chunks: u32,
  tables: usize,
  count: u32,
): void {
  const stride = <usize>chunks << 4;
  if (count < TABLE_ROWS_MIN) {
    for (let row: u32 = 0; row < count; row++) {
      const bits = load<u32>(words + row * wordStride);
      xorBits(sums + row * stride, chunks, bits, source, sourceStride);
    }
    return;
  }
  fillTables(source, sourceStride, chunks, tables);
  const table = stride << 4;
  for (let row: u32 = 0; row < count; row++) {
    const bits = load<u32>(words + row * wordStride);
    if (bits == 0) continue;
    let at = sums + row * stride;
    const end = at + stride;
    let a = tables + (bits & 15) * stride;
    let b = tables + table + ((bits >> 4) & 15) * stride;
    let c = tables + 2 * table + ((bits >> 8) & 15) * stride;
    let d = tables + 3 * table + ((bits >> 12) & 15) * stride;
    let e = tables + 4 * table + ((bits >> 16) & 15) * stride;
    let f = tables + 5 * table + ((bits >> 20) & 15) * stride;
    let g = tables + 6 * table + ((bits >> 24) & 15) * stride;
    let h = tables + 7 * table + (bits >> 28) * stride;
    for (; at < end; at += 16) {
      const left = v128.xor(
        v128.xor(v128.load(a), v128.load(b)),
        v128.xor(v128.load(c), v128.load(d)),
      );
      const right = v128.xor(
        v128.xor(v128.load(e), v128.load(f)),
        v128.xor(v128.load(g), v128.load(h)),
      );
      v128.store(at, v128.xor(v128.load(at), v128.xor(left, right)));
      a += 16;
      b += 16;
      c += 16;
      d += 16;
      e += 16;
      f += 16;
      g += 16;
      h += 16;
    }
  }
}

/** Table t, entry e: the sum of the sources 4 t + i over the bits i of e. */
function fillTables(source: usize, sourceStride: usize, chunks: u32, tables: usize): void {
  const stride = <usize>chunks << 4;
  for (let table = 0; table < 8; table++) {
    memory.fill(tables, 0, stride);
    for (let entry = 1; entry < 16; entry++) {
      const less = tables + (entry & (entry - 1)) * stride;
      const one = source + ctz(entry) * sourceStride;
      const sum = tables + entry * stride;
      for (let at: usize = 0; at < stride; at += 16) {
        v128.store(sum + at, v128.xor(v128.load(less + at), v128.load(one + at)));
      }
    }
    tables += stride << 4;
    source += 4 * sourceStride;
  }
}

/** target ^= the sources in `bits`; four chunks of the target at a time stay in registers. */
function xorBits(target: usize, chunks: u32, bits: u32, source: usize, stride: usize): void {
  if (bits == 0) return;
  const end = target + (<usize>chunks << 4);
  for (; target + 64 <= end; target += 64) {
    let a = v128.load(target);
    let b = v128.load(target, 16);
    let c = v128.load(target, 32);
    let d = v128.load(target, 48);
    for (let rest = bits; rest != 0; rest &= rest - 1) {
      const at = source + <usize>ctz(rest) * stride;
      a = v128.xor(a, v128.load(at));
      b = v128.xor(b, v128.load(at, 16));
      c = v128.xor(c, v128.load(at, 32));
      d = v128.xor(d, v128.load(at, 48));
    }
    v128.store(target, a);
    v128.store(target, b, 16);
    v128.store(target, c, 32);
    v128.store(target, d, 48);
    source += 64;
  }
  for (; target < end; target += 16) {
    let a = v128.load(target);
    for (let rest = bits; rest != 0; rest &= rest - 1) {
      a = v128.xor(a, v128.load(source + <usize>ctz(rest) * stride));
    }
    v128.store(target, a);
    source += 16;
  }
}
