// Marking by keyboard, the sum of the points as it is chosen, and a draft that outlives a reload.
(() => {
  const form = document.querySelector("#mark");
  const find = (selector) => document.querySelector(selector);
  const memory = {
    get: (key) => { try { return JSON.parse(localStorage.getItem(key)); } catch { return null; } },
    set: (key, value) => { try { localStorage.setItem(key, JSON.stringify(value)); } catch { /* full or forbidden */ } },
    drop: (key) => { try { localStorage.removeItem(key); } catch { /* forbidden */ } },
  };
  const here = `draft:${location.pathname}`;
  // What the server has saved since the last page is no draft any more.
  for (const node of document.querySelectorAll("[data-saved]")) {
    memory.drop(`draft:${node.dataset.saved}`);
    memory.drop(`draft:${node.dataset.saved}/similar`);
  }

  const items = () => [...form.querySelectorAll("input[name=items]")];
  const adjustment = () => find("#adjustment");
  const comment = () => find("#comment");
  const shown = (points) => String(Math.round(points * 100) / 100);

  const total = () => {
    const most = Number(find("#total").dataset.most);
    const typed = Number(adjustment().value.replace(",", ".") || 0);
    const cents = items().filter((item) => item.checked).reduce((sum, item) => sum + Math.round(item.dataset.points * 100), 0);
    const points = Math.min(Math.max(cents / 100 + (Number.isFinite(typed) ? typed : 0), 0), most);
    find("#total").textContent = `${shown(points)} / ${shown(most)}`;
  };
  const chosen = () => ({
    seen: form.dataset.seen,
    items: items().filter((item) => item.checked).map((item) => item.value),
    adjustment: adjustment().value,
    comment: comment().value,
  });
  const choose = (draft) => {
    for (const item of items()) item.checked = draft.items.includes(item.value);
    adjustment().value = draft.adjustment;
    comment().value = draft.comment;
    total();
  };
  let leaving = false; // what is pressed from now on was meant for the next page
  let confirmed = false; // that no item and no adjustment is meant
  const changed = () => {
    confirmed = false;
    find("#kept").hidden = true;
    memory.set(here, chosen());
    total();
  };
  const say = (text, press, action) => {
    const note = find("#kept");
    note.querySelector("span").textContent = text;
    if (press) {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "quiet";
      button.textContent = press;
      button.addEventListener("click", action);
      note.querySelector("span").append(" ", button);
    }
    note.hidden = false;
  };

  const restore = () => {
    const original = JSON.stringify(chosen());
    const draft = memory.get(here);
    if (!draft || "typed" in form.dataset || JSON.stringify(draft) === original) return;
    if (draft.seen === form.dataset.seen) {
      choose(draft);
      say("What you had chosen here is back; it is not saved yet.", "Drop it", () => { memory.drop(here); location.reload(); });
    } else {
      // Somebody has marked it in between: their mark is what the page shows until the TA decides.
      say(`${form.dataset.author || "Somebody"} has marked this since you began.`, "Take mine up again", () => {
        choose(draft);
        changed();
      });
    }
  };

  const toggle = (number) => {
    const item = items()[number - 1];
    if (!item) return;
    item.checked = !item.checked;
    changed();
    item.closest(".item").scrollIntoView({ block: "nearest" });
  };
  const adjust = (step) => {
    const value = Number(adjustment().value.replace(",", ".") || 0);
    adjustment().value = shown((Number.isFinite(value) ? value : 0) + step);
    changed();
  };
  const save = () => {
    const { items: given, adjustment: moved } = chosen();
    if (!given.length && !Number(moved.replace(",", ".")) && !confirmed) {
      confirmed = true;
      say("No item is chosen. Once more to give 0 points.");
      return;
    }
    leaving = true;
    find("#save").disabled = true;
    form.submit();
  };
  const insert = (text) => {
    const box = comment();
    const before = box.value.slice(0, box.selectionStart), after = box.value.slice(box.selectionEnd);
    const gap = before && !before.endsWith("\n") ? "\n" : "";
    box.value = before + gap + text + after;
    box.selectionStart = box.selectionEnd = (before + gap + text).length;
    box.focus();
    changed();
  };
  const snippets = () => [...document.querySelectorAll("button.snippet")];
  const step = (by) => {
    const all = snippets();
    const at = all.indexOf(document.activeElement);
    if (at >= 0) all[(at + by + all.length) % all.length].focus();
  };
  const follow = (selector) => find(selector)?.click();

  const keys = {
    c: () => comment().focus(),
    s: () => { const list = find("details.snippets"); if (list) { list.open = true; snippets()[0]?.focus(); } },
    n: () => follow("#next"),
    p: () => follow("#previous"),
    u: () => follow("#undo"),
    v: () => follow("#similar"),
    "?": () => find("#help").showModal(),
    "+": () => adjust(0.5),
    "=": () => adjust(0.5),
    "-": () => adjust(-0.5),
    "0": () => { for (const item of items()) item.checked = false; adjustment().value = "0"; changed(); },
    ArrowDown: () => step(1),
    ArrowUp: () => step(-1),
  };

  const typing = (target) => target.matches("textarea, input:not([type=checkbox])");
  document.addEventListener("keydown", (event) => {
    if (leaving || event.isComposing || event.repeat || find("#help")?.open) return;
    const target = event.target instanceof Element ? event.target : document.body;
    if (event.key === "Enter") {
      if (!form) { if (!target.closest("a, button, summary")) follow("#start"); return; }
      const meant = event.ctrlKey || event.metaKey || !target.closest("a, button, summary, textarea, input:not([type=checkbox])");
      if (meant) { event.preventDefault(); save(); }
      return;
    }
    if (!form) return;
    if (event.key === "Escape" && typing(target)) { target.blur(); return; }
    if (event.ctrlKey || event.metaKey || event.altKey || typing(target) || memory.get("keys-off")) return;
    if (event.key.startsWith("Arrow") && !target.matches("button.snippet")) return;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key; // Caps Lock changes no key
    const act = /^[1-9]$/.test(key) ? () => toggle(Number(key)) : keys[key];
    if (act) { event.preventDefault(); act(); }
  });

  find("#help-button")?.addEventListener("click", () => find("#help").showModal());
  const switched = find("#keys-on");
  if (switched) {
    switched.checked = !memory.get("keys-off");
    switched.addEventListener("change", () => (switched.checked ? memory.drop("keys-off") : memory.set("keys-off", true)));
  }
  if (!form) return;
  form.addEventListener("input", changed);
  form.addEventListener("submit", (event) => { event.preventDefault(); save(); });
  document.addEventListener("click", (event) => {
    const target = event.target instanceof Element ? event.target : null;
    const snippet = target?.closest("button.snippet");
    if (snippet) insert(snippet.dataset.text);
    if (target?.closest("[data-forget]")) memory.drop(here);
    if (target?.closest("#similar") && memory.get(here)) memory.set(`${here}/similar`, chosen()); // it goes along
  });
  // A page that the browser kept and shows again must be usable again.
  window.addEventListener("pageshow", () => { find("#save").disabled = leaving = false; });
  total();
  restore();
})();
