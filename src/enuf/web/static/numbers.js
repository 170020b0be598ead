// Counts as people read them.

const grouped = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });

/** A count or a rate: 0, 0.4, 7.3, 41, 1,204. */
export function count(value) {
  if (value == null) return "–";
  if (value !== 0 && Math.abs(value) < 10 && !Number.isInteger(value)) return String(Number(value.toPrecision(2)));
  return grouped.format(value);
}
