import { InputError } from "#tools/errors.ts";
import { type LoadedScenario, withSettings } from "#tools/scenario/load.ts";
import { parseSettings, type Setting, valueText } from "#tools/scenario/settings.ts";

/** One thing that is varied. */
export interface Axis {
  readonly path: string;
  readonly settings: readonly Setting[];
  /** Of each setting. */
  readonly labels: readonly string[];
}

/** One point of the matrix. */
export interface Configuration {
  readonly index: number;
  /** One per axis. */
  readonly labels: readonly string[];
  readonly settings: readonly Setting[];
  readonly loaded: LoadedScenario;
}

const CONFIGURATIONS_MAX = 10_000;

export function axesOf(texts: readonly string[]): readonly Axis[] {
  const axes = texts.map((text) => {
    const settings = parseSettings(text);
    const labels = settings.map(({ value }) => valueText(value));
    return { path: settings[0]?.path ?? "", settings, labels };
  });
  for (const [index, { path, labels }] of axes.entries()) {
    if (axes.findIndex((other) => other.path === path) < index) {
      throw new InputError(`--matrix ${path}: is given twice`);
    }
    if (path === "seed") throw new InputError("--matrix seed: give --seeds FIRST..LAST instead");
    const twice = labels.find((label, at) => labels.indexOf(label) < at);
    if (twice !== undefined) throw new InputError(`--matrix ${path}: has ${twice} twice`);
  }
  const size = axes.reduce((product, { settings }) => product * settings.length, 1);
  if (size <= CONFIGURATIONS_MAX) return axes;
  throw new InputError(`--matrix: ${size} configurations; at most ${CONFIGURATIONS_MAX}`);
}

/** All combinations, the last axis running fastest; each is a scenario that its schema accepts. */
export function configurationsOf(
  loaded: LoadedScenario,
  axes: readonly Axis[],
): readonly Configuration[] {
  let points: readonly (readonly number[])[] = [[]];
  for (const { settings } of axes) {
    points = points.flatMap((point) => settings.map((_, at) => [...point, at]));
  }
  return points.map((point, index) => {
    const settings = point.flatMap((at, axis) => axes[axis]?.settings[at] ?? []);
    const labels = point.map((at, axis) => axes[axis]?.labels[at] ?? "");
    return { index, labels, settings, loaded: withSettings(loaded, settings) };
  });
}
