/* Suggestions while somebody types: the combobox of the ARIA practices over a box that works without it. */
"use strict";

const WAIT = 120; // milliseconds without a key before suggestions are asked for
let boxes = 0;

function combobox(input) {
  const list = document.createElement("ul");
  const told = document.createElement("span");
  list.id = `suggestions-${boxes += 1}`;
  list.className = "suggestions";
  list.hidden = true;
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", "Suggestions");
  told.className = "hidden";
  told.setAttribute("role", "status");
  input.parentElement.classList.add("suggesting");
  input.after(list, told);
  for (const [name, value] of Object.entries({ role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": list.id })) {
    input.setAttribute(name, value);
  }
  let chosen = -1, timer = 0, asked = null, dismissed = "";

  function close() {
    list.hidden = true;
    chosen = -1;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  }

  function choose(place) {
    const options = [...list.children];
    chosen = (place + options.length + 1) % (options.length + 1);
    if (chosen === options.length) chosen = -1;
    options.forEach((option, own) => option.setAttribute("aria-selected", String(own === chosen)));
    if (chosen < 0) input.removeAttribute("aria-activedescendant");
    else {
      input.setAttribute("aria-activedescendant", options[chosen].id);
      options[chosen].scrollIntoView({ block: "nearest" });
    }
  }

  function follow(option) {
    if (option.dataset.address) location.assign(option.dataset.address);
    else {
      input.value = option.dataset.label;
      close();
      input.form.requestSubmit();
    }
  }

  function show(found) {
    list.replaceChildren(...found.map((one, place) => {
      const option = document.createElement("li");
      const label = document.createElement("span");
      const kind = document.createElement("small");
      option.id = `${list.id}-${place}`;
      option.setAttribute("role", "option");
      option.setAttribute("aria-selected", "false");
      option.dataset.label = one.label;
      option.dataset.address = one.address.startsWith("/") ? one.address : "";
      label.textContent = one.label;
      const system = one.curie.split(":")[0];
      const said = [one.kind, system === one.kind ? "" : system, one.matched.toLowerCase() === one.label.toLowerCase() ? "" : one.matched];
      kind.textContent = said.filter(Boolean).join(" · ");
      option.append(label, " ", kind);
      option.addEventListener("mousedown", (event) => { event.preventDefault(); follow(option); });
      return option;
    }));
    chosen = -1;
    input.removeAttribute("aria-activedescendant");
    list.hidden = found.length === 0;
    input.setAttribute("aria-expanded", String(found.length > 0));
    told.textContent = found.length ? `${found.length} suggestions` : "no suggestions";
  }

  async function ask() {
    const text = input.value.trim();
    asked?.abort();
    if (!text || text === dismissed) return close();
    asked = new AbortController();
    try {
      const answer = await fetch(`${input.dataset.suggest}?q=${encodeURIComponent(text)}`, { signal: asked.signal, headers: { Accept: "application/json" } });
      if (!answer.ok) return close();
      const { suggestions } = await answer.json();
      if (document.activeElement === input) show(suggestions);
    } catch (error) {
      if (error.name !== "AbortError") close();
    }
  }

  input.addEventListener("input", () => { dismissed = ""; clearTimeout(timer); timer = setTimeout(ask, WAIT); });
  input.addEventListener("blur", () => { asked?.abort(); clearTimeout(timer); close(); });
  input.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (list.hidden) ask();
      else choose(chosen + (event.key === "ArrowDown" ? 1 : chosen < 0 ? list.children.length + 1 : -1));
    } else if (event.key === "Enter" && chosen >= 0) {
      event.preventDefault();
      follow(list.children[chosen]);
    } else if (event.key === "Escape" && !list.hidden) {
      event.preventDefault();
      dismissed = input.value.trim();
      close();
    }
  });
}

document.querySelectorAll("input[data-suggest]").forEach(combobox);
