// Numbers and times as people read them.

import { label, labelOr, language } from "./labels.js";
import { count } from "./numbers.js";

export { count };

/** Seconds: 0.4 ms, 12 ms, 1.24 s, 3 min 20 s, 4 h 2 min, 3 d 4 h. */
export function duration(seconds) {
  if (seconds == null) return "–";
  if (seconds < 0.0005) return label(seconds === 0 ? "time.zero" : "time.tiny");
  if (seconds < 0.01) return label("time.ms", { ms: (seconds * 1000).toFixed(1) });
  if (seconds < 1) return label("time.ms", { ms: String(Math.round(seconds * 1000)) });
  if (seconds < 60) return label("time.s", { s: seconds.toFixed(seconds < 10 ? 2 : 1) });
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return label("time.min", { min: minutes, s: Math.floor(seconds % 60) });
  const hours = Math.floor(minutes / 60);
  return hours < 24 ? label("time.h", { h: hours, min: minutes % 60 }) : label("time.d", { d: Math.floor(hours / 24), h: hours % 24 });
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

/** Seldom events are counted by the minute: 12 /s, 0.4 /s, 3 /min. */
export const perSecond = (rate) => (rate >= 0.1 || rate === 0 ? label("time.perSecond", { rate }) : label("time.perMinute", { rate: rate * 60 }));

const LOCALE = language === "en" ? "en-GB" : language;
const TIME = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
const withSeconds = new Intl.DateTimeFormat(LOCALE, { ...TIME, second: "2-digit" });
const withoutSeconds = new Intl.DateTimeFormat(LOCALE, TIME);
const withDay = new Intl.DateTimeFormat(LOCALE, { ...TIME, day: "numeric", month: "short" });

/** A time of day: 14:03:22; with the day when that is another one. */
export function clock(at) {
  const date = new Date(at * 1000);
  return date.toDateString() === new Date().toDateString() ? withSeconds.format(date) : withDay.format(date);
}

export const hourMinute = (at) => withoutSeconds.format(new Date(at * 1000));

/** One figure of a piece of advice in words; one without a text by the ending of its name: `wait_p95_s` is "wait p95 180 ms". */
export function figure(name, value) {
  const isTime = name.endsWith("_s");
  const words = name.replace(/_s$/, "").replaceAll("_", " ");
  const other = `${words} ${isTime ? duration(value) : count(value)}`;
  return labelOr(`figure.${name}`, other, { value, time: duration(value), cores: cores(value), share: share(value, 1) });
}
