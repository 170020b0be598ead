// The order of the parts: on a phone, what is wrong comes before the charts. The parts are moved and not only painted elsewhere, so
// that the keyboard and a screen reader meet them in the order in which they are seen.

const PHONE = matchMedia("(max-width: 560px)");

/** Put the parts into the order for the width of the window, now and whenever it changes. */
export function ordered(part) {
  const arrange = () => {
    const [tiles, plots, versions, routes, lanes, errors, events] = ["tiles", "plots", "versions", "routes", "lanes", "errors", "events"].map((name) => part(name).closest("section"));
    if (PHONE.matches) tiles.after(lanes, errors, versions, routes, plots);
    else {
      tiles.after(plots, versions, routes, lanes);
      events.before(errors);
    }
  };
  PHONE.addEventListener("change", arrange);
  arrange();
}
