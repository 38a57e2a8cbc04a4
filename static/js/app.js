/* Behaviour added to pages that work without it: row autosave with a local copy, growing text areas, presets,
   check-all, no second press, focus on the error summary. ES2019 module. */

const PREFIX = "draft:";
const DAY = 24 * 3600 * 1000;
const QUIET = 800; // ms without typing before a row is sent
const AGAIN = 15000; // ms before a failed row is sent again
const LOCK = 8000; // ms until a pressed button comes back: a download keeps the page
const root = document.documentElement;
const rows = new Map(); // autosave form -> {dirty, timer, queue}
let leaving = false;

const all = (selector) => Array.from(document.querySelectorAll(selector));
const dirtyForms = () => Array.from(rows.keys()).filter((form) => rows.get(form).dirty);
const visible = (form) => Array.from(form.elements).filter((field) => field.name && field.type !== "hidden");
const field = (form, name) => form.elements.namedItem(name) || {};

function make(tag, className, text) {
  const made = document.createElement(tag);
  if (tag === "button") made.type = "button";
  made.className = className;
  made.textContent = text;
  return made;
}

/* --- local copies: one per person and row; gone after a day, a save, a sign-out --- */

const keyOf = (form) => PREFIX + root.dataset.user + ":" + form.getAttribute("action");

function readCopy(key) {
  try { return JSON.parse(localStorage.getItem(key)); } catch (problem) { return null; }
}

function writeCopy(form) {
  const at = new Date();
  const time = at.toTimeString().slice(0, 8);
  const copy = { at: at.getTime(), time, version: field(form, "version").value, fields: collect(form) };
  try { localStorage.setItem(keyOf(form), JSON.stringify(copy)); } catch (problem) { return false; }
  return true;
}

function dropCopies(unwanted) {
  const keys = () => Object.keys(localStorage).filter((key) => key.startsWith(PREFIX) && unwanted(key));
  try { keys().forEach((key) => localStorage.removeItem(key)); } catch (problem) { /* nothing was kept */ }
}

function expired(key) {
  const copy = readCopy(key);
  return !copy || Date.now() - copy.at > DAY;
}

const dropCopy = (form) => dropCopies((key) => key === keyOf(form));

function collect(form) {
  return Array.from(new FormData(form).entries()).filter(
    ([name, value]) => typeof value === "string" && name !== "csrfmiddlewaretoken" && name !== "version");
}

function fill(form, fields) {
  visible(form).filter((one) => !/^(file|submit|button)$/.test(one.type)).forEach((one) => {
    const given = fields.filter(([name]) => name === one.name).map(([, value]) => value);
    if (/^(checkbox|radio)$/.test(one.type)) one.checked = given.includes(one.value);
    else if (one.multiple) Array.from(one.options).forEach((item) => { item.selected = given.includes(item.value); });
    else if (given.length) one.value = given[0];
  });
}

/* --- telling the person --- */

const rowOf = (form) => form.closest("tr, [data-row]") || form;
const stateOf = (form) => rowOf(form).querySelector("[data-save-state]");

function say(form, text, tone) {
  [stateOf(form), document.querySelector("[data-save-summary]")].filter(Boolean).forEach((place) => {
    place.textContent = text;
    place.dataset.tone = tone;
  });
}

function describe(input, id, on) {
  const ids = (input.getAttribute("aria-describedby") || "").split(" ").filter((one) => one && one !== id);
  input.setAttribute("aria-describedby", ids.concat(on ? id : []).join(" "));
  if (on) input.setAttribute("aria-invalid", "true"); else input.removeAttribute("aria-invalid");
}

function showErrors(form, errors) {
  visible(form).forEach((input) => {
    const id = input.id + "_error"; // the server's own message is replaced
    const old = document.getElementById(id);
    if (old) { old.remove(); describe(input, id, false); }
    if (!errors[input.name]) return;
    const note = make("p", "field-error", errors[input.name].join(""));
    note.id = id;
    input.insertAdjacentElement("afterend", note);
    describe(input, id, true);
  });
}

