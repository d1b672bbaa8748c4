// What all other scripts of a page build with. Nothing here reads the network or writes HTML text.
export const data = JSON.parse(document.getElementById("data").textContent);

export function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else node.setAttribute(key, value);
  }
  node.append(...children);
  return node;
}

export function soft(text) {
  return el("p", { class: "soft" }, text);
}

/** A command to copy. */
export function command(words, text) {
  return el("p", {}, words, el("code", {}, text));
}

/** At most four digits that matter, thousands apart. */
export function number(value) {
  const digits = Math.abs(value) >= 1000 || Number.isInteger(value) ? 0 : 4;
  const options =
    digits === 0 ? { maximumFractionDigits: 0 } : { maximumSignificantDigits: digits };
  return value.toLocaleString("en", options);
}

/** As many digits as tell it from 0 and 100 %, up to thousandths. */
export function percent(share) {
  const value = 100 * share;
  const distance = Math.min(value, 100 - value);
  if (distance > 1e-9 && distance < 0.0005) return value < 50 ? "< 0.001 %" : "> 99.999 %";
  const digits = distance <= 1e-9 ? 0 : distance >= 1 ? 1 : distance >= 0.1 ? 2 : 3;
  return `${value.toFixed(digits)} %`;
}

export function count(value, one) {
  return `${number(value)} ${value === 1 ? one : `${one}s`}`;
}

function decimalsOf(value) {
  return number(value).split(".")[1]?.length ?? 0;
}

/** A table whose numbers stand to the right; a name for who cannot see it. */
export function tableOf(name, head, rows) {
  const decimals = head.map((_, at) =>
    Math.max(0, ...rows.map((row) => (typeof row[at] === "number" ? decimalsOf(row[at]) : 0))),
  );
  const cell = (value, at) => {
    if (value instanceof Node) return el("td", {}, value);
    if (typeof value === "boolean") return el("td", {}, value ? "✓ yes" : "✗ no");
    if (typeof value !== "number") return el("td", {}, value);
    const digits = { minimumFractionDigits: decimals[at], maximumFractionDigits: decimals[at] };
    return el("td", { class: "number" }, value.toLocaleString("en", digits));
  };
  const isNumber = head.map((_, at) => rows.length > 0 && typeof rows[0][at] === "number");
  const heads = head.map((text, at) =>
    el("th", isNumber[at] ? { scope: "col", class: "number" } : { scope: "col" }, text),
  );
  return el(
    "div",
    { class: "scroll" },
    el(
      "table",
      { "aria-label": name },
      el("thead", {}, el("tr", {}, ...heads)),
      el("tbody", {}, ...rows.map((row) => el("tr", {}, ...row.map(cell)))),
    ),
  );
}
