import type { DescribedTlv, ImageDescription } from "./schema.ts";

/** The description as lines for people. */
export function explanationOf(image: ImageDescription): string {
  const { header, rest, refusal } = image;
  const flags = header.flagNames.length === 0 ? "no flags" : header.flagNames.join(", ");
  const lines = [
    `MCUboot image of ${image.imageBytes} bytes, version ${header.version}`,
    `  header ${header.headerBytes} bytes, payload ${header.payloadBytes} bytes, ${flags}`,
  ];
  if (header.loadAddress !== 0) lines.push(`  address 0x${header.loadAddress.toString(16)}`);
  lines.push(...areaLines("protected TLVs", header.protectedBytes, image.tlvs, true));
  const areaBytes =
    image.imageBytes - header.headerBytes - header.payloadBytes - header.protectedBytes;
  lines.push(...areaLines("TLVs", areaBytes, image.tlvs, false));
  lines.push(`  then ${restText(rest, image)}`);
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

function restText(rest: ImageDescription["rest"], image: ImageDescription): string {
  const sizeBytes = image.fileBytes - image.imageBytes;
  switch (rest.type) {
    case "nothing":
      return "nothing: the file ends with the image";
    case "blank":
      return `${sizeBytes} bytes 0xff`;
    case "trailer":
      return `${sizeBytes} bytes up to a boot trailer (alignment ${rest.alignBytes}, ${
        rest.imageOk ? "confirmed" : "not confirmed"
      })`;
    case "other":
      return `${sizeBytes} bytes that are neither blank nor a boot trailer, from byte ${rest.offset}`;
    default:
      return rest satisfies never;
  }
}
