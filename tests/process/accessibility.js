/* What can be said by a program of a page's use by keyboard, screen reader and weak eyes: a list of faults. */
(() => {
  const faults = [], all = (selector) => [...document.querySelectorAll(selector)];
  const fault = (element, words) => faults.push(`${words}: ${element.outerHTML.slice(0, 120)}`);
  const seen = (element) => element.getClientRects().length && getComputedStyle(element).visibility !== "hidden";
  const name = (element) => (element.getAttribute("aria-label") || element.textContent || "").trim();

  // landmarks, headings, language
  for (const tag of ["header", "main", "footer", "h1", "title"])
    if (all(tag).length !== 1) faults.push(`${all(tag).length} of <${tag}>`);
  for (const heading of all("h1, h2, h3, h4")) if (!name(heading)) fault(heading, "an empty heading");
  if (all("[role=search]").length !== 1) faults.push(`${all("[role=search]").length} searches`);
  // what is scrolled is reached by the keyboard
  for (const element of all(".wide"))
    if (element.scrollWidth > element.clientWidth && element.tabIndex < 0 && !element.querySelector("a, button, input, select"))
      fault(element, "wider than its place");
  if (!document.documentElement.lang) faults.push("no language");
  for (const nav of all("nav")) if (!nav.getAttribute("aria-label")) fault(nav, "a navigation without a name");
  let level = 0;
  for (const heading of all("h1, h2, h3, h4")) {
    const now = Number(heading.tagName[1]);
    if (now > level + 1) fault(heading, "a heading's level is left out");
    level = now;
  }

  // names and ids
  const ids = all("[id]").map((element) => element.id);
  for (const id of ids) if (ids.indexOf(id) !== ids.lastIndexOf(id)) faults.push(`the id ${id} comes twice`);
  for (const element of all("a, button, summary")) if (!name(element)) fault(element, "nothing to read out");
  for (const element of all("input, select")) if (!element.labels.length) fault(element, "no label");
  for (const cell of all("th")) if (!cell.getAttribute("scope")) fault(cell, "a heading cell without a scope");
  for (const element of all("svg")) if (!element.querySelector("title")) fault(element, "a picture without a title");
  for (const link of all("a[href^='#']")) if (!document.getElementById(link.hash.slice(1))) fault(link, "leads nowhere");

  // nothing is to be scrolled sideways on a narrow screen
  if (document.documentElement.scrollWidth > window.innerWidth)
    faults.push(`${document.documentElement.scrollWidth} points wide on ${window.innerWidth}`);

  // contrast: 4.5 to 1 (WCAG 2.1, 1.4.3); 3 to 1 of large letters
  const numbers = (colour) => (colour.match(/[\d.]+/g) || []).map(Number);
  const light = ([red, green, blue]) => [red, green, blue].map((part) => part / 255)
    .map((part) => (part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4))
    .reduce((sum, part, at) => sum + part * [0.2126, 0.7152, 0.0722][at], 0);
  const ground = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const colour = numbers(getComputedStyle(at).backgroundColor);
      if (colour.length === 3 || colour[3] === 1) return colour;
    }
    return [255, 255, 255];
  };
  for (const element of all("body *")) {
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
    if (!own || !seen(element) || element.closest("svg") || element.closest(".hidden, thead")) continue;
    const style = getComputedStyle(element), size = parseFloat(style.fontSize);
    const [bright, dark] = [light(numbers(style.color)), light(ground(element))].sort((a, b) => b - a);
    const ratio = (bright + 0.05) / (dark + 0.05), large = size >= 24 || (size >= 18.66 && style.fontWeight >= 600);
    if (ratio < (large ? 3 : 4.5)) fault(element, `contrast ${ratio.toFixed(2)}`);
  }
  return faults;
})()
