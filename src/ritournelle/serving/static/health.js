// Says when the state has changed since the page was read.
"use strict";

const LOOK_AGAIN_MILLISECONDS = 60_000;

// What the page is about, without the moments that change with every look.
async function state(language) {
  const answer = await fetch(`/v1/health?lang=${language}`);
  const told = await answer.json();
  return JSON.stringify([told.health, told.fresh_as_of, told.incidents, told.subjects]);
}

async function watch() {
  const note = document.querySelector("[data-changed]");
  if (!note) return;
  const before = await state(note.dataset.language);
  setInterval(async () => {
    try {
      note.hidden = (await state(note.dataset.language)) === before;
    } catch {
      // the server is away for a moment: the page stays as it is
    }
  }, LOOK_AGAIN_MILLISECONDS);
}

watch();
