// Draws the charts of a page from specs of the server.
"use strict";

const dark = window.matchMedia("(prefers-color-scheme: dark)");

function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

// Specs name colours (`$good`), so that one spec serves light and dark.
function coloured(value) {
  if (typeof value === "string" && value.startsWith("$")) return colour(value.slice(1)) || value;
  if (Array.isArray(value)) return value.map(coloured);
  if (value && typeof value === "object") {
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, key === "values" ? inner : coloured(inner)]));
  }
  return value;
}

function config() {
  const [text, line] = [colour("quiet"), colour("line")];
  return {
    background: "transparent",
    font: "system-ui, sans-serif",
    view: { stroke: "transparent" },
    axis: { labelColor: text, titleColor: text, gridColor: line, domainColor: line, tickColor: line, titleFontWeight: 500 },
    legend: { labelColor: text, titleColor: text, symbolType: "circle" },
    range: { category: [1, 2, 3, 4].map((number) => colour(`series-${number}`)) },
    line: { strokeWidth: 2 },
  };
}

async function draw(found) {
  for (const { name, spec } of found.charts) {
    const place = document.querySelector(`[data-chart="${name}"]`);
    if (!place) continue;
    await window.vegaEmbed(place, coloured(spec), {
      actions: false,
      ast: true, // expressions are interpreted: the page's policy forbids to compile text
      config: config(),
      defaultStyle: false,
      renderer: "svg",
      tooltip: { disableDefaultStyle: true },
      ...found.locales,
    });
    place.setAttribute("data-drawn", "");
  }
  document.documentElement.setAttribute("data-charts-drawn", "");
}

async function charts() {
  const place = document.querySelector("[data-charts]");
  if (!place || !window.vegaEmbed) return;
  const answer = await fetch(place.dataset.charts);
  if (!answer.ok) return;
  const found = await answer.json();
  await draw(found);
  dark.addEventListener("change", () => draw(found));
}

charts();
