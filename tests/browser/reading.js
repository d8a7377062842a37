// What keeps somebody from reading this page, as a list of sentences. Contrast: WCAG 2.2, 1.4.3.
(() => {
  const found = [];
  const name = (element) => `<${element.tagName.toLowerCase()}> ${element.textContent.trim().slice(0, 40)}`;
  const channels = (colour) => colour.match(/[\d.]+/g).map(Number);
  const luminance = (colour) => {
    const [r, g, b] = channels(colour).map((c) => c / 255).map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (element) => {
    for (let one = element; one; one = one.parentElement) {
      const colour = getComputedStyle(one).backgroundColor;
      if (!/, 0\)$/.test(colour)) return colour;
    }
    return "rgb(255, 255, 255)";
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    const box = element.getBoundingClientRect();
    if (!walker.currentNode.data.trim() || !box.width || ["STYLE", "SCRIPT"].includes(element.tagName)) continue;
    const style = getComputedStyle(element);
    const [dark, light] = [luminance(element.closest("svg") ? style.fill : style.color), luminance(behind(element))].sort((a, b) => a - b);
    const contrast = (light + 0.05) / (dark + 0.05);
    if (contrast < 4.5) found.push(`${name(element)}: contrast ${contrast.toFixed(2)}`);
    const svg = element.closest("svg");
    if (svg) {
      const frame = svg.getBoundingClientRect();
      if (box.left < frame.left - 1 || box.right > frame.right + 1) found.push(`${name(element)}: is cut off`);
      if (box.height < 9) found.push(`${name(element)}: is ${box.height.toFixed(1)} px high`);
    }
  }
  const root = document.documentElement;
  if (root.scrollWidth > innerWidth) found.push(`the page is ${root.scrollWidth} px wide, the window ${innerWidth}`);
  for (const link of document.querySelectorAll("a")) {
    const target = decodeURIComponent(link.hash.slice(1));
    if (!target || !document.getElementById(target)) found.push(`${name(link)}: leads nowhere`);
  }
  const ids = [...document.querySelectorAll("[id]")].map((element) => element.id);
  for (const id of new Set(ids)) if (ids.filter((one) => one === id).length > 1) found.push(`id ${id} is there twice`);
  for (const one of document.querySelectorAll("[aria-labelledby]"))
    if (!document.getElementById(one.getAttribute("aria-labelledby"))) found.push(`${name(one)}: its label is missing`);
  for (const picture of document.querySelectorAll("svg, img"))
    if (!(picture.getAttribute("aria-label") || picture.alt)) found.push(`${name(picture)}: has no text instead`);
  for (const cell of document.querySelectorAll("th")) if (!cell.scope) found.push(`${name(cell)}: has no scope`);
  for (const table of document.querySelectorAll("table")) {
    const widths = [...table.tBodies[0].rows].map((row) => row.cells.length);
    if (new Set(widths).size > 1) found.push(`${name(table)}: has rows of ${[...new Set(widths)]} cells`);
  }
  for (const area of document.querySelectorAll(".scroll"))
    if (area.tabIndex !== 0) found.push(`${name(area)}: cannot be scrolled by keyboard`);
  const levels = [...document.querySelectorAll("h1, h2, h3, h4")].map((heading) => Number(heading.tagName[1]));
  if (levels.filter((level) => level === 1).length !== 1) found.push("there is not one h1");
  levels.forEach((level, at) => at && level > levels[at - 1] + 1 && found.push(`heading ${at + 1} skips a level`));
  if (!root.lang || !document.title) found.push("the page has no language or no title");
  return found;
})()
