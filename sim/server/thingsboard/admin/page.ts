import { type AdminAnswer, AdminRefusal, ok } from "./answer.ts";

const PAGE_SIZE_MAX = 10_000;

/** `pageSize`, `page` and `textSearch` over what there is, in the order in which it was made. */
export function pageOf<Entry>(
  all: Iterable<Entry>,
  query: Readonly<Record<string, string | undefined>>,
  nameOf: (entry: Entry) => string,
  jsonOf: (entry: Entry) => unknown,
): AdminAnswer {
  const pageSize = countOf(query["pageSize"], "pageSize");
  const page = countOf(query["page"], "page");
  if (pageSize < 1 || pageSize > PAGE_SIZE_MAX) {
    throw new AdminRefusal("badRequest", `Incorrect page link page size '${pageSize}'.`);
  }
  const wanted = (query["textSearch"] ?? "").toLowerCase();
  const found = [...all].filter((entry) => nameOf(entry).toLowerCase().includes(wanted));
  const data = found.slice(page * pageSize, (page + 1) * pageSize).map(jsonOf);
  const totalPages = Math.ceil(found.length / pageSize);
  const hasNext = (page + 1) * pageSize < found.length;
  return ok({ data, totalPages, totalElements: found.length, hasNext });
}

function countOf(text: string | undefined, name: string): number {
  if (text !== undefined && /^\d{1,9}$/.test(text)) return Number(text);
  throw new AdminRefusal("badRequest", `Required parameter '${name}' is not a whole number.`);
}
