import Type from "typebox";
import { closed } from "./schema-parts.ts";

export const is = Type.Literal;
export const seconds = (description: string, minimum = 0) =>
  Type.Number({ minimum, maximum: 1e7, description });
export const name = (description: string) =>
  Type.String({ minLength: 1, maxLength: 100, description });
export const chunk = (description: string) =>
  Type.Integer({ minimum: 0, maximum: 1_000_000, description });

/** A time of a cell, or of a device. */
export const pullTime = Type.Union([
  Type.Object({ atS: seconds("Seconds from the start.") }, closed),
  Type.Object(
    { atChunk: chunk("When this chunk, counted from 0, is first given to a device.") },
    closed,
  ),
]);
