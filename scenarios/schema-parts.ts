import Type from "typebox";

/** Every mapping is closed: a mistyped key is an error, not a wish that nobody hears. */
export const closed = { additionalProperties: false } as const;

export const probability = (description: string) =>
  Type.Number({ minimum: 0, maximum: 1, description });
