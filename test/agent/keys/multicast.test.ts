import { describe, expect, test } from "vitest";
import {
  type LorawanVersion,
  mcKEKey,
  mcRootKey,
  mcSessionKeys,
  unwrapMcKey,
  wrapMcKey,
} from "#agent/keys/multicast.ts";
import { NodeCrypto } from "#hal/node/crypto.ts";
import { inHex, keyHex } from "./key-hex.ts";

const crypto = new NodeCrypto();

/** Checked against the codecs and key code of ChirpStack v4. */
const chains: readonly {
  readonly version: LorawanVersion;
  readonly root: string;
  readonly kek: string;
  readonly wrapped: string;
}[] = [
  {
    version: "1.0",
    root: "7DF76B0C1AB899B33E42F047B91B546F",
    kek: "8CB8665E0C0E0B645B2ED9E48A19277C",
    wrapped: "FBF1471EFDAC69599A52A0FFC10B90CE",
  },
  {
    version: "1.1",
    root: "5D1539A60F06115C5B0B01F03E17AFD6",
    kek: "3592A5D88F2F38DA211C1BB5649BAF3F",
    wrapped: "57DA49D594162F6EF5B388F128BE6CA9",
  },
];

describe.each(chains)("LoRaWAN $version", ({ version, root, kek, wrapped }) => {
  const rootSecret = keyHex("2B7E151628AED2A6ABF7158809CF4F3C");
  const mcKey = keyHex("000102030405060708090A0B0C0D0E0F");
  const kekBytes = mcKEKey(mcRootKey(version, rootSecret, crypto), crypto);

  test("root secret -> McRootKey -> McKEKey", () => {
    expect(inHex(mcRootKey(version, rootSecret, crypto))).toBe(root);
    expect(inHex(kekBytes)).toBe(kek);
  });

  test("the server wraps McKey, the device unwraps it", () => {
    expect(inHex(wrapMcKey(kekBytes, mcKey, crypto))).toBe(wrapped);
    expect(inHex(unwrapMcKey(kekBytes, keyHex(wrapped), crypto))).toBe(inHex(mcKey));
  });
});

test.each([
  {
    mcKey: "000102030405060708090A0B0C0D0E0F",
    mcAddr: 0x01fffffe,
    appSKey: "AD54E08FA9FD780B74CFA5CC2AC0B441",
    nwkSKey: "DA54CA65D178B09869558373C6DD9643",
  },
  {
    mcKey: "0102030405060708090A0B0C0D0E0F10",
    mcAddr: 0x01020304,
    appSKey: "95CB4518EE375606735BBACBDCE837FA",
    nwkSKey: "C3F6B388BAD6C000B23291AD52C11C7B",
  },
])("McKey $mcKey -> McAppSKey, McNwkSKey", ({ mcKey, mcAddr, appSKey, nwkSKey }) => {
  const keys = mcSessionKeys(keyHex(mcKey), mcAddr, crypto);
  expect(inHex(keys.mcAppSKey)).toBe(appSKey);
  expect(inHex(keys.mcNwkSKey)).toBe(nwkSKey);
});

describe("single steps, as in ChirpStack's unit tests", () => {
  test("McRootKey from GenAppKey", () => {
    const genAppKey = keyHex("0302030405060708090A0B0C0D0E0F10");
    expect(inHex(mcRootKey("1.0", genAppKey, crypto))).toBe("55344E82570EAEC8BF03B99962D1F445");
  });

  test("McRootKey from AppKey", () => {
    const appKey = keyHex("0202030405060708090A0B0C0D0E0F10");
    expect(inHex(mcRootKey("1.1", appKey, crypto))).toBe("264FD859583FCC670241AC071CC9F5BB");
  });

  test("McKEKey", () => {
    const root = keyHex("0402030405060708090A0B0C0D0E0F10");
    expect(inHex(mcKEKey(root, crypto))).toBe("9083BEBF704257883160DBFCDE33AD71");
  });

  test("McKey_encrypted", () => {
    const wrapped = wrapMcKey(new Uint8Array(16).fill(1), new Uint8Array(16).fill(2), crypto);
    expect(inHex(wrapped)).toBe("3437D6E231D702419B51B4947271B611");
  });
});
