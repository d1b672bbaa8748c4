import { el, soft, tableOf } from "./elements.js";

/** What a page was given to show, as it was given. */
export function sectionOf({ title, head, rows, note }) {
  const place = el("section", {}, el("h2", {}, title), tableOf(title, head, rows));
  if (note) place.append(soft(note));
  return place;
}
