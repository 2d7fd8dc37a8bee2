const root = document.documentElement;
const payload = JSON.parse(document.getElementById("payload").textContent);
const all = (selector, within = document) => [...within.querySelectorAll(selector)];

/* Numbers in the reader's own format */

const LOCALE = navigator.language;
const FORMATS = {
  count: { maximumFractionDigits: 0 },
  credit: { maximumFractionDigits: 1 },
  decimal: { minimumFractionDigits: 2, maximumFractionDigits: 2 },
  money: { minimumFractionDigits: 2, maximumFractionDigits: 2 },
  thousands: { maximumFractionDigits: 0 },
  percent: { style: "percent", minimumFractionDigits: 1, maximumFractionDigits: 1 },
  shift: { minimumFractionDigits: 1, maximumFractionDigits: 1, signDisplay: "always" },
};
const formats = Object.fromEntries(
  Object.entries(FORMATS).map(([kind, options]) => [
    kind,
    new Intl.NumberFormat(LOCALE, { signDisplay: "negative", roundingMode: "halfEven", ...options }),
  ]),
);

const format = (value, kind) =>
  formats[kind === "money" && Math.abs(value) >= 1000 ? "thousands" : kind].format(
    kind === "shift" ? 100 * value : value,
  );

function writeNumbers() {
  for (const element of all("data[data-kind]")) {
    const value = Number(element.value);
    if (Number.isFinite(value)) element.textContent = format(value, element.dataset.kind);
  }
  for (const table of all("table")) {
    const kinds = all("th", table).map((head) => head.dataset.kind);
    for (const row of table.tBodies[0].rows) {
      [...row.cells].forEach((cell, column) => {
        const { v, w } = cell.dataset;
        if (!v || w === "") return;
        const limits = w === undefined ? [v] : [v, w];
        cell.textContent = limits.map((limit) => format(limit, kinds[column])).join(" to ");
      });
    }
  }
  const day = new Intl.DateTimeFormat(LOCALE, { dateStyle: "medium", timeZone: "UTC" });
  for (const time of all("time")) time.textContent = day.format(new Date(time.dateTime));
}

/* Charts */

const part = (type) =>
  new Intl.NumberFormat(LOCALE).formatToParts(-12345.6).find((found) => found.type === type)?.value;
const names = (options, dates) => {
  const name = new Intl.DateTimeFormat(LOCALE, { timeZone: "UTC", ...options });
  return dates.map((date) => name.format(date));
};
const months = Array.from({ length: 12 }, (_, month) => Date.UTC(2026, month, 15));
const weekdays = Array.from({ length: 7 }, (_, day) => Date.UTC(2026, 10, 1 + day));
const locale = {
  formatLocale: {
    decimal: part("decimal") ?? ".",
    thousands: part("group") ?? "",
    grouping: [3],
    currency: ["", ""],
  },
  timeFormatLocale: {
    dateTime: "%x, %X",
    date: "%d/%m/%Y",
    time: "%H:%M:%S",
    periods: ["AM", "PM"],
    days: names({ weekday: "long" }, weekdays),
    shortDays: names({ weekday: "short" }, weekdays),
    months: names({ month: "long" }, months),
    shortMonths: names({ month: "short" }, months),
  },
};

const DAY = 24 * 60 * 60 * 1000;
const isoDay = (time) => new Date(time).toISOString().slice(0, 10);

// text and flags come as their distinct values and each row's place among them
const decoded = (column, as) =>
  column.places ? column.places.map((place) => column[as][place]) : column;

function dailyRows(table) {
  const { activity_date: days, ...columns } = Object.fromEntries(
    Object.entries(table).map(([name, column]) => [name, decoded(column, "values")]),
  );
  const first = days[0];
  const last = days.at(-1);
  return days.map((day, row) => {
    const time = Date.parse(day);
    const monday = time - ((new Date(time).getUTCDay() + 6) % 7) * DAY;
    return {
      day,
      week: isoDay(monday),
      is_whole: isoDay(monday) >= first && isoDay(monday + 6 * DAY) <= last,
      ...Object.fromEntries(Object.entries(columns).map(([name, values]) => [name, values[row]])),
    };
  });
}
const daily = dailyRows(payload.daily);

const ACCENT = "#1f7a6d";

