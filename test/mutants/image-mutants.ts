import type { Mutant } from "./mutant.ts";

const VERIFY = "agent/image/verify.ts";
const HEADER = "agent/image/header.ts";
const CLAIMS = "agent/image/claims.ts";
const STRUCTURE = "agent/image/structure.ts";
const TLV = "agent/image/tlv.ts";
const REST = "agent/image/rest.ts";
const TRAILER = "agent/image/trailer.ts";
const DEFECTS_TEST = "test/agent/image/defects.test.ts";
const HEADER_TEST = "test/agent/image/header.test.ts";
const REST_TEST = "test/agent/image/rest.test.ts";
const VERIFY_TEST = "test/agent/image/verify.test.ts";

/** Every check of an image, skipped. */
export const imageMutants: readonly Mutant[] = [
  {
    name: "image/digest-not-checked",
    why: "the hash that the image carries is not compared",
    file: VERIFY,
    changes: [
      [
        "if (!equalBytes(measured.digest, claims.hash.value)) {",
        "if (measured.digest.length === 0) {",
      ],
    ],
    tests: [DEFECTS_TEST],
  },
  {
    name: "image/signature-not-checked",
    why: "anybody's image is accepted",
    file: VERIFY,
    changes: [
      ["if (!crypto.verify(key, message, signature.value)) {", "if (message.length === 0) {"],
    ],
    tests: [DEFECTS_TEST],
  },
  {
    name: "image/key-hash-not-checked",
    why: "the key is picked by its algorithm, whatever the image says",
    file: VERIFY,
    changes: [
      [
        "candidate.algorithm === signature.algorithm &&\n      equalBytes(keyHashOf(candidate, hash.algorithm, crypto), keyHash),",
        "candidate.algorithm === signature.algorithm && keyHash.length === keyHashOf(candidate, hash.algorithm, crypto).length,",
      ],
    ],
    tests: [DEFECTS_TEST],
  },
  {
    name: "image/protected-area-not-hashed",
    why: "security counter and hardware can be changed without breaking the hash",
    file: VERIFY,
    changes: [["    if (protectedArea.length > 0) running.update(protectedArea);\n", ""]],
    tests: [DEFECTS_TEST],
  },
  {
    name: "image/signature-over-the-digest-alone",
    why: "an image signed over its bytes is checked over their digest",
    file: VERIFY,
    changes: [
      ['isPure || signature.algorithm === "ecdsa-p256";', 'signature.algorithm === "ecdsa-p256";'],
    ],
    tests: [VERIFY_TEST],
  },
  {
    name: "image/hardware-not-checked",
    why: "an image for another device is installed",
    file: VERIFY,
    changes: [["    refusalOfHardware(claims, policy) ??\n", ""]],
    tests: [DEFECTS_TEST],
  },
  {
    name: "image/vendor-alone",
    why: "the class of devices is not compared",
    file: VERIFY,
    changes: [['    ["class", claims.classId, policy.classId],\n', ""]],
    tests: [DEFECTS_TEST],
  },
  {
    name: "image/no-vendor-is-any-vendor",
    why: "an image that names no hardware fits all",
    file: VERIFY,
    changes: [
      [
        "    if (claimed === undefined) return",
        "    if (claimed === undefined) continue; else if (claimed === null) return",
      ],
    ],
    tests: [DEFECTS_TEST],
  },
  {
    name: "image/counter-not-checked",
    why: "an image with an old, known hole is installed again",
    file: VERIFY,
    changes: [
      [
        "  if (securityCounter >= securityCounterMin) return undefined;",
        "  if (securityCounter >= 0) return undefined;",
      ],
    ],
    tests: [DEFECTS_TEST],
  },
  {
    name: "image/equal-counter-refused",
    why: "an update with the same security counter is taken for a downgrade",
    file: VERIFY,
    changes: [
      [
        "securityCounter >= securityCounterMin) return",
        "securityCounter > securityCounterMin) return",
      ],
    ],
    tests: [VERIFY_TEST],
  },
  {
    name: "image/rest-of-slot-not-checked",
    why: "what an older image left behind this one goes unnoticed",
    file: VERIFY,
    changes: [
      [
        '  if (rest.type !== "other") return undefined;',
        '  if (rest.type !== "nothing") return undefined;',
      ],
    ],
    tests: [DEFECTS_TEST, VERIFY_TEST],
  },
  {
    name: "image/size-not-capped",
    why: "a header makes the verifier hold gigabytes",
    file: VERIFY,
    changes: [
      [
        "  if (hashedBytesOf(decoded.header) > IMAGE_BYTES_MAX) {",
        "  if (hashedBytesOf(decoded.header) < 0) {",
      ],
    ],
    tests: [HEADER_TEST],
  },
  {
    name: "image/magic-not-checked",
    why: "anything with plausible sizes is an image",
    file: HEADER,
    changes: [
      ["  if (view.getUint32(0, true) !== IMAGE_MAGIC) {", "  if (view.byteLength === 0) {"],
    ],
    tests: [DEFECTS_TEST],
  },
  {
    name: "image/sizes-wrap-around",
    why: "header, payload and TLVs are added in 32 bits",
    file: HEADER,
    changes: [
      [
        "return header.headerBytes + header.payloadBytes + header.protectedBytes;",
        "return (header.headerBytes + header.payloadBytes + header.protectedBytes) >>> 0;",
      ],
    ],
    tests: [DEFECTS_TEST],
  },
  {
    name: "image/slot-size-off-by-one",
    why: "an image that fills its slot exactly is refused",
    file: HEADER,
    changes: [["  if (needed > slotBytes) {", "  if (needed >= slotBytes) {"]],
    tests: [HEADER_TEST],
  },
  {
    name: "image/slot-size-not-checked",
    why: "the header may claim more than there is",
    file: HEADER,
    changes: [["  if (needed > slotBytes) {", "  if (needed < 0) {"]],
    tests: [DEFECTS_TEST],
  },
  {
    name: "image/encryption-flag-ignored",
    why: "ciphertext is installed and jumped to",
    file: HEADER,
    changes: [["  [FLAG.encryptedAes128 | FLAG.encryptedAes256,", "  [0,"]],
    tests: [DEFECTS_TEST],
  },
  {
    name: "image/second-compression-flag-ignored",
    why: "only the first kind of compression is refused",
    file: HEADER,
    changes: [
      [
        "FLAG.compressedLzma1 | FLAG.compressedLzma2 | FLAG.compressedArmThumb",
        "FLAG.compressedLzma1",
      ],
    ],
    tests: [DEFECTS_TEST],
  },
  {
    name: "image/non-bootable-flag-ignored",
    why: "an image that is no program is jumped to",
    file: HEADER,
    changes: [['  [FLAG.nonBootable, "is marked as not bootable"],\n', ""]],
    tests: [DEFECTS_TEST],
  },
  {
    name: "image/ram-load-flag-ignored",
    why: "an image linked for RAM is run from flash",
    file: HEADER,
    changes: [["[FLAG.ramLoad,", "[0,"]],
    tests: [DEFECTS_TEST],
  },
  {
    name: "image/other-bank-accepted",
    why: "an image linked for bank A runs from bank B",
    file: HEADER,
    changes: [["header.loadAddress !== bankAddress) {", "header.loadAddress === undefined) {"]],
    tests: [DEFECTS_TEST],
  },
  {
    name: "image/unprotected-counter-counts",
    why: "a security counter that no signature covers is accepted",
    file: CLAIMS,
    changes: [["  if (outside !== undefined) {", "  if (outside?.type === 0) {"]],
    tests: [DEFECTS_TEST],
  },
  {
    name: "image/protected-signature-counts",
    why: "hash and signature stand where they cover themselves",
    file: CLAIMS,
    changes: [["  if (inside !== undefined) {", "  if (inside?.type === 0) {"]],
    tests: [DEFECTS_TEST],
  },
  {
    name: "image/first-of-two-counts",
    why: "of two hashes or signatures the first one is believed",
    file: CLAIMS,
    changes: [
      [
        "  if (second === undefined) return { ok: true, tlv };",
        "  if (second?.type !== -1) return { ok: true, tlv };",
      ],
    ],
    tests: [DEFECTS_TEST],
  },
  {
    name: "image/any-pure-flag",
    why: "SIG_PURE counts whatever its value",
    file: CLAIMS,
    changes: [
      ['  if (tlv.data[0] !== 1 || algorithm !== "ed25519") {', '  if (algorithm !== "ed25519") {'],
    ],
    tests: [DEFECTS_TEST],
  },
  {
    name: "image/tlv-overflows-its-area",
    why: "the last TLV may be longer than what is there",
    file: TLV,
    changes: [["    if (start + length > area.length) {", "    if (length > area.length) {"]],
    tests: [DEFECTS_TEST],
  },
  {
    name: "image/tlv-header-outside",
    why: "half a TLV header at the end of the area is passed over",
    file: TLV,
    changes: [
      ["  while (at < area.length) {", "  while (at + TLV_ENTRY_HEADER_BYTES <= area.length) {"],
    ],
    tests: [DEFECTS_TEST],
  },
  {
    name: "image/tlv-area-outside-the-slot",
    why: "the TLV area may reach behind the slot",
    file: STRUCTURE,
    changes: [["  if (at + total > reader.sizeBytes) {", "  if (total > reader.sizeBytes) {"]],
    tests: [DEFECTS_TEST],
  },
  {
    name: "image/protected-size-not-compared",
    why: "header and protected area may differ about its length",
    file: STRUCTURE,
    changes: [
      ["  if (sizeBytes !== undefined && total !== sizeBytes) {", "  if (sizeBytes === -1) {"],
    ],
    tests: [DEFECTS_TEST],
  },
  {
    name: "image/hash-prefix-compared",
    why: "digests are compared over the shorter one",
    file: "agent/image/equal-bytes.ts",
    changes: [["  if (a.length !== b.length) return false;\n", ""]],
    tests: ["test/agent/image/detached.test.ts"],
  },
  {
    name: "image/trailer-anywhere",
    why: "a boot trailer excuses anything in front of it",
    file: REST,
    changes: [
      ["(at === trailer.imageOk || at === copyDone) && value === FLAG_SET;", "value === FLAG_SET;"],
    ],
    tests: [REST_TEST],
  },
  {
    name: "image/trailer-over-the-image",
    why: "bytes of the image are taken for a trailer",
    file: TRAILER,
    changes: [["  if (copyDone < from) return undefined;\n", ""]],
    tests: [REST_TEST],
  },
  {
    name: "image/byte-behind-the-trailer",
    why: "the last byte of the slot is not looked at",
    file: REST,
    changes: [
      [
        "lastNotErased(reader, first, sizeBytes, erasedByte) + 1;",
        "lastNotErased(reader, first, sizeBytes - 1, erasedByte) + 1;",
      ],
    ],
    tests: [REST_TEST],
  },
  {
    name: "image/erased-is-0xff",
    why: "a flash that erases to zeros is taken for one that is full",
    file: REST,
    changes: [
      [
        "firstNotErased(reader, from, sizeBytes, erasedByte);",
        "firstNotErased(reader, from, sizeBytes, 0xff);",
      ],
    ],
    tests: [REST_TEST],
  },
  {
    name: "image/version-not-checked",
    why: "a device that takes no older version takes one",
    file: VERIFY,
    changes: [["compareVersions(version, versionMin) >= 0", "version.major >= 0"]],
    tests: [HEADER_TEST],
  },
  {
    name: "image/equal-version-refused",
    why: "the same version cannot be installed again",
    file: VERIFY,
    changes: [
      ["compareVersions(version, versionMin) >= 0", "compareVersions(version, versionMin) > 0"],
    ],
    tests: [HEADER_TEST],
  },
];