/* --- autosave --- */

function touch(form) {
  const row = rows.get(form);
  row.dirty = true;
  later(form, QUIET);
  if (stateOf(form)) stateOf(form).dataset.tone = "";
}

function later(form, delay) {
  const row = rows.get(form);
  clearTimeout(row.timer);
  row.timer = setTimeout(() => save(form), delay);
}

function save(form) {
  const row = rows.get(form);
  clearTimeout(row.timer);
  row.queue = row.queue.then(() => (row.dirty ? send(form, row) : undefined));
  return row.queue;
}

async function send(form, row) {
  row.dirty = false;
  const answer = await post(form).catch(() => ({ failed: "保存失败" }));
  if (answer.saved || answer.errors) showErrors(form, answer.errors || {});
  if (answer.saved) {
    field(form, "version").value = answer.version;
    Object.entries(answer.updates || {}).forEach(([id, text]) => {
      const place = document.getElementById(id);
      if (place) place.textContent = text;
    });
    if (!row.dirty) dropCopy(form);
    rowOf(form).classList.remove("is-bad");
    say(form, "已自动保存 " + answer.saved, "ok");
  } else refused(form, row, answer);
}

async function post(form) {
  const response = await fetch(form.getAttribute("action"), {
    method: "POST", body: new FormData(form), credentials: "same-origin", redirect: "manual",
    headers: { "X-Requested-With": "autosave", Accept: "application/json" },
  });
  const out = response.type === "opaqueredirect" || response.status === 401 || response.status === 403;
  return out ? { failed: "登录已超时" } : response.json();
}

function refused(form, row, answer) {
  row.dirty = true;
  const kept = writeCopy(form) ? "，内容已暂存在本机" : "，请勿关闭页面";
  if (answer.failed) later(form, AGAIN);
  const count = Object.keys(answer.errors || {}).length;
  const reason = answer.failed ? answer.failed + kept : "未保存：有 " + count + " 处需要修改";
  say(form, answer.conflict || reason, "bad");
}

function restore(form) {
  const copy = readCopy(keyOf(form));
  if (!copy || JSON.stringify(copy.fields) === JSON.stringify(collect(form))) return;
  if (copy.version === field(form, "version").value) { takeCopy(form, copy); return; }
  say(form, "本机有 " + copy.time + " 暂存的内容，与现有内容不同。", "bad");
  offer(form, "恢复暂存内容", () => takeCopy(form, copy));
  offer(form, "丢弃", () => { dropCopy(form); say(form, "", ""); });
}

function takeCopy(form, copy) {
  fill(form, copy.fields);
  growAll(visible(form).filter(grows));
  touch(form);
  say(form, "已恢复本机 " + copy.time + " 暂存的内容", "");
}

function offer(form, label, act) {
  if (!stateOf(form)) return;
  stateOf(form).appendChild(make("button", "btn btn--small", label)).addEventListener("click", act);
}

/* --- submitting: rows first, then once --- */

function onSubmit(event) {
  const form = event.target;
  const pressed = event.submitter;
  const other = pressed && (pressed.name || pressed.hasAttribute("formaction"));
  if (form.dataset.sent || (rows.has(form) && !other) || dirtyForms().length) event.preventDefault();
  if (form.dataset.sent) return;
  if (rows.has(form) && !other) { touch(form); save(form); }
  else if (dirtyForms().length) saveThenSubmit(form, pressed);
  else lock(form, pressed);
}

async function saveThenSubmit(form, pressed) {
  form.dataset.sent = "waiting";
  await Promise.all(dirtyForms().map(save));
  delete form.dataset.sent;
  const stuck = dirtyForms();
  if (stuck.length && !form.hasAttribute("data-sign-out")) { visible(stuck[0])[0].focus(); return; }
  stuck.forEach((one) => { rows.get(one).dirty = false; });
  if (pressed) form.requestSubmit(pressed); else form.requestSubmit();
}

