/** How the server misbehaves: what campaigns have met in the field. */
import Type, { type Static } from "typebox";
import { closed } from "./schema-parts.ts";

export const serverSchema = Type.Object(
  {
    deleteGroupAfterS: Type.Optional(
      Type.Number({
        minimum: 0,
        maximum: 1e7,
        description:
          "The group is deleted so many seconds after its fragments were enqueued, sent or not. Default: when the campaign is over.",
      }),
    ),
    reorderEvery: Type.Optional(
      Type.Integer({
        minimum: 2,
        maximum: 16_383,
        description: "Every n-th fragment goes out after the one behind it. Default: never.",
      }),
    ),
    requestCopies: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 5,
        description: "How often each set-up and status request is sent at once. Default 1.",
      }),
    ),
    statusEvery: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 16_383,
        description:
          "Asks the whole group for its status after every n-th fragment, by multicast. Default: never.",
      }),
    ),
    restart: Type.Optional(
      Type.Object(
        {
          atFragment: Type.Integer({
            minimum: 1,
            maximum: 16_383,
            description: "After this fragment.",
          }),
          forS: Type.Number({
            minimum: 0,
            maximum: 1e6,
            description: "Until it goes on: it hears and sends nothing.",
          }),
        },
        { ...closed, description: "The server restarts in the middle of its fragments." },
      ),
    ),
  },
  { ...closed, description: "What the server does wrong." },
);
export type ServerSpec = Static<typeof serverSchema>;
