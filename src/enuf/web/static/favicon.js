// The picture in the browser's tab: its shape tells the state, its colour only repeats it.

const GROUNDS = { good: "#1f3a8a", plain: "#545d6c", warn: "#8a5200", bad: "#b0221b" };
const SHAPES = {
  good: "M7 11h18M7 16h12M7 21h15",
  plain: "M10 10h12v12H10z",
  warn: "M16 7v11M16 23v2",
  bad: "M9 9l14 14M23 9 9 23",
};

/** Show the tone in the tab. */
export function favicon(tone) {
  const link = document.querySelector("link[rel=icon]");
  if (link.dataset.tone === tone) return;
  link.dataset.tone = tone;
  const picture = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="${GROUNDS[tone]}"/><path d="${SHAPES[tone]}" fill="none" stroke="#fff" stroke-width="4" stroke-linecap="round"/></svg>`;
  link.href = `data:image/svg+xml,${encodeURIComponent(picture)}`;
}
