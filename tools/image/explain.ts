import type {
  DescribedRest,
  DescribedTlv,
  DescribedTrailer,
  ImageDescription,
  TrailerFlag,
} from "./schema.ts";

/** The description as lines for people. */
export function explanationOf(image: ImageDescription): string {
  const { header, rest, refusal } = image;
  const flags = header.flagNames.length === 0 ? "no flags" : header.flagNames.join(", ");
  const lines = [
    `MCUboot image of ${image.imageBytes} bytes, version ${header.version}`,
    `  header ${header.headerBytes} bytes, payload ${header.payloadBytes} bytes, ${flags}`,
  ];
  if (header.loadAddress !== 0) {
    lines.push(`  built for address 0x${header.loadAddress.toString(16)}`);
  }
  if (image.address !== null)
    lines.push(`  at address 0x${image.address.toString(16)} in the file`);
  lines.push(...areaLines("protected TLVs", header.protectedBytes, image.tlvs, true));
  const areaBytes =
    image.imageBytes - header.headerBytes - header.payloadBytes - header.protectedBytes;
  lines.push(...areaLines("TLVs", areaBytes, image.tlvs, false));
  lines.push(...restLines(rest, image));
  lines.push(`  MCUboot, next boot: ${image.nextBoot}`);
  if (refusal !== null) lines.push(`  no device takes it: ${refusal.reason}: ${refusal.detail}`);
  return `${lines.join("\n")}\n`;
}

function areaLines(
  name: string,
  sizeBytes: number,
  tlvs: readonly DescribedTlv[],
  isProtected: boolean,
): string[] {
  if (sizeBytes === 0) return [];
  const inside = tlvs.filter((tlv) => tlv.protected === isProtected);
  return [
    `  ${name}, ${sizeBytes} bytes`,
    ...inside.flatMap(({ name: type, lengthBytes, data, meaning }) => [
      `    ${[`${type}, ${lengthBytes} bytes`, meaning].filter(Boolean).join(": ")}`,
      `      ${data.length > 128 ? `${data.slice(0, 128)}…` : data}`,
    ]),
  ];
}

function restLines(rest: DescribedRest, image: ImageDescription): string[] {
  const sizeBytes = image.fileBytes - image.imageBytes;
  switch (rest.type) {
    case "nothing":
      return ["  then nothing: the file ends with the image"];
    case "blank":
      return [`  then ${sizeBytes} bytes 0x${rest.erasedByte.toString(16).padStart(2, "0")}`];
    case "trailer":
      return trailerLines(rest, image);
    case "other":
      return [
        `  then ${sizeBytes} bytes that are neither blank nor a boot trailer, from byte ${rest.offset}`,
      ];
    default:
      return rest satisfies never;
  }
}

function trailerLines(trailer: DescribedTrailer, image: ImageDescription): string[] {
  const { alignBytes, erasedByte, endOffset, imageOk, copyDone, swapInfo } = trailer;
  const { swapSizeBytes, keySlotsWritten, statusBytesWritten } = trailer;
  const erased = erasedByte === 0xff ? "" : ", flash that erases to 0x00";
  const swap =
    swapInfo === null
      ? "no swap begun"
      : `${swapInfo.swapType} (0x${swapInfo.value.toString(16).padStart(2, "0")}), image ${swapInfo.imageNumber}`;
  const lines = [
    `  boot trailer up to byte ${endOffset} of ${image.fileBytes}, writes of ${alignBytes} bytes${erased}`,
    "    magic       good",
    `    image_ok    ${FLAG_WORDS[imageOk]}`,
    `    copy_done   ${FLAG_WORDS[copyDone]}`,
    `    swap_info   ${swap}`,
  ];
  if (swapSizeBytes !== null) lines.push(`    swap_size   ${swapSizeBytes} bytes`);
  if (keySlotsWritten !== null) lines.push(`    key slots   ${keySlotsWritten} of 2 written`);
  if (statusBytesWritten > 0) {
    lines.push(`    swap status ${statusBytesWritten} bytes written between image and trailer`);
  }
  return lines;
}

const FLAG_WORDS: Readonly<Record<TrailerFlag, string>> = {
  set: "set",
  unset: "unset",
  bad: "bad: neither set nor erased",
};
