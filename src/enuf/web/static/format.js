// Numbers as people read them.

const grouped = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });

/** A count or a rate: 0, 0.4, 7.3, 41, 1,204. */
export function count(value) {
  if (value == null) return "–";
  if (value !== 0 && Math.abs(value) < 10 && !Number.isInteger(value)) return String(Number(value.toPrecision(2)));
  return grouped.format(value);
}

/** Seconds: 0.4 ms, 12 ms, 1.24 s, 3 min 20 s, 4 h 2 min, 3 d 4 h. */
export function duration(seconds) {
  if (seconds == null) return "–";
  if (seconds < 0.0005) return seconds === 0 ? "0 ms" : "<1 ms";
  if (seconds < 0.01) return `${(seconds * 1000).toFixed(1)} ms`;
  if (seconds < 1) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 60) return `${seconds.toFixed(seconds < 10 ? 2 : 1)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${Math.floor(seconds % 60)} s`;
  const hours = Math.floor(minutes / 60);
  return hours < 24 ? `${hours} h ${minutes % 60} min` : `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

const MB = 2 ** 20;

/** Bytes as megabytes, like the command line: 31 MB, 1,204 MB. */
export const bytes = (value) => (value == null ? "–" : megabytes(value / MB));

export const megabytes = (value) => `${count(value)} MB`;
export const inMegabytes = (value) => value / MB;

/** A share of a whole: 0 %, 0.4 %, 12 %. */
export function share(part, whole) {
  if (!whole) return "–";
  const percent = (100 * part) / whole;
  return `${percent > 0 && percent < 0.1 ? "<0.1" : count(percent)} %`;
}

/** Cores of CPU in use: 0.84. */
export const cores = (value) => (value == null ? "–" : value.toFixed(2));

const withSeconds = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const withoutSeconds = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });
const withDay = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });

/** A time of day: 14:03:22; with the day when that is another one. */
export function clock(at) {
  const date = new Date(at * 1000);
  return date.toDateString() === new Date().toDateString() ? withSeconds.format(date) : withDay.format(date);
}

export const hourMinute = (at) => withoutSeconds.format(new Date(at * 1000));

/** The figures of advice whose names alone do not tell what they count. */
const FIGURES = {
  busy: (value) => `${count(value)} busy`,
  busy_max: (value) => `at most ${count(value)} busy at once`,
  cpu: (value) => `${cores(value)} cores in use`,
  failed: (value) => `${count(value)} failed`,
  limit: (value) => `room for ${count(value)}`,
  longest_s: (value) => `longest ${duration(value)}`,
  queued: (value) => `${count(value)} waiting`,
  refused: (value) => `${count(value)} refused`,
  requests: (value) => `${count(value)} requests`,
  seconds: (value) => `watched for ${duration(value)}`,
  slots: (value) => `${count(value)} threads`,
  spare_mb: (value) => `${count(value)} MB to free`,
  threads: (value) => `${count(value)} in this route`,
  waiting: (value) => `${count(value)} waiting`,
  waits_on_others: (value) => `${share(value, 1)} waiting for others`,
  worker_mb: (value) => `${count(value)} MB a worker`,
};

/** One figure of a piece of advice in words, or by the ending of its name: `wait_p95_s` is "wait p95 180 ms". */
export function figure(name, value) {
  if (Object.hasOwn(FIGURES, name)) return FIGURES[name](value);
  if (name.endsWith("_s")) return `${words(name.slice(0, -2))} ${duration(value)}`;
  return `${words(name)} ${count(value)}`;
}

const words = (name) => name.replaceAll("_", " ");