function config(theme, width) {
  const [text, quiet, line] =
    theme === "dark" ? ["#e8eaed", "#a3abb5", "#313740"] : ["#1b1f24", "#596069", "#e3e6ea"];
  const font = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', sans-serif";
  return {
    background: "transparent",
    font,
    view: { stroke: null },
    axis: {
      labelColor: quiet, titleColor: quiet, gridColor: line, domain: false, ticks: false,
      labelFontSize: 12, titleFontSize: 12, titleFontWeight: "normal", labelPadding: 8,
      titlePadding: 10,
    },
    axisX: { tickCount: Math.max(3, Math.round(width / 110)) },
    axisY: { labelColor: text, labelLimit: width < 520 ? 104 : 240, grid: false },
    axisYQuantitative: { labelColor: quiet, grid: true, tickCount: 5 },
    axisBand: { grid: false },
    legend: { orient: "top", labelColor: text, symbolBaseFillColor: quiet,
      symbolBaseStrokeColor: quiet, labelFontSize: 12, symbolSize: 90, offset: 6,
      columns: Math.max(1, Math.floor(width / 165)), labelLimit: 170 },
    mark: { color: ACCENT },
    tick: { color: text },
    text: { color: text, fontSize: 12 },
    title: { color: text, fontSize: 16, anchor: "start", subtitleColor: quiet, offset: 16 },
    line: { strokeWidth: 2.5 },
    rule: { strokeCap: "round" },
  };
}

const isDark = matchMedia("(prefers-color-scheme: dark)");
let chosenTheme = "auto";
const currentTheme = () =>
  chosenTheme === "auto" ? (isDark.matches ? "dark" : "light") : chosenTheme;

const views = new Map();
const ONLY_ERRORS = 1;
const embed = (element, spec, options) =>
  vegaEmbed(element, spec, {
    ast: true, actions: false, renderer: "svg", logLevel: ONLY_ERRORS, ...locale, ...options,
  });

function prepared(key, width) {
  const spec = structuredClone(payload.charts[key].spec);
  if (spec.data?.name === "daily") spec.data.values = daily;
  for (const parameter of spec.params ?? []) {
    if (parameter.name === "platforms") parameter.value = shownPlatforms();
    if (parameter.name === "from_day") parameter.value = days.from?.value ?? "";
    if (parameter.name === "to_day") parameter.value = days.to?.value ?? "";
  }
  return { ...spec, width, autosize: { type: "fit-x", contains: "padding" } };
}

async function draw(element) {
  const width = element.clientWidth;
  const theme = currentTheme();
  const drawn = views.get(element.id);
  const isHidden = width === 0;
  if (isHidden || (drawn?.width === width && drawn.theme === theme)) return;
  views.set(element.id, { width, theme });
  const result = await embed(element, prepared(element.id, width), {
    config: config(theme, width),
  });
  const latest = views.get(element.id);
  if (latest.width !== width || latest.theme !== theme) return;
  drawn?.view?.finalize();
  latest.view = result.view;
  element.dataset.drawn = theme;
}

const drawOpenTab = () =>
  Promise.all(all(`#panel-${root.dataset.tab} .canvas`).map((element) => draw(element)));

async function downloadChart(key, type) {
  const { title } = payload.charts[key];
  const spec = { ...prepared(key, 900), title };
  const holder = document.createElement("div");
  const { view } = await embed(holder, spec, {
    config: { ...config("light", 900), background: "#ffffff" },
  });
  const url = await view.toImageURL(type, 2);
  view.finalize();
  save(url, `${key}.${type}`);
}

function save(url, name) {
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
}

function dailyCsv() {
  const columns = Object.values(payload.daily).map((column) => decoded(column, "cells"));
  const rows = daily.map((_, row) => columns.map((column) => column[row] ?? "").join(","));
  return [Object.keys(payload.daily).join(","), ...rows, ""].join("\r\n");
}

