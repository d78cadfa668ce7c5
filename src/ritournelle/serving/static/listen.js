// Says what a button says without leaving the page: judgements in place, and everything else as a new list.
"use strict";

const said = new Map(); // by track: what was said here, so that a new list still shows it
const OPPOSITE = { useful: "not_useful", not_useful: "useful" };

function told(words) {
  document.querySelector("[data-told]").textContent = words;
}

function show(track, choice) {
  const pressed = said.get(track) || new Set();
  pressed.delete(OPPOSITE[choice]);
  said.set(track, pressed.add(choice));
  pressAll();
}

function press(place, pressed) {
  for (const button of place.querySelectorAll("[data-choice]")) {
    button.setAttribute("aria-pressed", String(pressed.has(button.value)));
  }
}

function pressAll() {
  for (const place of document.querySelectorAll("[data-track]")) press(place, said.get(place.dataset.track) || new Set());
}

function replace(text) {
  const page = new DOMParser().parseFromString(text, "text/html");
  const list = page.querySelector("[data-list]");
  if (!list) { // refused: the page says why
    const problem = page.querySelector("[data-problem]");
    if (!problem) throw new Error("this is no page of ours");
    return told(problem.textContent);
  }
  document.querySelector("[data-list]").replaceWith(document.adoptNode(list));
  pressAll();
  told(page.querySelector("[data-told]").textContent);
  document.querySelector("[data-told]").focus();
}

async function send(form, button) {
  const body = new URLSearchParams(new FormData(form));
  body.append(button.name, button.value);
  const isChoice = button.hasAttribute("data-choice");
  const answer = await fetch(form.action, { method: "POST", body, headers: { Accept: isChoice ? "application/json" : "text/html" } });
  if (!isChoice) return replace(await answer.text());
  const { told: words, detail } = await answer.json();
  told(words || detail);
  if (answer.ok) show(form.closest("[data-track]").dataset.track, button.value);
}

document.addEventListener("submit", async (event) => {
  const [form, button] = [event.target, event.submitter];
  if (!form.matches("[data-tells]") || !button) return;
  event.preventDefault();
  if (form.getAttribute("aria-busy") === "true") return;
  form.setAttribute("aria-busy", "true");
  try {
    await send(form, button);
  } catch { // the server is away, or answers something else: as without a script
    form.removeAttribute("data-tells");
    form.requestSubmit(button);
  } finally {
    form.setAttribute("aria-busy", "false");
  }
});

pressAll();
