import { expect, test } from "vitest";
import {
  DATA_BLOCK_MIC_BYTES,
  type DataBlock,
  dataBlockB0,
  dataBlockIntKey,
  dataBlockMic,
} from "#agent/keys/data-block.ts";
import { NodeCrypto } from "#hal/node/crypto.ts";
import { inHex, keyHex } from "./key-hex.ts";

const crypto = new NodeCrypto();
const rootSecret = keyHex("2B7E151628AED2A6ABF7158809CF4F3C");
const data = Uint8Array.from({ length: 95 }, (_, index) => index);
const block: DataBlock = {
  sessionCnt: 7,
  fragIndex: 0,
  descriptor: keyHex("01020304"),
  sizeBytes: 95,
};

function micOf(described: DataBlock, pieces: readonly Uint8Array[]): string {
  const mac = dataBlockMic(dataBlockIntKey(rootSecret, crypto), described, crypto);
  for (const piece of pieces) mac.update(piece);
  return inHex(mac.digest().subarray(0, DATA_BLOCK_MIC_BYTES));
}

test("DataBlockIntKey", () => {
  expect(inHex(dataBlockIntKey(rootSecret, crypto))).toBe("7AC47C65FE259BB654BD263519F89C8E");
});

test("B0 covers counter, index, descriptor and size", () => {
  expect(inHex(dataBlockB0(block))).toBe("4907000001020304000000005F000000");
  expect(inHex(dataBlockB0({ ...block, sessionCnt: 0x1234, fragIndex: 3 }))).toBe(
    "4934120301020304000000005F000000",
  );
});

test("MIC over the block without its padding, in whatever pieces it comes", () => {
  expect(micOf(block, [data])).toBe("BBFAD00C");
  for (let cut = 0; cut <= data.length; cut++) {
    expect(micOf(block, [data.subarray(0, cut), data.subarray(cut)])).toBe("BBFAD00C");
  }
});

test("the padding does not belong to it", () => {
  const padded = new Uint8Array(100);
  padded.set(data);
  expect(micOf({ ...block, sizeBytes: 100 }, [padded])).toBe("1C64140B");
});
