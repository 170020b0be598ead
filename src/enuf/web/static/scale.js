// Numbers on an axis: where the ticks are, and the paths between points. Pure.

/** Ticks from 0 to at least `highest`, at round numbers, three or four of them; `whole`: of what there are no halves. */
export function ticks(highest, smallest, whole) {
  const top = Math.max(highest, smallest);
  const rough = top / 3;
  const power = 10 ** Math.floor(Math.log10(rough));
  const steps = [1, 2, 2.5, 5, 10].map((each) => each * power).filter((each) => !whole || Number.isInteger(each));
  const step = steps.find((each) => each >= rough * 0.999) ?? 10 * power;
  const marks = [];
  for (let index = 0; index * step < top * 1.0001 + step * 0.999; index += 1) marks.push(index * step);
  return marks;
}

/** Times of day for the marks below a chart. */
export function timeTicks(from, to, room) {
  const step = [5, 15, 30, 60, 120, 300, 600, 900].find((each) => ((to - from) / each) * 64 <= room) ?? 1200;
  const marks = [];
  for (let at = Math.ceil(from / step) * step; at <= to; at += step) marks.push(at);
  return [marks, step];
}

/**
 * Runs of points without a hole: a missing value or a missing look ends a run. A point that stands for several looks has a `hole` of its
 * own.
 */
export function runs(points, valueOf, hole) {
  const found = [];
  let run = [];
  for (const point of points) {
    const value = valueOf(point);
    const before = run[run.length - 1];
    const broken = value == null || (before && point.at - before.at > Math.max(point.hole ?? hole, before.hole ?? hole));
    if (broken && run.length > 0) {
      found.push(run);
      run = [];
    }
    if (value != null) run.push(point);
  }
  if (run.length > 0) found.push(run);
  return found;
}

/** The points, the value of each the mean of the last seconds. */
export function smoothed(points, key, seconds) {
  let first = 0;
  return points.map((point, index) => {
    while (points[first].at < point.at - seconds) first += 1;
    const values = points.slice(first, index + 1).map((each) => each[key]).filter((value) => value != null);
    return { ...point, [key]: values.length && point[key] != null ? values.reduce((sum, value) => sum + value, 0) / values.length : null };
  });
}

/** The look nearest to a time; null when there is none. Points are in order of time. */
export function nearest(points, at) {
  let low = 0;
  let high = points.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (points[middle].at < at) low = middle + 1;
    else high = middle;
  }
  const after = points[low];
  const before = points[low - 1];
  if (!after) return null;
  return before && at - before.at < after.at - at ? before : after;
}
