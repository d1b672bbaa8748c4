import {
  BEYOND,
  CODED,
  deviceParts,
  ENERGY,
  EUI,
  ID,
  KIND,
  LOST,
  MISSING,
  REASON,
  REBOOTS,
  RECEIVED,
  STATE,
} from "./device.js";
import { el, number, soft } from "./elements.js";

const ROWS = 50;
const COLUMNS = [
  ["device", ID],
  ["DevEUI", EUI],
  ["kind", KIND],
  ["state", STATE],
  ["reason", REASON],
  ["received", RECEIVED, 0],
  ["lost", LOST, 0],
  ["coded", CODED, 0],
  ["beyond M", BEYOND, 0],
  ["rows missing", MISSING, 0],
  ["reboots", REBOOTS, 0],
  ["energy, J", ENERGY, 2],
];

/** The table of all devices, and what is known of the one that is open. */
export class Devices {
  #run;
  #keys;
  #view = { text: "", onlyFailed: false, sort: ID, isDown: false, page: 0 };
  #body = el("tbody");
  #count = el("span", { class: "soft", role: "status" });
  #heads = [];
  #open = el("section", { id: "detail", tabindex: "-1", hidden: "" });
  #filter = el("input", {
    type: "search",
    size: "34",
    placeholder: "number, EUI, kind, state or reason",
    "aria-label": "filter devices; Enter opens the first",
    oninput: () => this.#change({ text: this.#filter.value }),
    onkeydown: ({ key }) => {
      const [first] = key === "Enter" ? this.#rows() : [];
      if (first) this.#show(first);
    },
  });
  #onlyFailed = el("input", {
    type: "checkbox",
    id: "only-failed",
    onchange: () => this.#change({ onlyFailed: this.#onlyFailed.checked }),
  });

  constructor(run) {
    this.#run = run;
    this.#keys = run.devices.map((row) => row.slice(0, 5).join(" ").toLowerCase());
  }

  /** Draws the table; the parts belong below each other. */
  parts() {
    this.#heads = COLUMNS.map(([words, at, digits]) => {
      const sort = () =>
        this.#change({ sort: at, isDown: this.#view.sort === at && !this.#view.isDown });
      const attributes =
        digits === undefined ? { scope: "col" } : { scope: "col", class: "number" };
      return el("th", attributes, el("button", { onclick: sort }, words));
    });
    const controls = el(
      "div",
      { class: "controls" },
      this.#filter,
      el("label", {}, this.#onlyFailed, " only those not updated"),
      el("button", { onclick: () => this.#turn(-1) }, "‹ previous"),
      el("button", { onclick: () => this.#turn(1) }, "next ›"),
      this.#count,
    );
    const head = el("thead", {}, el("tr", {}, ...this.#heads));
    const table = el("table", { "aria-label": "devices" }, head, this.#body);
    const { maps, timelines, devices } = this.#run;
    const held = (what) => (what === devices.length ? "all" : number(what));
    const note = `This page holds the fragment maps of ${held(Object.keys(maps).length)} and the timelines of ${held(Object.keys(timelines.lines).length)} of ${number(devices.length)} devices, those not updated first. The replay command of a device shows its timeline in any case.`;
    const section = el("section", { id: "devices" }, el("h2", {}, "Devices"), controls);
    section.append(el("div", { class: "scroll" }, table), soft(note));
    this.#draw();
    return [section, this.#open];
  }

  /** Lists what has `text`, from its first page on. */
  list(text) {
    this.#filter.value = text;
    this.#onlyFailed.checked = false;
    this.#change({ text, onlyFailed: false });
    this.#filter.focus();
  }

  openDevice(id) {
    const row = this.#run.devices.find((one) => one[ID] === id);
    if (row) this.#show(row);
  }

  #rows() {
    const { text, onlyFailed, sort, isDown } = this.#view;
    const wished = text.trim().toLowerCase();
    const shown = this.#run.devices.filter(
      (row, at) =>
        !(onlyFailed && row[STATE] === "updated") &&
        (wished === "" || String(row[ID]) === wished || this.#keys[at].includes(wished)),
    );
    const sign = isDown ? -1 : 1;
    const compare = (a, b) => (a < b ? -1 : a > b ? 1 : 0);
    const isExact = (row) => (String(row[ID]) === wished ? 0 : 1);
    return shown.sort(
      (a, b) => isExact(a) - isExact(b) || sign * compare(a[sort], b[sort]) || a[ID] - b[ID],
    );
  }

  #draw() {
    const all = this.#rows();
    const pages = Math.max(1, Math.ceil(all.length / ROWS));
    this.#view.page = Math.max(0, Math.min(this.#view.page, pages - 1));
    const { page, sort, isDown } = this.#view;
    this.#count.textContent = `${number(all.length)} of ${number(this.#run.devices.length)} devices, page ${page + 1} of ${pages}`;
    for (const [at, head] of this.#heads.entries()) {
      const order = isDown ? "descending" : "ascending";
      head.setAttribute("aria-sort", COLUMNS[at][1] === sort ? order : "none");
    }
    this.#body.replaceChildren(
      ...all.slice(page * ROWS, (page + 1) * ROWS).map((row) => {
        const open = el(
          "button",
          { class: "link", onclick: () => this.#show(row) },
          String(row[ID]),
        );
        const cells = COLUMNS.slice(1).map(([, at, digits]) =>
          digits === undefined
            ? el("td", {}, row[at])
            : el("td", { class: "number" }, row[at].toFixed(digits)),
        );
        return el("tr", {}, el("td", {}, open), ...cells);
      }),
    );
  }

  #change(patch) {
    Object.assign(this.#view, { page: 0 }, patch);
    this.#draw();
  }

  #turn(by) {
    this.#change({ page: this.#view.page + by });
  }

  #show(row) {
    const back = el("button", { onclick: () => this.#filter.focus() }, "back to the list");
    this.#open.hidden = false;
    this.#open.replaceChildren(...deviceParts(this.#run, row), back);
    this.#open.focus();
    this.#open.scrollIntoView();
  }
}