function lock(form, pressed) {
  if (form.hasAttribute("data-sign-out")) dropCopies(() => true);
  form.dataset.sent = "yes";
  leaving = true;
  const press = (off) => { if (pressed) pressed.disabled = off; };
  setTimeout(() => press(true)); // after the browser has read the form: name and value are sent
  setTimeout(() => { press(false); leaving = false; delete form.dataset.sent; }, LOCK);
}

async function onLink(event) {
  const link = event.target.closest("a[href]");
  const elsewhere = event.button || event.ctrlKey || event.metaKey || event.shiftKey || (link && link.target);
  if (!link || elsewhere || link.getAttribute("href").startsWith("#") || !dirtyForms().length) return;
  event.preventDefault();
  await Promise.all(dirtyForms().map(save)); // what cannot be saved makes the browser ask
  window.location.assign(link.href);
}

function onLeave(event) {
  if (leaving || !(dirtyForms().length || all("form[data-edited]").length)) return;
  dirtyForms().forEach(writeCopy);
  event.preventDefault();
  event.returnValue = "";
}

/* --- small things --- */

const grows = (input) => input.matches("textarea[data-grow], .table--form textarea");

function growAll(areas) {
  areas.forEach((area) => { area.style.height = "auto"; });
  const heights = areas.map((area) => area.scrollHeight + area.offsetHeight - area.clientHeight);
  areas.forEach((area, index) => { area.style.height = heights[index] + "px"; });
}

function onInput(event) {
  const input = event.target;
  const boxes = (name, which) => all('input[name="' + name + '"]' + which);
  const whole = input.dataset.checkAll;
  if (grows(input)) growAll([input]);
  if (whole) boxes(whole, ":enabled").forEach((box) => { box.checked = input.checked; });
  all("[data-count-of]").forEach((place) => { place.textContent = boxes(place.dataset.countOf, ":checked").length; });
  if (rows.has(input.form)) touch(input.form);
  else if (input.form && input.form.hasAttribute("data-guard")) input.form.dataset.edited = "yes";
}

function addPreset(item) {
  const button = make("button", "btn btn--small", item.textContent);
  button.addEventListener("click", () => {
    const area = document.querySelector(item.dataset.fill);
    area.value = (area.value.trim() ? area.value.trim() + "\n" : "") + button.textContent;
    area.dispatchEvent(new Event("input", { bubbles: true }));
    area.focus();
  });
  item.textContent = "";
  item.appendChild(button);
}

/* A part of the page that says how far something is: fetched again until it asks for no more. */
async function follow(part) {
  await new Promise((done) => setTimeout(done, Number(part.dataset.follow)));
  if (document.hidden || part.contains(document.activeElement)) { follow(part); return; }
  const answer = await fetch(window.location.href, { credentials: "same-origin" }).catch(() => null);
  const text = answer && answer.ok ? await answer.text() : "";
  const fresh = text && new DOMParser().parseFromString(text, "text/html").getElementById(part.id);
  if (fresh) part.replaceWith(fresh);
  const next = fresh || part;
  if (next.hasAttribute("data-follow")) follow(next);
}

function start() {
  root.classList.add("js");
  dropCopies(expired);
  all("form[data-autosave]").forEach((form) => rows.set(form, { dirty: false, queue: Promise.resolve() }));
  rows.forEach((row, form) => restore(form));
  growAll(all("textarea").filter(grows));
  all("[data-fill]").forEach(addPreset);
  all("[data-print]").forEach((button) => {
    button.hidden = false;
    button.addEventListener("click", () => window.print());
  });
  all("[data-follow]").forEach(follow);
  all("[data-error-summary]").slice(0, 1).forEach((box) => box.focus());
}

document.addEventListener("input", onInput);
document.addEventListener("submit", onSubmit);
document.addEventListener("click", onLink);
window.addEventListener("beforeunload", onLeave);
window.addEventListener("online", () => dirtyForms().forEach(save));
start();
