// Fresh relative times, local time, and keys. Every page works without it.
"use strict";

// The same steps as the server's, so that a page does not change its words on load.
function relative(seconds) {
  const minute = 60, hour = 60 * minute, day = 24 * hour;
  if (seconds < 10) return "just now";
  const [count, unit] =
    seconds < minute ? [seconds, "second"]
    : seconds < hour ? [seconds / minute, "minute"]
    : seconds < day ? [seconds / hour, "hour"]
    : seconds < 30 * day ? [seconds / day, "day"]
    : seconds < 365 * day ? [seconds / (30 * day), "month"]
    : [seconds / (365 * day), "year"];
  const whole = Math.floor(count);
  return `${whole} ${unit}${whole === 1 ? "" : "s"} ago`;
}

function two(number) {
  return String(number).padStart(2, "0");
}

function exact(date, zone) {
  if (zone !== "local") return `${date.toISOString().slice(0, 19).replace("T", " ")} UTC`;
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  const time = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
  const offset = -date.getTimezoneOffset();
  const away = Math.abs(offset);
  return `${day} ${time} ${offset < 0 ? "−" : "+"}${two(Math.floor(away / 60))}:${two(away % 60)}`;
}

// Storage may be refused to us; then the choice lasts as long as the page.
function remembered() {
  try {
    return localStorage.getItem("escriba.zone") === "local" ? "local" : "utc";
  } catch {
    return "utc";
  }
}

function remember(zone) {
  try {
    localStorage.setItem("escriba.zone", zone);
  } catch {
    return;
  }
}

let zone = remembered();

function refreshRelative() {
  const now = Date.now();
  for (const time of document.querySelectorAll("time[data-relative]")) {
    const text = relative(Math.floor((now - Date.parse(time.dateTime)) / 1000));
    if (time.textContent !== text) time.textContent = text;
  }
}

function refreshExact() {
  for (const time of document.querySelectorAll("time[data-relative]")) {
    time.title = exact(new Date(time.dateTime), zone);
  }
  for (const span of document.querySelectorAll("[data-exact]")) {
    span.textContent = exact(new Date(span.dataset.exact), zone);
  }
  for (const choice of document.querySelectorAll("[data-zone-choice]")) {
    choice.setAttribute("aria-pressed", String(choice.dataset.zoneChoice === zone));
  }
}

for (const toggle of document.querySelectorAll("[data-zone]")) toggle.hidden = false;
for (const choice of document.querySelectorAll("[data-zone-choice]")) {
  choice.addEventListener("click", () => {
    zone = choice.dataset.zoneChoice;
    remember(zone);
    refreshExact();
  });
}

refreshExact();
refreshRelative();
setInterval(refreshRelative, 10_000);
document.addEventListener("visibilitychange", () => {
  if (!document.hidden) refreshRelative();
});

// An empty field says nothing, so it stays out of the address.
for (const form of document.querySelectorAll("form[method=get]")) {
  form.addEventListener("submit", () => {
    for (const field of form.querySelectorAll("input, select")) {
      if (field.value.trim() === "") field.disabled = true;
    }
  });
}
// Coming back by the browser's history, the fields must be usable again.
window.addEventListener("pageshow", () => {
  for (const field of document.querySelectorAll("form[method=get] :disabled")) field.disabled = false;
});

const menus = document.querySelectorAll("details.menu");
document.addEventListener("click", (event) => {
  for (const menu of menus) if (!menu.contains(event.target)) menu.open = false;
});

// Where the browser lets nobody write to the clipboard, the text is selected, ready to be copied by hand.
async function copy(text) {
  getSelection().selectAllChildren(text);
  try {
    await navigator.clipboard.writeText(text.textContent.trim());
    return "Copied";
  } catch {
    return "Selected";
  }
}

for (const button of document.querySelectorAll("[data-copy]")) {
  button.hidden = false;
  const label = button.querySelector("[data-copy-label]");
  button.addEventListener("click", async () => {
    label.textContent = await copy(document.getElementById(button.dataset.copy));
    setTimeout(() => {
      label.textContent = "Copy";
    }, 2_000);
  });
}

const help = document.getElementById("shortcuts");
function showHelp() {
  if (help && !help.open) help.showModal();
}
for (const button of document.querySelectorAll("[data-help]")) {
  button.hidden = false;
  button.addEventListener("click", showHelp);
}
if (help) {
  // A click beside the dialog lands on its backdrop, which is the dialog itself.
  help.addEventListener("click", (event) => {
    if (event.target === help) help.close();
  });
}

function move(step) {
  const rows = [...document.querySelectorAll("[data-row]")];
  if (rows.length === 0) return false;
  const current = rows.indexOf(document.activeElement?.closest("[data-row]"));
  const next = current < 0 ? (step > 0 ? 0 : rows.length - 1) : Math.min(Math.max(current + step, 0), rows.length - 1);
  rows[next].tabIndex = -1;
  rows[next].focus({ preventScroll: true });
  rows[next].scrollIntoView({ block: "nearest" });
  return true;
}

function leave() {
  for (const menu of menus) {
    if (menu.open) {
      menu.open = false;
      menu.querySelector("summary").focus();
      return;
    }
  }
  document.activeElement?.blur();
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || help?.open) return;
  const target = event.target;
  if (event.key === "Escape") return leave();
  if (target.closest("input, select, textarea, [contenteditable]")) return;
  const onRow = target.matches("[data-row]");
  switch (event.key) {
    case "j":
      if (move(1)) event.preventDefault();
      break;
    case "k":
      if (move(-1)) event.preventDefault();
      break;
    // The arrows scroll the page unless a row has been entered.
    case "ArrowDown":
      if (onRow && move(1)) event.preventDefault();
      break;
    case "ArrowUp":
      if (onRow && move(-1)) event.preventDefault();
      break;
    case "Enter":
      if (onRow) target.querySelector("[data-open]")?.click();
      break;
    case "/": {
      const field = document.querySelector("[data-filter]");
      if (!field) break;
      event.preventDefault();
      field.focus();
      field.select();
      break;
    }
    case "?":
      event.preventDefault();
      showHelp();
      break;
  }
});
