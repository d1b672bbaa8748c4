import { drawAll, grid } from "./charts.js";
import { Devices } from "./devices.js";
import { data, el } from "./elements.js";
import { expectedSection, failuresSection, outcome } from "./outcome.js";
import { pictures } from "./pictures.js";
import { sectionOf } from "./sections.js";

const main = document.querySelector("main");

function drawRun(run) {
  const devices = new Devices(run);
  const onReason = (reason) => devices.list(reason);
  const onDevice = (id) => devices.openDevice(id);
  pictures(run);
  main.append(
    ...outcome(run),
    ...(run.pullsOnly ? [] : [expectedSection(run)]),
    failuresSection(run, onReason, onDevice),
    grid,
    ...devices.parts(),
  );
}

if (data.run) drawRun(data.run);
else main.append(el("h1", {}, data.title));
main.append(...data.sections.map(sectionOf));
drawAll();
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);
let timer;
addEventListener("resize", () => {
  clearTimeout(timer);
  timer = setTimeout(drawAll, 150);
});