function downloadTable(key) {
  const text = payload.csv[key] ?? dailyCsv();
  // spreadsheets recognise UTF-8 by the byte order mark
  const url = URL.createObjectURL(new Blob(["\ufeff", text], { type: "text/csv" }));
  save(url, `${key}.csv`);
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

/* Tables */

function sortBy(head) {
  const table = head.closest("table");
  const column = head.cellIndex;
  const isText = head.classList.contains("text");
  const first = isText ? "ascending" : "descending";
  const other = isText ? "descending" : "ascending";
  const order = head.getAttribute("aria-sort") === first ? other : first;
  for (const sibling of head.parentNode.cells) sibling.removeAttribute("aria-sort");
  head.setAttribute("aria-sort", order);
  const sign = order === "ascending" ? 1 : -1;
  const key = (row) => (isText ? row.cells[column].textContent : row.cells[column].dataset.v);
  const collator = new Intl.Collator(LOCALE, { numeric: true });
  const rows = [...table.tBodies[0].rows].sort((one, two) => {
    const [a, b] = [key(one), key(two)];
    if (a === "" || b === "") return (a === "") - (b === "");
    return sign * (isText ? collator.compare(a, b) : a - b);
  });
  table.tBodies[0].append(...rows);
}

/* Filters */

const boxes = all("input[name=platform]");
const days = { from: document.getElementById("from-day"), to: document.getElementById("to-day") };

function shownPlatforms() {
  const shown = boxes.filter((box) => box.checked).map((box) => box.value);
  return shown.length === boxes.length ? null : shown;
}

function filter() {
  const shown = shownPlatforms();
  for (const row of all("tr[data-platform]")) {
    row.hidden = shown !== null && !shown.includes(row.dataset.platform);
  }
  const state = document.getElementById("filter-state");
  if (state) state.textContent = shown === null ? "all" : `${shown.length} of ${boxes.length}`;
  for (const [key, { view }] of views) {
    if (view && payload.charts[key].filtered) view.signal("platforms", shown).runAsync();
  }
  showSums(shown);
}

function showSums(shown) {
  if (!days.from) return;
  const rows = daily.filter(
    (row) =>
      row.day >= days.from.value && row.day <= days.to.value &&
      (shown === null || shown.includes(row.ad_platform)),
  );
  for (const element of all("[id^=sum-]")) {
    const name = element.id.slice("sum-".length);
    const known = rows.map((row) => row[name]).filter((value) => value !== null);
    const sum = known.reduce((total, value) => total + value, 0);
    element.value = known.length ? sum : "";
    element.textContent = known.length ? format(sum, element.dataset.kind) : "-";
  }
  views.get("roi-weekly")?.view
    ?.signal("from_day", days.from.value).signal("to_day", days.to.value).runAsync();
}

/* Tabs and theme */

const tabs = all("[role=tab]");

function openTab(name, { focus = false } = {}) {
  const tab = tabs.find((candidate) => candidate.dataset.tab === name) ?? tabs[0];
  root.dataset.tab = tab.dataset.tab;
  for (const other of tabs) {
    other.setAttribute("aria-selected", other === tab);
    other.tabIndex = other === tab ? 0 : -1;
  }
  tab.scrollIntoView({ block: "nearest", inline: "nearest" });
  if (focus) tab.focus();
  return drawOpenTab();
}

function applyTheme(theme) {
  chosenTheme = theme;
  root.dataset.theme = currentTheme();
  for (const button of all("button[data-theme]")) {
    button.setAttribute("aria-pressed", button.dataset.theme === theme);
  }
  return drawOpenTab();
}

document.addEventListener("click", ({ target }) => {
  const button = target.closest("button");
  if (!button) return;
  const { tab, theme, csv, chart, format: type } = button.dataset;
  if (tab) location.hash = tab;
  if (theme) applyTheme(theme);
  if (csv) downloadTable(csv);
  if (chart) downloadChart(chart, type);
  if (button.parentNode.tagName === "TH") sortBy(button.parentNode);
  if (button.id === "filter-all" || button.id === "filter-none") {
    for (const box of boxes) box.checked = button.id === "filter-all";
    filter();
  }
  if (button.id === "all-days") {
    for (const input of Object.values(days)) input.value = input.defaultValue;
    filter();
  }
});

document.querySelector("[role=tablist]").addEventListener("keydown", (event) => {
  const moves = { ArrowLeft: -1, ArrowRight: 1, Home: -tabs.length, End: tabs.length };
  const move = moves[event.key];
  if (move === undefined) return;
  event.preventDefault();
  const current = tabs.findIndex((tab) => tab.getAttribute("aria-selected") === "true");
  const next = Math.abs(move) === 1
    ? (current + move + tabs.length) % tabs.length
    : Math.min(Math.max(current + move, 0), tabs.length - 1);
  history.replaceState(null, "", `#${tabs[next].dataset.tab}`);
  openTab(tabs[next].dataset.tab, { focus: true });
});

for (const control of [...boxes, days.from, days.to]) control?.addEventListener("change", filter);
addEventListener("hashchange", () => {
  openTab(location.hash.slice(1));
  scrollTo(0, 0);
});
isDark.addEventListener("change", () => applyTheme(chosenTheme));
new ResizeObserver(drawOpenTab).observe(document.getElementById("content"));

writeNumbers();
openTab(location.hash.slice(1));
